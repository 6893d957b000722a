"""Reads messages from CSV with a header: a row a message, in any order, columns named by the operator or by habit."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scoring.export_entry import Entry, ExportError, Read, Wrong
from scoring.export_files import LONGEST_ENTRY, Guarded, guarded

# What a column is called if nobody says; the first that the header has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "conversation": (
        *("conversation", "conversation_id", "chat_id", "channel_id", "thread_id", "room_id", "group_id"),
        *("chat", "channel", "thread", "room"),
    ),
    "id": ("message_id", "msg_id", "id"),
    "sender": ("sender", "sender_id", "author_id", "user_id", "author", "user", "from", "from_id"),
    "time": ("sent_at", "timestamp", "time", "created_at", "date", "datetime"),
    "text": ("text", "message", "body", "content"),
    "reply_to": ("reply_to", "reply_to_id", "parent_id"),
    "edited": ("edited_at",),
    "deleted": ("deleted_at",),
    "kind": ("kind", "conversation_kind", "channel_type"),
    "language": ("language", "lang"),
    "name": ("display_name", "sender_name", "author_name", "username"),
    "age_band": ("declared_age_band", "age_band"),
    "joined": ("account_created_at", "joined_at"),
}
NEEDED = ("conversation", "sender", "time", "text")
DELIMITERS = ",\t;|"
OTHER_COUNT = "The row has {found} cells, the header {wanted}."
NO_COLUMN = (
    "{name}: no column of the first row is known as {missing}. Say which is which: --columns {example}=COLUMN. "
    "Nothing of it was taken."
)
NOT_ENCODED = (
    "{name}: the file is not {encoding} after row {number:,}. Say how it is written, such as --encoding windows-1252. "
    "Nothing of it was taken."
)
UNREADABLE = (
    "{name}, row {number:,}: a cell has no end, or is longer than {longest:,} bytes. Nothing of it was taken."
)
EMPTY = "{name} is empty."


@dataclass(frozen=True)
class CsvOptions:
    """How the operator says the file is written; what is not said is found out."""

    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    zone: str = "UTC"


def read_csv(path: Path, options: CsvOptions) -> Iterator[Read]:
    csv.field_size_limit(LONGEST_ENTRY)
    with guarded(path) as file:
        lines = _Lines(file, options.encoding or _encoding(path))
        first = next(lines, None)
        if first is None:
            raise ExportError(EMPTY.format(name=path.name))
        delimiter = options.delimiter or delimiter_of(first)
        header = _cells(first, delimiter)
        table = _Table(path.name, header, options)
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        while (cells := _next(rows, file)) is not None:
            if any(cells):
                yield table.read(file.number + 1, cells)


def looks_like_chat(first: str) -> bool:
    """Whether a header names all that a message needs, by habit."""
    names = _names(_cells(first, delimiter_of(first)))
    return all(any(name in names for name in COLUMNS[column]) for column in NEEDED)


def delimiter_of(first: str) -> str:
    """The one that parts the header most."""
    return max(DELIMITERS, key=first.count)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower().replace(" ", "_") for name in header]


def _encoding(path: Path) -> str:
    with guarded(path) as file:
        head = file.read(4)
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _next(rows: Iterator[list[str]], file: Guarded) -> list[str] | None:
    try:
        cells = next(rows, None)
    except csv.Error:
        raise ExportError(
            UNREADABLE.format(name=file.name, number=file.number + 2, longest=LONGEST_ENTRY)
        ) from None
    file.entry_ended()
    return cells


class _Lines:
    """The lines of a file as text, none longer than an entry may be."""

    def __init__(self, file: Guarded, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        self.text = io.TextIOWrapper(io.BufferedReader(file), encoding=encoding, newline="")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self.text.readline(LONGEST_ENTRY)
        except UnicodeError:
            raise ExportError(
                NOT_ENCODED.format(
                    name=self.file.name,
                    encoding=self.encoding.removesuffix("-sig").upper(),
                    number=self.file.number,
                )
            ) from None
        self.file.check_entry()
        if not line:
            raise StopIteration
        return line


class _Table:
    """Where the columns stand, and what tells equal rows apart."""

    def __init__(self, name: str, header: list[str], options: CsvOptions) -> None:
        self.name, self.width = name, len(header)
        self.zone = ZoneInfo(options.zone)
        names = _names(header)
        self.place = {
            column: _place(names, options.columns.get(column), known) for column, known in COLUMNS.items()
        }
        missing = [column for column in NEEDED if self.place[column] is None]
        if missing:
            raise ExportError(NO_COLUMN.format(name=name, missing=" and ".join(missing), example=missing[0]))
        self.at: str | None = None
        self.same: dict[tuple[str, str], int] = {}

    def read(self, number: int, cells: list[str]) -> Read:
        place = f"{self.name}: row {number:,}"
        conversation = self._cell(cells, "conversation")
        if len(cells) != self.width:
            return Wrong(place, conversation, OTHER_COUNT.format(found=len(cells), wanted=self.width))
        sender, sent_at = self._cell(cells, "sender"), self._time(cells, "time")
        deleted_at = self._time(cells, "deleted")
        text = cells[self.place["text"] or 0]
        message = {
            "id": self._cell(cells, "id") or self._made_id(conversation, sender, sent_at or ""),
            "sender": sender or None,
            "sent_at": sent_at,
            "text": None if deleted_at and not text else text,
            "reply_to": self._cell(cells, "reply_to") or None,
            "edited_at": self._time(cells, "edited"),
            "deleted_at": deleted_at,
        }
        return Entry(
            place,
            conversation,
            message,
            about_conversation=_given(kind=self._cell(cells, "kind"), language=self._cell(cells, "language")),
            about_sender=_given(
                display_name=self._cell(cells, "name"),
                declared_age_band=self._cell(cells, "age_band"),
                account_created_at=self._time(cells, "joined"),
            ),
        )

    def _cell(self, cells: list[str], column: str) -> str:
        place = self.place[column]
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def _made_id(self, conversation: str, sender: str, sent_at: str) -> str:
        """The same in every run; nothing of the text is in it, which outlives no erasure this way."""
        if sent_at != self.at:
            self.at, self.same = sent_at, {}
        count = self.same[conversation, sender] = self.same.get((conversation, sender), 0) + 1
        made = "\x00".join((conversation, sender, sent_at, str(count)))
        return "row:" + hashlib.sha256(made.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def _time(self, cells: list[str], column: str) -> str | None:
        cell = self._cell(cells, column)
        return _moment(cell, self.zone) if cell else None


def _place(names: list[str], said: str | None, known: tuple[str, ...]) -> int | None:
    wanted = _names([said]) if said else known
    return next((names.index(name) for name in wanted if name in names), None)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _moment(cell: str, zone: ZoneInfo) -> str:
    """ISO 8601, or seconds or milliseconds since 1970; what is neither stays as it is, and is then refused."""
    try:
        if cell.isascii() and cell.replace(".", "", 1).isdecimal():
            seconds = float(cell) / (1000 if float(cell) > 1e11 else 1)
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        time = datetime.fromisoformat(cell)
        # One text for one moment: ids are made of it.
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return cell
