"""What a packet says, as plain values: no database, no clock, no keys."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property


@dataclass(frozen=True)
class LicenseeFacts:
    name: str
    code: str
    jurisdiction: str
    contact: str


@dataclass(frozen=True)
class RecipientFacts:
    name: str
    jurisdiction: str
    contact: str
    is_test: bool
    # Files that this recipient takes besides those of every packet: names in packet_builder.ON_REQUEST.
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """A participant under a pseudonym that says nothing, and the platform's own id."""

    pseudonym: str
    platform_id: str
    declared_age_band: str


@dataclass(frozen=True)
class EarlierVersion:
    """What a message said before an edit."""

    version: int
    text: str
    edited_at: datetime | None
    received_at: datetime


@dataclass(frozen=True)
class TranscriptMessage:
    number: int
    platform_id: str
    sender: Account
    sent_at: datetime | None
    received_at: datetime
    is_evidence: bool
    text: str
    version: int
    edited_at: datetime | None
    deleted_at: datetime | None
    reply_to: str
    earlier_versions: tuple[EarlierVersion, ...]

    def changed_since(self, moment: datetime) -> bool:
        return self.received_at > moment or (self.deleted_at is not None and self.deleted_at > moment)


@dataclass(frozen=True)
class Viewed:
    """How many people had a message's text shown to them before it was submitted, and when first."""

    number: int
    people: int
    first_viewed_at: datetime


@dataclass(frozen=True)
class ScoreFacts:
    """What the machine said; `probability` is None where it abstained and `abstained` says why."""

    model_name: str
    model_digest: str
    is_demonstration: bool
    probability: float | None
    abstained: str
    band: str
    threshold: float
    scored_at: datetime
    characteristics: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Redaction:
    """A message that is context and not evidence: the reason stands in place of its text, of which the digest stays."""

    number: int
    reason: str


@dataclass(frozen=True)
class AccountFacts:
    """What the platform said of one of the two accounts, as it said it: names first seen, times in words of its own."""

    role: str
    pseudonym: str
    platform_id: str
    display_name: str
    account_created_at: datetime | None
    # (name, value) in the order of the names; a value that is not text is compact JSON.
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PreviousPacket:
    """The sealed packet that this one adds to (`supplements`) or takes back (`retracts`); it stays as it is."""

    relation: str
    packet_digest: str
    archive_digest: str
    sealed_at: datetime
    reason: str
    # What the recipient called it: a report number, a case reference.
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class PacketContent:
    software: str
    case_reference: str
    case_opened_at: datetime
    licensee: LicenseeFacts
    exit: str
    recipient: RecipientFacts
    version: int
    submitted_by: str
    submitted_at: datetime
    conversation_platform_id: str
    conversation_kind: str
    conversation_language: str
    subject: Account
    possible_minor: Account
    incident_at: datetime | None
    grounds: str
    context: int
    messages: tuple[TranscriptMessage, ...]
    viewed: tuple[Viewed, ...]
    score: ScoreFacts | None

    # How the platform defines the time of the incident; empty where none is stated.
    incident_definition: str = ""
    redactions: tuple[Redaction, ...] = ()
    # What the packet does not say, in sentences: never a score, never a priority.
    completeness: tuple[str, ...] = ()
    account_facts: tuple[AccountFacts, ...] = ()
    # 1, 2 or 3, chosen by a person where the recipient's law asks for it.
    priority: int | None = None
    # A supplement or a retraction is a packet of its own, which names the sealed one.
    previous: PreviousPacket | None = None

    @property
    def is_retraction(self) -> bool:
        return self.previous is not None and self.previous.relation == "retracts"

    @property
    def evidence_numbers(self) -> list[int]:
        return [message.number for message in self.messages if message.is_evidence]

    @cached_property
    def redacted(self) -> dict[int, str]:
        """Why the text of a message stays behind, by its number. Evidence is never redacted, whatever was asked."""
        evidence = set(self.evidence_numbers)
        return {one.number: one.reason for one in self.redactions if one.number not in evidence}

    @property
    def changed_after_request(self) -> list[int]:
        """Messages that the platform edited or deleted after the request: its writer saw them as they were before."""
        return [message.number for message in self.messages if message.changed_since(self.submitted_at)]
