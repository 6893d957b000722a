"""How far one model has come with one conversation, and what it says of it now."""

from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from scoring.pipeline import Judgement, Model
from scoring.state import ConversationState as State
from scoring.unread import Leased, Piece, language_of

# Ratings under this are not stored with a message: they would only cover what matters.
WORTH_SHOWING = 0.5


@dataclass
class Progress:
    """`before` is what the model goes on from, or None where it reads the whole conversation."""

    leased: Leased
    model: Model
    before: State | None
    so_far: State | None = None
    # (message, evidence, weight, ratings worth showing) of each message that was read now.
    evidence: list[tuple[int, float, int, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.so_far = self.before

    def take(self, piece: Piece) -> None:
        """Read the messages that follow what was read; earlier ones in the piece are known already."""
        read = self.so_far.messages if self.so_far else 0
        new = piece.since(read + 1)
        if self.so_far is not None and not new.turns:
            return
        reading = self.model.read(new.turns, first=new.first, after=self.so_far)
        self.so_far = reading.state
        self.evidence.extend(
            (message_id, message.evidence, message.weight, Jsonb(_worth_showing(message.ratings)))
            for message_id, message in zip(new.message_ids, reading.messages, strict=True)
            if message_id is not None
        )

    @property
    def reached(self) -> State:
        if self.so_far is None:
            raise ValueError("No piece of the conversation was taken yet.")
        return self.so_far

    def judge(self) -> Judgement:
        found = language_of(self.leased.conversation, self.leased.lease.message_count)
        return self.model.judge(self.reached, identify=found)


def _worth_showing(ratings: dict[str, float]) -> dict[str, float]:
    return {key: rating for key, rating in ratings.items() if rating >= WORTH_SHOWING}
