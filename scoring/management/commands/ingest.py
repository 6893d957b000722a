"""Takes in conversations from files, by the same way in as the API; running it twice changes nothing."""

import codecs
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.row_scope import system_scope
from audit.record import Machine
from audit.transitions import NotPossible
from licensees.models import Licensee
from scoring.export_csv import COLUMNS, CsvOptions
from scoring.export_files import Folder
from scoring.import_report import Progress, Tally
from scoring.importing import FORMS, Found, WatchedPath, pieces, read_file
from scoring.incoming import IncomingConversation, Outcome, Status
from scoring.ingest import accept

INGEST = Machine("ingest")
CONVERSATIONS_A_CALL = 500
MESSAGES_A_CALL = 5_000


class Command(BaseCommand):
    help = (
        "Takes in conversations of a licensee from files: JSON lines (one conversation of the API a line, .gz too), "
        "CSV with a header, rooms of Matrix, channels of Discord (DiscordChatExporter), workspaces of Slack (zip, "
        "folder), labelled JSON lines, IRC logs, Topical-Chat, CaSiNo, PAN-2012 XML. Ends with 1 if anything was "
        "refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=WatchedPath, metavar="FILE")
        parser.add_argument("--licensee", required=True, metavar="SLUG", help="whose conversations these are")
        parser.add_argument(
            "--form", choices=FORMS, default="auto", help="found out for each file if left out"
        )
        csv = parser.add_argument_group("CSV")
        csv.add_argument(
            "--columns",
            nargs="+",
            default=[],
            type=_column,
            metavar="WHAT=COLUMN",
            help=f"which column is which, where its name does not say so: {', '.join(COLUMNS)}",
        )
        csv.add_argument("--encoding", default="", type=_encoding, help="if it is neither UTF-8 nor UTF-16")
        csv.add_argument("--delimiter", default="", metavar="CHARACTER", help="found out if left out")
        csv.add_argument(
            "--zone", default="UTC", type=_zone, help="of times that name none, as Europe/London"
        )

    @system_scope("the licensee is named on the command line")
    def handle(self, *_: Any, files: list[WatchedPath], licensee: str, form: str, **given: Any) -> None:
        names = ("columns", "encoding", "delimiter", "zone")
        options = CsvOptions(**{name: given[name] for name in names} | {"columns": dict(given["columns"])})
        importing = Import(_licensee(licensee), _readable(files), options)
        try:
            importing.run(form)
        except (NotAllowed, NotPossible) as refusal:
            raise CommandError(refusal.sentence) from None
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What was accepted stays; the same command again takes the rest.", returncode=130
            ) from None
        finally:
            importing.progress.clear()
        self.stdout.write(importing.tally.table())
        if importing.tally.refused:
            sys.exit(1)


class Import:
    """One run over some files: collects conversations into calls, and counts what became of them."""

    def __init__(self, licensee: Licensee, files: Sequence[WatchedPath], options: CsvOptions) -> None:
        self.licensee = licensee
        self.options = options
        self.files = files
        self.tally = Tally()
        self.sizes = [_size(file) for file in files]
        self.progress = Progress(sys.stderr, total=sum(self.sizes))

    def run(self, form: str) -> None:
        for call in _calls(self._readable_conversations(form)):
            outcomes = accept(licensee=self.licensee, items=[item for _, item in call], by=INGEST)
            self._count(
                [(found, item, outcome) for (found, item), outcome in zip(call, outcomes, strict=True)]
            )

    def _readable_conversations(self, form: str) -> Iterator[Found]:
        now = timezone.now()
        done = 0
        for file, size in zip(self.files, self.sizes, strict=True):
            for found in read_file(file, form, now=now, options=self.options):
                self.tally.left_out.update(found.left_out)
                if found.conversation is not None:
                    yield found
                elif found.faults:
                    self._refuse(found, found.faults)
                behind = file.bytes_read() if found.share is None else round(size * found.share)
                self.progress.show(done + behind, self.tally)
            done += size

    def _count(self, results: Sequence[tuple[Found, IncomingConversation, Outcome]]) -> None:
        """Pieces of one conversation stand one after another, always in one call."""
        whole: dict[int, list[Outcome]] = {}
        for found, item, outcome in results:
            whole.setdefault(id(found), []).append(outcome)
            self.tally.messages["accepted"] += outcome.messages_accepted
            self.tally.messages["duplicate"] += outcome.messages_duplicate
            if outcome.status != Status.ACCEPTED:
                self.tally.messages["refused"] += len(item.messages)
        for found, _, _ in results:
            if outcomes := whole.pop(id(found), []):
                self._count_conversation(found, outcomes)

    def _count_conversation(self, found: Found, outcomes: Sequence[Outcome]) -> None:
        faults = [fault for outcome in outcomes for fault in outcome.faults]
        if faults:
            self._refuse(found, faults)
        elif not found.is_first:
            return  # It goes on with a conversation that was counted when it was met.
        elif any(outcome.messages_accepted for outcome in outcomes) or not outcomes[0].messages_duplicate:
            self.tally.conversations["accepted"] += 1
        else:
            self.tally.conversations["duplicate"] += 1

    def _refuse(self, found: Found, faults: Sequence[Any]) -> None:
        self.tally.conversations["refused"] += found.is_first or found.conversation is not None
        for fault in faults:
            self.tally.reasons[fault.detail] += 1
            self.progress.refuse(found.place, fault)


def _calls(conversations: Iterator[Found]) -> Iterator[list[tuple[Found, IncomingConversation]]]:
    """Calls of several short conversations, or of the pieces of a long one."""
    call: list[tuple[Found, IncomingConversation]] = []
    messages = 0
    for found in conversations:
        if found.conversation is None:
            continue
        call.extend((found, piece) for piece in pieces(found.conversation))
        messages += len(found.conversation.messages)
        if messages >= MESSAGES_A_CALL or len(call) >= CONVERSATIONS_A_CALL:
            yield call
            call, messages = [], 0
    if call:
        yield call


def _licensee(slug: str) -> Licensee:
    try:
        return Licensee.objects.get(slug=slug)
    except Licensee.DoesNotExist:
        known = ", ".join(Licensee.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no licensee “{slug}”. There are: {known}.") from None


def _readable(files: Sequence[WatchedPath]) -> Sequence[WatchedPath]:
    missing = [str(file) for file in files if not Path(file).is_file() and not Path(file).is_dir()]
    if missing:
        raise CommandError(f"Not a file: {', '.join(missing)}. Nothing was taken.")
    return files


def _size(file: Path) -> int:
    return Folder(file).size if file.is_dir() else file.stat().st_size


def _column(text: str) -> tuple[str, str]:
    what, _, column = text.partition("=")
    if what not in COLUMNS or not column:
        raise ArgumentTypeError(f"“{text}” is not WHAT=COLUMN with one of {', '.join(COLUMNS)}.")
    return what, column


def _encoding(text: str) -> str:
    try:
        return codecs.lookup(text).name if text else ""
    except LookupError:
        raise ArgumentTypeError(f"“{text}” is no encoding; try windows-1252.") from None


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ArgumentTypeError(f"“{text}” is no time zone; try Europe/London.") from None
