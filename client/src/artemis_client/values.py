"""What is sent and what is answered, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

AgeBand = Literal["under_13", "13_15", "16_17", "adult", "unknown"]
Kind = Literal["direct", "group", "public"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message; times have a zone. `text` is None only beside `deleted_at`."""

    id: str
    sender: str
    sent_at: datetime
    text: str | None
    reply_to: str | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return _without_none(
            id=self.id,
            sender=self.sender,
            sent_at=_written(self.sent_at),
            text=self.text,
            reply_to=self.reply_to,
            edited_at=_written(self.edited_at),
            deleted_at=_written(self.deleted_at),
        )


@dataclass(frozen=True, slots=True)
class Participant:
    """What the platform knows of an account; what is None is not said, and what was said before stays."""

    id: str
    declared_age_band: AgeBand | None = None
    account_created_at: datetime | None = None
    display_name: str | None = None
    facts: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return _without_none(
            id=self.id,
            declared_age_band=self.declared_age_band,
            account_created_at=_written(self.account_created_at),
            display_name=self.display_name,
            facts=None if self.facts is None else dict(self.facts),
        )


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation, or what is new of one: the same id again adds to it."""

    id: str
    messages: Sequence[Message]
    kind: Kind | None = None
    language: str | None = None
    participants: Sequence[Participant] = ()

    def as_json(self) -> dict[str, Any]:
        return _without_none(
            id=self.id,
            kind=self.kind,
            language=self.language,
            participants=[one.as_json() for one in self.participants] or None,
            messages=[one.as_json() for one in self.messages],
        )


# --- What is answered ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a JSON Pointer into the conversation that was sent."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one conversation: 202 is taken and durable; 409 and 422 are refused, with the faults."""

    id: str
    status: int
    url: str = ""
    messages_accepted: int = 0
    messages_duplicate: int = 0
    faults: tuple[Fault, ...] = ()

    @property
    def is_taken(self) -> bool:
        return self.status == 202


@dataclass(frozen=True, slots=True)
class Characteristic:
    name: str
    rating: float


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much a message moved the score, in log-odds; negative where it lowered it."""

    id: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Score:
    """A machine's rating, never a finding. Without a probability, `reason` says why there is none."""

    probability: float | None
    band: str | None
    flagged: bool
    threshold: float
    model: str | None
    scored_at: datetime
    revision: int
    reason: str | None
    characteristics: tuple[Characteristic, ...]
    messages: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Rating:
    """What became of a conversation: queued, scored or abstained."""

    id: str
    status: str
    revision: int
    message_count: int
    score: Score | None

    @property
    def is_current(self) -> bool:
        """Whether the score belongs to the newest messages."""
        return self.score is not None and self.score.revision >= self.revision

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Rating":
        score = raw.get("score")
        return cls(
            id=raw["id"],
            status=raw["status"],
            revision=raw["revision"],
            message_count=raw["message_count"],
            score=None if score is None else _score(score),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """What is asked of the platform, or told. Ids only, never text; `id` is the same however often it comes."""

    id: str
    type: str
    created_at: datetime
    data: Mapping[str, Any]

    @property
    def conversation(self) -> str | None:
        return self.data.get("conversation")

    @property
    def subject(self) -> str | None:
        """The account that it is about."""
        return self.data.get("subject")

    @property
    def action(self) -> str | None:
        """warn, restrict or block."""
        return self.data.get("action")

    @property
    def reference(self) -> str | None:
        """The event that asked first: `action.withdrawn` names with it what it takes back."""
        return self.data.get("reference")

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Event":
        return cls(raw["id"], raw["type"], datetime.fromisoformat(raw["created_at"]), raw.get("data") or {})


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk job as it stands; `raw` is the whole answer."""

    id: str
    state: str
    raw: Mapping[str, Any]

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Job":
        return cls(str(raw["id"]), str(raw["state"]), raw)


OVER = frozenset({"done", "cancelled"})


@dataclass(frozen=True, slots=True)
class Me:
    """What the key may do; `raw` is the whole answer."""

    licensee: str
    mode: str
    scopes: tuple[str, ...]
    signed: bool
    threshold: float
    limits: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "Me":
        return cls(
            licensee=raw["licensee"]["slug"],
            mode=raw["mode"],
            scopes=tuple(raw["scopes"]),
            signed=bool(raw.get("signed")),
            threshold=raw["threshold"],
            limits=raw["limits"],
            raw=raw,
        )


def _score(raw: Mapping[str, Any]) -> Score:
    return Score(
        probability=raw["probability"],
        band=raw["band"],
        flagged=raw["flagged"],
        threshold=raw["threshold"],
        model=raw["model"],
        scored_at=datetime.fromisoformat(raw["scored_at"]),
        revision=raw["revision"],
        reason=raw.get("reason"),
        characteristics=tuple(Characteristic(one["name"], one["rating"]) for one in raw["characteristics"]),
        messages=tuple(Contribution(one["id"], one["contribution"]) for one in raw["messages"]),
    )


def _written(time: datetime | None) -> str | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError("A time needs a zone: datetime.now(UTC), not datetime.now().")
    return time.isoformat()


def _without_none(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
