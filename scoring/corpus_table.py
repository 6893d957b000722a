"""Reads chat from a table with a header row (CSV or TSV): one row is one message.

Only a text column is needed. Rows of one conversation stand together. Without a conversation column, a table
with a column of senders is one long log, and any other table has a conversation in each row.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from scoring.corpus_chat import part_id, pieces_of
from scoring.corpus_conversation import (
    CorpusConversation,
    CorpusError,
    CorpusMessage,
    conversation,
    unknown_account,
)
from scoring.corpus_files import opened_text, stem_of
from scoring.corpus_record import RecordFault, as_label

# What a column may be called; the first name that the header row has is taken.
COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("text", "message", "body", "content"),
    "sender": ("sender", "author", "user", "from", "speaker"),
    "conversation": ("conversation", "conversation_id", "thread", "thread_id", "chat_id", "dialogue_id"),
    "label": ("label",),
    "time": ("sent_at", "time", "timestamp", "date"),
}
DELIMITERS = (",", "\t", ";", "|")
ENDINGS = (".csv", ".tsv", ".tab")
LONGEST_FIELD = 16_000_000


@dataclass(frozen=True)
class _Row:
    line: int
    conversation: str
    sender: str
    label: int | None
    message: CorpusMessage


class _Layout:
    """Where the columns stand in the rows of one file."""

    def __init__(self, header: list[str]) -> None:
        names = [name.strip().lower() for name in header]
        self.place = {
            column: next((names.index(name) for name in known if name in names), None)
            for column, known in COLUMNS.items()
        }

    def has(self, column: str) -> bool:
        return self.place[column] is not None

    def cell(self, row: list[str], column: str) -> str:
        place = self.place[column]
        return row[place] if place is not None and place < len(row) else ""


def delimiter_of(head: str, *, is_named_so: bool) -> str | None:
    """Return what parts the columns if the first line is a header row with a text column, else None.

    One column alone makes a table only where the file's name says so.
    """
    first = head.split("\n", 1)[0].strip("\r\ufeff")
    for delimiter in DELIMITERS:
        names = _names_in(first, delimiter)
        if _Layout(names).has("text") and (len(names) > 1 or is_named_so):
            return delimiter
    return None


def _names_in(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # A line break of old inside: no header row.
        return []


def read_table(path: Path) -> Iterator[CorpusConversation]:
    """Yield the conversations of a table; raises CorpusError with the line of a fault.

    Times are ISO 8601; without a zone they are taken as UTC. Languages are not known.
    """
    csv.field_size_limit(LONGEST_FIELD)
    with opened_text(path) as file:
        first = file.readline()
        delimiter = delimiter_of(first, is_named_so=True)
        if delimiter is None:
            raise CorpusError(
                f"{path.name}: the first line must name a column text, message, body or content."
            )
        layout = _Layout(next(csv.reader([first], delimiter=delimiter)))
        yield from _conversations(path, layout, _rows(path, layout, csv.reader(file, delimiter=delimiter)))


def _rows(path: Path, layout: _Layout, reader: Iterable[list[str]]) -> Iterator[_Row]:
    rows = enumerate(reader, start=2)
    number = 1
    try:
        for number, cells in rows:
            if any(cell.strip() for cell in cells):
                yield _row(path, layout, cells, number)
    except csv.Error as error:
        raise CorpusError(f"{path.name}, row {number + 1}: a cell has no end or is too long.") from error
    except RecordFault as fault:
        raise CorpusError(f"{path.name}, row {number}: {fault}") from None


def _row(path: Path, layout: _Layout, cells: list[str], number: int) -> _Row:
    key = layout.cell(cells, "conversation").strip()
    if layout.has("conversation") and not key:
        raise RecordFault("the conversation is not named.")
    alone = not layout.has("conversation") and not layout.has("sender")
    name = f"table:{stem_of(path)}" + (f":{key}" if key else "") + (f":{number}" if alone else "")
    sender = layout.cell(cells, "sender").strip()
    message = CorpusMessage(
        f"table:{stem_of(path)}:{number}",
        sender or unknown_account(name),
        _time(layout.cell(cells, "time").strip()),
        layout.cell(cells, "text"),
    )
    return _Row(number, name, sender, as_label(layout.cell(cells, "label").strip() or None), message)


def _time(cell: str) -> datetime | None:
    if not cell:
        return None
    try:
        time = datetime.fromisoformat(cell)
        return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    except ValueError:
        raise RecordFault(
            "the time is not written as 2026-03-02T16:20:00Z; rename its column to read without times."
        ) from None


def _conversations(path: Path, layout: _Layout, rows: Iterable[_Row]) -> Iterator[CorpusConversation]:
    """Memory grows by a few bytes a conversation: by what tells that one comes back."""
    seen: set[int] = set()
    for name, own in groupby(rows, key=lambda row: row.conversation):
        for part, run in pieces_of(own):
            if part == 1:
                _check_new(path, name, seen, run[0].line)
            yield _conversation(path, part_id(name, part), run)


def _check_new(path: Path, name: str, seen: set[int], line: int) -> None:
    before = len(seen)
    seen.add(hash(name))
    if len(seen) == before:
        raise CorpusError(
            f"{path.name}, row {line}: a conversation goes on after another; sort the rows by conversation."
        )


def _conversation(path: Path, identifier: str, rows: list[_Row]) -> CorpusConversation:
    labels = {row.label for row in rows if row.label is not None}
    if len(labels) > 1:
        raise CorpusError(f"{path.name}, row {rows[0].line}: a conversation has two different labels.")
    messages = [row.message for row in rows]
    return conversation(identifier, messages, language="und", label=next(iter(labels), None))
