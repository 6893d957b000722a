"""Reads an operator's files as conversations to take in: JSON lines itself, other forms through scoring/corpora.py."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PosixPath
from typing import IO, Any, Literal, cast, get_args

from scoring import corpora
from scoring.corpora import CorpusConversation, CorpusError
from scoring.export_csv import CsvOptions
from scoring.export_entry import ExportError
from scoring.exports import Export, ExportFile, form_of
from scoring.incoming import Fault, IncomingConversation, IncomingMessage
from scoring.incoming_json import MOST_MESSAGES, Allowance, is_id, read_conversation
from scoring.strict_json import NotStrictJSON, parse

Form = Literal["auto", "api", "labelled"] | corpora.Form | Export
FORMS: tuple[str, ...] = ("auto", "api", *get_args(corpora.Form), *get_args(Export))

LONGEST_LINE = 20 * 1024 * 1024
LONGEST_TEXT = 1024 * 1024
MOST_AT_ONCE = 1_000_000
API_LINE = Allowance(most_messages=MOST_AT_ONCE)
LABELLED_LINE = Allowance(most_messages=MOST_AT_ONCE, longest_text=LONGEST_TEXT, times_needed=False)
# Members that only the labelled form has; see its description in docs/detection.md.
LABELLED_MEMBERS = frozenset({"label", "source", "authors", "spans", "groups"})

TOO_LONG_LINE = f"The line is longer than {LONGEST_LINE:,} bytes."
TOO_LONG_TEXT = f"A text is longer than {LONGEST_TEXT:,} bytes."
NO_EXPORT = (
    "{name} is a folder, and no export of Slack: it holds no folder of a channel with a file for each day."
)
AS_IT_IS = CsvOptions()
UNREADABLE = "The file breaks off or is not in its form; what stands before that place was taken."


@dataclass(frozen=True)
class Found:
    """A conversation, or why there is none, and where in the files; neither, while a long file is checked.

    `is_first` is false for what goes on with a conversation, or with its faults. `share` says how much of the file is
    behind, where its reader knows that better than its place in the file.
    """

    place: str
    conversation: IncomingConversation | None = None
    faults: tuple[Fault, ...] = ()
    is_first: bool = True
    share: float | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)


class WatchedPath(PosixPath):
    """A path that knows how far its file was read, whoever reads it."""

    def open(self, *arguments: Any, **named: Any) -> IO[Any]:  # type: ignore[override]
        self.watched = super().open(*arguments, **named)
        return self.watched

    def bytes_read(self) -> int:
        file: IO[Any] | None = getattr(self, "watched", None)
        return os.lseek(file.fileno(), 0, os.SEEK_CUR) if file is not None and not file.closed else 0


def read_file(path: Path, form: str, *, now: datetime, options: CsvOptions = AS_IT_IS) -> Iterator[Found]:
    """Everything in the file, in its order, one conversation in memory at a time; never raises for its content."""
    try:
        known = _form_of(path) if form == "auto" else form
        if known in get_args(Export):
            yield from _read_export(path, known, options, now)  # type: ignore[arg-type]
        elif known in ("json lines", "api", "labelled"):
            yield from _read_lines(path, known, now)
        else:
            yield from _read_corpus(path, known)
    except (CorpusError, ExportError) as fault:
        yield Found(path.name, faults=(Fault("", str(fault)),))
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError):
        yield Found(path.name, faults=(Fault("", UNREADABLE),))


def pieces(conversation: IncomingConversation) -> Iterator[IncomingConversation]:
    """The conversation in parts that fit a call."""
    messages = conversation.messages
    for first in range(0, max(1, len(messages)), MOST_MESSAGES):
        yield IncomingConversation(
            id=conversation.id,
            kind=conversation.kind,
            language=conversation.language,
            participants=conversation.participants if first == 0 else (),
            messages=messages[first : first + MOST_MESSAGES],
        )


def _form_of(path: Path) -> str:
    if export := form_of(path):
        return export
    if path.is_dir():
        raise ExportError(NO_EXPORT.format(name=path.name))
    if path.suffix == ".gz":
        return "json lines"
    form = corpora.detect_form(path)
    return "json lines" if form == "labelled" else form


def _read_export(path: Path, form: Export, options: CsvOptions, now: datetime) -> Iterator[Found]:
    """It is read twice, so that nothing is taken of what turns out to be broken: half of the way is to check it."""
    file = ExportFile(path, form, options, now)
    size = max(1, path.stat().st_size)
    for part in file.parts():
        half = min(1.0, path.bytes_read() / size if isinstance(path, WatchedPath) else 0.0) / 2
        share = half + (0.5 if file.is_checked else 0.0)
        yield Found(part.place, part.conversation, part.faults, part.is_first, share)
    yield Found(path.name, share=1.0, left_out=file.left_out)


def _read_lines(path: Path, form: str, now: datetime) -> Iterator[Found]:
    with path.open("rb") as file:
        lines = cast(IO[bytes], gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file)
        for number, line in enumerate(_bounded_lines(lines), start=1):
            if line is None or line.strip():
                yield _read_line(f"{path.name}:{number}", line, form, now)


def _bounded_lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """None for a line that is too long, which is passed over without being held."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield None


def _read_line(place: str, line: bytes | None, form: str, now: datetime) -> Found:
    if line is None:
        return Found(place, faults=(Fault("", TOO_LONG_LINE),))
    try:
        raw = parse(line.strip())
    except NotStrictJSON as fault:
        # The place says which line it is.
        return Found(place, faults=(Fault("", str(fault).replace("line 1, ", "")),))
    is_labelled = form == "labelled" or (form != "api" and _looks_labelled(raw))
    allowance = LABELLED_LINE if is_labelled else API_LINE
    conversation, faults = read_conversation(raw, now=now, allowance=allowance)
    return Found(place, conversation, tuple(faults))


def _looks_labelled(raw: Any) -> bool:
    return isinstance(raw, dict) and not LABELLED_MEMBERS.isdisjoint(raw)


def _read_corpus(path: Path, form: str) -> Iterator[Found]:
    for one in corpora.read(path, form):  # type: ignore[arg-type]
        place = f"{path.name}: {one.id}"
        if any(len(message.text) > LONGEST_TEXT for message in one.messages):
            yield Found(place, faults=(Fault("", TOO_LONG_TEXT),))
        else:
            yield Found(place, _incoming(one))


def _incoming(one: CorpusConversation) -> IncomingConversation:
    return IncomingConversation(
        id=stable_id(one.id),
        kind="direct" if one.kind == "private" else one.kind,
        language="" if one.language == "und" else one.language,
        messages=tuple(
            IncomingMessage(
                id=stable_id(message.id),
                sender=stable_id(message.sender),
                sent_at=message.sent_at,
                text=message.text,
            )
            for message in one.messages
        ),
    )


def stable_id(text: str) -> str:
    """The id of the corpus, or a digest of it where it cannot be an id here: the same in every run."""
    return (
        text if is_id(text) else "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    )
