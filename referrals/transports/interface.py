"""The one small interface of every way by which the machine carries a packet.

A transport lists its steps in order; the journal says which are done; the next is made. Each step says before it
is made what it is about to do, and afterwards which of five things happened. Nothing here decides to send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from referrals.models import DeliveryEntry, Recipient

Kind = DeliveryEntry.Kind


@dataclass(frozen=True)
class Parcel:
    """What is sent: the sealed archive and the files in it, opened for this delivery only."""

    case_reference: str
    archive_digest: str
    archive: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    # Of a retraction: the numbers of the reports that were opened there for the packet that it takes back.
    takes_back: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Line:
    """What the journal knows of a step."""

    attempt: int
    step: str
    kind: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """DONE, REFUSED (nothing was done), NOT_SENT (nothing left this machine), UNKNOWN, or ARRIVED (long done)."""

    kind: Kind
    sentence: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    # The receipt as the server wrote it.
    raw: str = ""


class Transport(Protocol):
    def steps(self, journal: Sequence[Line]) -> list[str]:
        """All steps of the current attempt, in order."""
        ...

    def intention(self, step: str, journal: Sequence[Line]) -> Mapping[str, Any]:
        """Ids and digests of what the step is about to send."""
        ...

    def make(self, step: str, journal: Sequence[Line]) -> Answer:
        """Do it: may take as long as its timeout, and never raises for what a server does."""
        ...


class Unfit(Exception):
    """The recipient or the installation is not set up for this way; the sentence says what the operator can do."""


@dataclass(frozen=True)
class Setting:
    """What a transport is made of."""

    recipient: Recipient
    parcel: Parcel
    seconds: float


def done_in(journal: Sequence[Line], attempt: int) -> dict[str, Mapping[str, Any]]:
    """{step: facts} of the steps of an attempt that are done."""
    return {line.step: line.facts for line in journal if line.attempt == attempt and line.kind == Kind.DONE}


def current_attempt(journal: Sequence[Line]) -> int:
    return max((line.attempt for line in journal), default=1)
