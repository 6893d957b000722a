"""Hands in files of JSON lines as jobs with the priority of an archive, sealed like those of a platform."""

import gzip
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError

from accounts.access import NotAllowed
from accounts.row_scope import system_scope
from audit.record import Machine
from audit.transitions import NotPossible
from licensees.models import Licensee
from scoring.bulk_receiving import begin, discard, receive
from scoring.models import BulkJob

BY = Machine("ingest")
PIECE = 1024 * 1024


class Command(BaseCommand):
    help = (
        "Hands in files of JSON lines (one conversation of the API a line, .gz too) for a historical review: workers "
        "take them in at a pace of their own, behind live conversations. The page “Jobs” shows how far they are."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--licensee", required=True, metavar="SLUG", help="whose conversations these are")

    @system_scope("the licensee is named on the command line")
    def handle(self, *_: Any, files: list[Path], licensee: str, **__: Any) -> None:
        found = Licensee.objects.filter(slug=licensee).first()
        if found is None:
            raise CommandError(f"There is no licensee “{licensee}”.")
        for file in files:
            if not file.is_file():
                raise CommandError(f"Not a file: {file}. Files before it were handed in.")
            job = self._hand_in(found, file)
            self.stdout.write(f"{file.name}: {job.lines:,} lines, job {job.pk}")

    def _hand_in(self, licensee: Licensee, file: Path) -> BulkJob:
        try:
            job = begin(licensee=licensee, priority=BulkJob.Priority.ARCHIVE, by=BY)
        except (NotAllowed, NotPossible) as refusal:
            raise CommandError(refusal.sentence) from None
        try:
            received, _ = receive(job=job, pieces=_pieces(file), by=BY)
            return received
        except NotPossible as refusal:
            discard(job=job)
            raise CommandError(refusal.sentence) from None
        except (OSError, EOFError):
            discard(job=job)
            raise CommandError(f"{file.name} cannot be read to its end. Nothing of it was stored.") from None
        except BaseException:
            discard(job=job)
            raise


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as raw:
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw) if file.suffix == ".gz" else raw)
        while piece := stream.read(PIECE):
            yield piece
