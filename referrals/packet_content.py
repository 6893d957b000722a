"""What a packet says, as plain values: no database, no clock, no keys."""

from dataclasses import dataclass
from datetime import datetime


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

    @property
    def evidence_numbers(self) -> list[int]:
        return [message.number for message in self.messages if message.is_evidence]

    @property
    def changed_after_request(self) -> list[int]:
        """Messages that the platform edited or deleted after the request: its writer saw them as they were before."""
        return [message.number for message in self.messages if message.changed_since(self.submitted_at)]
