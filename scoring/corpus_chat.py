"""Reads benign chat as its sources publish it: IRC logs, Topical-Chat, CaSiNo, and plain text."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import ijson  # type: ignore[import-untyped]

from scoring.corpus_conversation import (
    CorpusConversation,
    CorpusError,
    CorpusMessage,
    conversation,
    unknown_account,
)
from scoring.corpus_files import opened, opened_text, stem_of

LONGEST_PIECE = 10_000
One = TypeVar("One")

_IRC_LINE = re.compile(r"\[(\d\d):(\d\d)\] (?:<([^>\s]+)> ?| \* (\S+) ?)(.*)", re.DOTALL)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


# --- IRC logs and plain text ---------------------------------------------------------------------


def read_irc(path: Path) -> Iterator[CorpusConversation]:
    """Yield a log as public conversations of at most 10,000 messages.

    Joins, parts and other lines without a writer are left out; actions are messages. Times are the log's own
    clock with the date in the file's name, taken as UTC; without such a date there are none. A message's id
    holds its line number.
    """
    identifier = f"irc:{stem_of(path)}"
    for part, messages in pieces_of(_irc_messages(path, identifier)):
        yield conversation(part_id(identifier, part), messages, kind="public")


def pieces_of(messages: Iterable[One]) -> Iterator[tuple[int, list[One]]]:
    """Yield runs of at most 10,000 with their number from 1: no conversation outgrows the memory."""
    piece: list[One] = []
    number = 1
    for message in messages:
        piece.append(message)
        if len(piece) == LONGEST_PIECE:
            yield number, piece
            piece, number = [], number + 1
    if piece:
        yield number, piece


def part_id(identifier: str, part: int) -> str:
    """Name a piece; the first has the name of the whole."""
    return identifier if part == 1 else f"{identifier}:part{part}"


def _irc_messages(path: Path, prefix: str) -> Iterator[CorpusMessage]:
    day, before = _day_in_name(path), -1
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            found = _IRC_LINE.fullmatch(line.decode("utf-8", "replace").rstrip("\r\n"))
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


def read_plain(path: Path) -> Iterator[CorpusConversation]:
    """Yield each block of lines between blank lines as a private conversation; each line is a message.

    Nobody is named, so every message of a block is of one unknown account. Such a file carries no labels:
    `corpora.read_records` takes it as benign chat only.
    """
    for number, lines in _blocks(path):
        identifier = f"plain:{stem_of(path)}:{number}"
        for part, messages in pieces_of(_plain_messages(identifier, lines)):
            yield conversation(part_id(identifier, part), messages, kind="private", language="und")


def _plain_messages(identifier: str, lines: Iterable[str]) -> Iterator[CorpusMessage]:
    for number, line in enumerate(lines, start=1):
        yield CorpusMessage(f"{identifier}:{number}", unknown_account(identifier), None, line)


def _blocks(path: Path) -> Iterator[tuple[int, Iterator[str]]]:
    """Yield the lines of each block, lazily; a block must be read before the next is asked for."""
    with opened_text(path) as file:
        lines = (line.strip() for line in file)
        number = 0
        for first in lines:
            if first:
                number += 1
                yield number, _rest_of_block(first, lines)


def _rest_of_block(first: str, lines: Iterator[str]) -> Iterator[str]:
    line = first
    while line:
        yield line
        line = next(lines, "")


# --- Published sets of conversations -------------------------------------------------------------


def read_topical_chat(path: Path) -> Iterator[CorpusConversation]:
    """Yield private conversations of two people, without times; one JSON object keyed by conversation."""
    for key, value in json_stream(path, ijson.kvitems, ""):
        with _form_of_item(path, key):
            turns = [(turn["agent"], turn["message"]) for turn in value["content"]]
        yield from _private(f"topical-chat:{key}", turns)


def read_casino(path: Path) -> Iterator[CorpusConversation]:
    """Yield private negotiations of two people, without times; turns that are offers by button are left out."""
    for value in json_stream(path, ijson.items, "item"):
        with _form_of_item(path, "an item"):
            identifier = f"{stem_of(path).removesuffix('.json')}:{value['dialogue_id']}"
            turns = [
                (turn["id"], None if turn.get("task_data") else turn["text"]) for turn in value["chat_logs"]
            ]
        yield from _private(identifier, turns)


def _private(identifier: str, turns: list[tuple[str, str | None]]) -> Iterator[CorpusConversation]:
    """A turn without text keeps its number, so that ids do not depend on what is left out.

    These sets name parts, such as agent_1, not accounts: each is an account of its conversation alone.
    """
    messages = [
        CorpusMessage(f"{identifier}:{number}", f"{identifier}:{sender}", None, text)
        for number, (sender, text) in enumerate(turns, start=1)
        if text is not None
    ]
    if messages:
        yield conversation(identifier, messages, kind="private")


def json_stream(path: Path, reader: Callable[..., Iterator[Any]], prefix: str) -> Iterator[Any]:
    """Yield what an ijson reader finds under a prefix; raises CorpusError where the JSON is broken."""
    with opened(path) as file:
        try:
            yield from reader(file, prefix, use_float=True)
        except (ijson.JSONError, UnicodeError) as error:
            raise CorpusError(f"{path.name}: the JSON breaks off or is not well formed.") from error


@contextmanager
def _form_of_item(path: Path, item: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path.name}: {item} breaks off or is not in its form.") from error
