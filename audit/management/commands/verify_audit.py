"""manage.py verify_audit: check the whole trail against itself and against checkpoints that somebody else kept."""

import itertools
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.row_scope import system_scope
from audit.models import AuditCheckpoint
from audit.notes import VERIFIER_FILE, Checkpoint, NoteRefused, SealingKeyUnusable, load_verifier, open_note
from audit.published import last_note
from audit.readers import reading
from audit.sealed_trail import Held, check_doubtful, check_places, check_tree, one_moment, waiting
from audit.verify import Fault, check_cases


class Command(BaseCommand):
    help = (
        "Check that entries, hashes, the numbers of each case and the tree agree, and that the trail is the one that "
        "checkpoints cover. Ends with 1 if anything differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            *("--checkpoint", "--since"),
            dest="checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="kept by somebody else; any number of them, older ones too",
        )
        parser.add_argument(
            "--key", type=Path, metavar="FILE", help=f"the public key, if not {VERIFIER_FILE}"
        )

    @system_scope("a trail is verified whole")
    def handle(self, *_: Any, checkpoint: list[Path], key: Path | None, **__: Any) -> None:
        held = self._given(checkpoint, key)
        faults = 0
        with one_moment(), reading() as entries:
            # In this process, while others read the entries.
            of_tree = list(self._found_in_the_tree(held))
            doubtful, count = entries()
            for found in itertools.chain(check_doubtful(doubtful), of_tree):
                faults += isinstance(found, Fault)
                self.stdout.write(str(found))
        checked = f"{count:,} {'entry' if count == 1 else 'entries'} checked"
        if faults:
            raise CommandError(
                f"{checked}: {faults:,} {'thing differs' if faults == 1 else 'things differ'}."
            )
        self.stdout.write(f"{checked}: nothing differs.")

    def _found_in_the_tree(self, held: list[Held]) -> Iterator[Fault | str]:
        newest = AuditCheckpoint.objects.order_by("-size").first()
        # As the database says, unsigned: whether it is the signed one shows the copy of somebody else.
        own = (
            [Held("the newest checkpoint here", Checkpoint("", newest.size, bytes(newest.root)))]
            if newest
            else []
        )
        yield from check_places()
        yield from check_cases()
        yield from check_tree([*held, *own])
        yield f"{newest.size if newest else 0:,} sealed; {waiting()}."

    def _given(self, paths: list[Path], key: Path | None) -> list[Held]:
        try:
            verifier = load_verifier(key or settings.ARTEMIS_KEYS / VERIFIER_FILE) if paths else None
            return [Held(path.name, open_note(last_note(path), verifier)) for path in paths if verifier]
        except (SealingKeyUnusable, NoteRefused) as problem:
            raise CommandError(str(problem)) from None
