"""Put a backup into an empty database and verify what stands there then."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.record import Machine
from operations.manifest import NotABackup, read_manifest
from operations.programs import NoProgram
from operations.restoring import bring_up_to_date, check_can_be_restored, faults_after, put_back

COMMAND = Machine("command")


class Command(BaseCommand):
    help = (
        "Puts the backup in FOLDER into the database of DATABASE_OWNER_URL, which must be empty; then brings it up to "
        "date, and verifies rows, keys, the trail and every packet. Ends with 1 if anything differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="what “manage.py backup” wrote")
        parser.add_argument(
            "--identity", type=Path, metavar="FILE", help="of the age recipient it is encrypted to"
        )

    def handle(self, *_: Any, folder: Path, identity: Path | None, **__: Any) -> None:
        folder = folder.resolve()
        try:
            manifest = read_manifest(folder)
            check_can_be_restored(folder, manifest, identity=identity)
            self.stdout.write(f"Putting in the backup of {manifest.made_at} …")
            put_back(folder, manifest, identity=identity)
            bring_up_to_date()
        except (NotABackup, NoProgram) as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write("Verifying rows, keys, the trail and packets …")
        found = faults_after(folder, manifest, by=COMMAND)
        for sentence in found:
            self.stdout.write(f"✗ {sentence}")
        if faults := len(found):
            raise CommandError(
                f"It was put in, and {faults:,} {'thing differs' if faults == 1 else 'things differ'}."
            )
        self.stdout.write(
            f"Restored, and nothing differs. The trail goes on after {manifest.entries:,} sealed entries: the newest "
            "checkpoint of a third party says what is lost (manage.py verify_audit --checkpoint FILE). See "
            "docs/operations.md for what was erased since."
        )
