"""Reads labelled JSON lines, the form in which operators bring a corpus, and says exactly which line is at
fault.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from scoring.characteristics import BY_KEY
from scoring.corpus_conversation import CorpusConversation, CorpusError, CorpusMessage, conversation

LONGEST_LINE = 256_000_000
ROLES = {"subject", "possible_minor", "other"}


def read_labelled_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each record as it stands in the file after checking its form; raises CorpusError at the first
    fault.
    """
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
            if line.strip():
                yield _checked(line, f"{path.name}, line {number}")


def read_labelled(path: Path) -> Iterator[CorpusConversation]:
    """Yield the conversations of the file."""
    for record in read_labelled_records(path):
        messages = [_message(message) for message in record["messages"]]
        yield conversation(
            record["id"], messages, language=record.get("language") or "und", label=record.get("label")
        )


def _message(record: dict[str, Any]) -> CorpusMessage:
    sent_at = record.get("sent_at")
    return CorpusMessage(record["id"], record["sender"], _time(sent_at) if sent_at else None, record["text"])


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _checked(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{place}: not a JSON object in UTF-8.") from error
    fault = _fault(record)
    if fault:
        raise CorpusError(f"{place}: {fault}")
    return record


def _fault(record: Any) -> str | None:
    """Say what is wrong with a record, or return None."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        return "a conversation is an object with an id that is text."
    if record.get("label") not in (0, 1, None) or isinstance(record.get("label"), bool):
        return "label must be 1, 0 or null."
    if not isinstance(record.get("language", ""), str | None):
        return "language must be text."
    return _fault_of_messages(record.get("messages")) or _fault_of_authors(record) or _fault_of_spans(record)


def _fault_of_messages(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "messages must be a list with at least one message."
    for number, message in enumerate(messages, start=1):
        fields = (
            [message.get(name) for name in ("id", "sender", "text")] if isinstance(message, dict) else [None]
        )
        if not all(isinstance(field, str) for field in fields):
            return f"message {number} needs id, sender and text, all of them text."
        if not _is_time(message.get("sent_at")):
            return f"message {number} has a sent_at that is not a time with a zone."
    if len({message["id"] for message in messages}) < len(messages):
        return "two messages have the same id."
    return None


def _is_time(value: Any) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and _time(value).tzinfo is not None
    except ValueError:
        return False


def _fault_of_authors(record: dict[str, Any]) -> str | None:
    authors = record.get("authors")
    if authors is None or (isinstance(authors, dict) and all(role in ROLES for role in authors.values())):
        return None
    return "authors must give each account one of: other, possible_minor, subject."


def _fault_of_spans(record: dict[str, Any]) -> str | None:
    spans = record.get("spans")
    if spans is None:
        return None
    lengths = {message["id"]: len(message["text"]) for message in record["messages"]}
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        return "spans must be a list of objects."
    for number, span in enumerate(spans, start=1):
        if span.get("characteristic") not in BY_KEY:
            return f"span {number} names a characteristic that is not in the taxonomy."
        if not _is_inside(span, lengths):
            return f"span {number} does not lie inside one of the messages."
    return None


def _is_inside(span: dict[str, Any], lengths: dict[str, int]) -> bool:
    start, end, length = span.get("start"), span.get("end"), lengths.get(str(span.get("message")))
    if not isinstance(start, int) or not isinstance(end, int) or length is None:
        return False
    return 0 <= start < end <= length
