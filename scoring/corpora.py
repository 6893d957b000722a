"""Reads conversations from the forms in which people keep them, one at a time and in constant memory; never
prints text.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import ijson  # type: ignore[import-untyped]

from scoring.corpus_conversation import CorpusConversation, CorpusError, CorpusMessage, conversation
from scoring.corpus_labelled import read_labelled, read_labelled_records
from scoring.corpus_pan2012 import read_pan2012, read_subjects

__all__ = [
    "CorpusConversation",
    "CorpusError",
    "CorpusMessage",
    "Form",
    "detect_form",
    "read",
    "read_records",
    "read_subjects",
]

Form = Literal["labelled", "irc", "topical_chat", "casino", "pan2012"]

FORMS: dict[Form, str] = {
    "labelled": "labelled JSON lines",
    "irc": "an IRC log whose lines begin with [HH:MM]",
    "topical_chat": "Topical-Chat JSON",
    "casino": "CaSiNo JSON",
    "pan2012": "PAN-2012 XML",
}
LONGEST_PIECE = 10_000
SNIFFED = 64 * 1024

_IRC_LINE = re.compile(r"\[(\d\d):(\d\d)\] (?:<([^>\s]+)> ?| \* (\S+) ?)(.*)", re.DOTALL)
_IRC_ANY = re.compile(rb"^\[\d\d:\d\d\] ", re.MULTILINE)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def read(path: Path, form: Form | None = None) -> Iterator[CorpusConversation]:
    """Yield the conversations of a file; the form is found out where it is not given. Raises CorpusError.

    Conversations without a message are left out. Ids of conversations and messages are the same in every run
    over the same file name and content.
    """
    return _READERS[form or detect_form(path)](path)


def read_records(path: Path, *, label: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield a file of any form as labelled records; `label` is given to those that have none."""
    form = detect_form(path)
    records = (
        read_labelled_records(path) if form == "labelled" else (own.as_record() for own in read(path, form))
    )
    for record in records:
        yield record | {"label": label} if record.get("label") is None else record


def detect_form(path: Path) -> Form:
    """Find out a file's form from its name and first 64 KB; raises CorpusError that names the forms."""
    with path.open("rb") as file:
        head = file.read(SNIFFED).removeprefix(b"\xef\xbb\xbf").lstrip()
    if path.suffix.lower() == ".xml" or head.startswith((b"<?xml", b"<conversations")):
        found: Form | None = "pan2012" if b"<conversation" in head else None
    else:
        found = _json_form(head) or ("irc" if _IRC_ANY.search(head) else None)
    if found is None:
        raise CorpusError(f"{path.name} is in none of the known forms: {', '.join(FORMS.values())}.")
    return found


def _json_form(head: bytes) -> Form | None:
    if head.startswith(b"[") and b'"chat_logs"' in head:
        return "casino"
    first = head.split(b"\n", 1)[0]
    if head.startswith(b"{") and b'"messages"' in first:
        return "labelled"
    return "topical_chat" if head.startswith(b"{") and b'"content"' in head and b'"agent"' in head else None


def read_irc(path: Path) -> Iterator[CorpusConversation]:
    """Yield a log as public conversations of at most 10,000 messages.

    Joins, parts and other lines without a writer are left out; actions are messages. Times are the log's own
    clock with the date in the file's name, taken as UTC; without such a date there are none. A message's id
    holds its line number.
    """
    stem = path.name.removesuffix(".txt").removesuffix(".log").removesuffix(".raw")
    piece: list[CorpusMessage] = []
    number = 1
    for message in _irc_messages(path, f"irc:{stem}"):
        piece.append(message)
        if len(piece) == LONGEST_PIECE:
            yield _irc_piece(stem, number, piece)
            piece, number = [], number + 1
    if piece:
        yield _irc_piece(stem, number, piece)


def _irc_piece(stem: str, number: int, messages: list[CorpusMessage]) -> CorpusConversation:
    identifier = f"irc:{stem}" if number == 1 else f"irc:{stem}:part{number}"
    return conversation(identifier, messages, kind="public")


def _irc_messages(path: Path, prefix: str) -> Iterator[CorpusMessage]:
    day, before = _day_in_name(path), -1
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            found = _IRC_LINE.fullmatch(line.rstrip("\r\n"))
            if not found or not _is_clock(found):
                continue
            minutes = int(found[1]) * 60 + int(found[2])
            if day and minutes < before - 12 * 60:
                day += timedelta(days=1)
            before = minutes
            yield CorpusMessage(f"{prefix}:{number}", found[3] or found[4], _moment(day, minutes), found[5])


def _is_clock(found: re.Match[str]) -> bool:
    return int(found[1]) < 24 and int(found[2]) < 60


def _day_in_name(path: Path) -> date | None:
    found = _DATE.search(path.name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _moment(day: date | None, minutes: int) -> datetime | None:
    return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=UTC) if day else None


def read_topical_chat(path: Path) -> Iterator[CorpusConversation]:
    """Yield private conversations of two people, without times; one JSON object keyed by conversation."""
    for key, value in _json_stream(path, ijson.kvitems, ""):
        with _form_of_item(path, key):
            turns = [(turn["agent"], turn["message"]) for turn in value["content"]]
        yield from _private(f"topical-chat:{key}", turns)


def read_casino(path: Path) -> Iterator[CorpusConversation]:
    """Yield private negotiations of two people, without times; turns that are offers by button are left out."""
    for value in _json_stream(path, ijson.items, "item"):
        with _form_of_item(path, "an item"):
            identifier = f"{path.stem}:{value['dialogue_id']}"
            turns = [
                (turn["id"], None if turn.get("task_data") else turn["text"]) for turn in value["chat_logs"]
            ]
        yield from _private(identifier, turns)


def _private(identifier: str, turns: list[tuple[str, str | None]]) -> Iterator[CorpusConversation]:
    """A turn without text keeps its number, so that ids do not depend on what is left out."""
    messages = [
        CorpusMessage(f"{identifier}:{number}", sender, None, text)
        for number, (sender, text) in enumerate(turns, start=1)
        if text is not None
    ]
    if messages:
        yield conversation(identifier, messages, kind="private")


def _json_stream(path: Path, reader: Callable[..., Iterator[Any]], prefix: str) -> Iterator[Any]:
    with path.open("rb") as file:
        try:
            yield from reader(file, prefix, use_float=True)
        except ijson.JSONError as error:
            raise CorpusError(f"{path.name}: the JSON breaks off or is not well formed.") from error


@contextmanager
def _form_of_item(path: Path, item: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path.name}: {item} breaks off or is not in its form.") from error


_READERS: dict[Form, Callable[[Path], Iterator[CorpusConversation]]] = {
    "labelled": read_labelled,
    "irc": read_irc,
    "topical_chat": read_topical_chat,
    "casino": read_casino,
    "pan2012": read_pan2012,
}
