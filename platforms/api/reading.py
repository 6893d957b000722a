"""Reads a confirmation: what is wrong with it, and where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platforms.models.confirmation import LONGEST_NOTE
from scoring.incoming import Fault
from scoring.incoming_json import NOT_OBJECT, REQUIRED, parsed_time

NOT_BOOLEAN = "This is true or false."
NOT_TIME = "This is an RFC 3339 time with a zone, as 2026-11-22T08:00:00Z."
NOT_NOTE = f"This is text of at most {LONGEST_NOTE:,} characters, without control characters."
PLAIN = frozenset("\n\r\t")


@dataclass(frozen=True)
class Said:
    done: bool
    at: datetime
    note: str


def read_confirmation(body: Any) -> tuple[Said | None, list[Fault]]:
    if not isinstance(body, dict):
        return None, [Fault("", NOT_OBJECT)]
    done, at, note = body.get("done"), parsed_time(body.get("at")), body.get("note")
    note = "" if note is None else note
    faults = []
    if not isinstance(done, bool):
        faults.append(Fault("/done", REQUIRED if done is None else NOT_BOOLEAN))
    if at is None:
        faults.append(Fault("/at", REQUIRED if body.get("at") is None else NOT_TIME))
    if not _is_note(note):
        faults.append(Fault("/note", NOT_NOTE))
    if faults or at is None:
        return None, faults
    return Said(bool(done), at, note.strip()), []


def _is_note(note: Any) -> bool:
    return (
        isinstance(note, str)
        and len(note) <= LONGEST_NOTE
        and all(character.isprintable() or character in PLAIN for character in note)
    )
