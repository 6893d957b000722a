"""What comes in and what is answered: plain values, already checked, that scoring/ingest.py takes and gives."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message as the platform sent it. Times have a zone; `sent_at` is None only in a corpus without times.

    `text` is None only beside `deleted_at`: the platform says that the message is gone, not what it said.
    """

    id: str
    sender: str
    sent_at: datetime | None
    text: str | None
    reply_to: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IncomingParticipant:
    """What the platform knows of an account. None means that it said nothing, so what is known already stays."""

    id: str
    declared_age_band: str | None = None
    account_created_at: datetime | None = None
    display_name: str | None = None
    facts: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class IncomingConversation:
    """A conversation, or what is new of one. None means that the platform said nothing."""

    id: str
    messages: tuple[IncomingMessage, ...]
    kind: str | None = None
    language: str | None = None
    participants: tuple[IncomingParticipant, ...] = ()


class Status(IntEnum):
    """What became of one item, in the numbers of HTTP."""

    ACCEPTED = 202
    CONFLICT = 409
    INVALID = 422


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where: a JSON Pointer (RFC 6901) from the item on. Never quotes what was sent."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item. With faults, nothing of the item was stored."""

    id: str
    status: Status
    messages_accepted: int = 0
    messages_duplicate: int = 0
    faults: tuple[Fault, ...] = ()
