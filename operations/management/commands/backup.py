"""One moment of the database into a folder, apart from the keys that open the evidence in it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pyrage
from django.core.management.base import BaseCommand, CommandError

from audit.record import Machine
from operations.backing_up import delete_older, make_backup
from operations.manifest import read_manifest
from operations.programs import NoProgram

COMMAND = Machine("command")


class Command(BaseCommand):
    help = (
        "Writes a backup below FOLDER: the database as of one moment, and a manifest. Keys are not in it: back them up "
        "elsewhere. Needs pg_dump, and the login that owns the tables."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="best on another machine's disk")
        parser.add_argument(
            "--to",
            action="append",
            default=[],
            metavar="age1…",
            help="encrypt it to this age recipient; any number of them",
        )
        parser.add_argument(
            "--delete-after", type=int, metavar="DAYS", help="delete older backups, when this one is whole"
        )

    def handle(self, *_: Any, folder: Path, to: list[str], delete_after: int | None, **__: Any) -> None:
        try:
            made = make_backup(folder, recipients=to, by=COMMAND)
        except (NoProgram, OSError, pyrage.RecipientError) as fault:
            raise CommandError(f"No backup was made. {fault}") from None
        manifest = read_manifest(made)
        self.stdout.write(f"{made}")
        self.stdout.write(
            f"{manifest.size:,} bytes, {sum(count or 0 for count in manifest.rows.values()):,} rows; its trail has "
            f"{manifest.entries:,} sealed entries. Evidence in it opens with: {', '.join(manifest.keys) or 'no key'}."
        )
        if not to:
            self.stdout.write(
                "It is not encrypted as a whole: people, times and decisions stand in it in clear (--to)."
            )
        if delete_after is not None:
            for name in delete_older(folder, days=delete_after, by=COMMAND):
                self.stdout.write(f"Deleted {name}.")
