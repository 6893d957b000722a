"""Reads labelled JSON lines, the form in which operators bring a corpus, and says exactly which line is at
fault.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ijson  # type: ignore[import-untyped]

from scoring.corpus_chat import json_stream
from scoring.corpus_conversation import CorpusConversation, CorpusError, CorpusMessage, conversation
from scoring.corpus_files import BYTE_ORDER_MARK, opened, stem_of
from scoring.corpus_record import RecordFault, as_time, exact_record

LONGEST_LINE = 256_000_000


def read_labelled_records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each record of a file of lines in the exact form (`corpus_record`); raises CorpusError at the first
    fault. Blank lines and conversations without a message are passed over.
    """
    with opened(path) as file:
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
            if line := line.removeprefix(BYTE_ORDER_MARK if number == 1 else b"").strip():
                yield from _exact(path, _parsed(line, path, number), f"line {number}", number)


def read_labelled_array(path: Path) -> Iterator[dict[str, Any]]:
    """Yield each record of a file that is one JSON array of them."""
    for number, raw in enumerate(json_stream(path, ijson.items, "item"), start=1):
        yield from _exact(path, raw, f"record {number}", number)


def _exact(path: Path, raw: Any, place: str, number: int) -> Iterator[dict[str, Any]]:
    try:
        record = exact_record(raw, number=f"{stem_of(path)}:{number}")
    except RecordFault as fault:
        raise CorpusError(f"{path.name}, {place}: {fault}") from None
    if record is not None:
        yield record


def _parsed(line: bytes, path: Path, number: int) -> Any:
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise CorpusError(f"{path.name}, line {number}: not a JSON object in UTF-8.") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")


def conversation_of(record: dict[str, Any]) -> CorpusConversation:
    """Return a record in the exact form as a conversation."""
    messages = [
        CorpusMessage(own["id"], own["sender"], as_time(own.get("sent_at")), own["text"])
        for own in record["messages"]
    ]
    return conversation(
        record["id"],
        messages,
        language=record.get("language") or "und",
        label=record.get("label"),
        authors=record.get("authors"),
    )
