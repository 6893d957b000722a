"""The whole technique as one object: turns in; ratings, contributions and a calibrated probability out; no
database, no clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from scoring.abstention import reason
from scoring.classifier import Classifier, Judgement
from scoring.compiled import GRAMS, WORDS
from scoring.dynamics_facts import facts_of
from scoring.kernel import Kernel
from scoring.language import Language, identify
from scoring.model_file import ModelFileError, read_model_file, write_model_file
from scoring.rater import Rater
from scoring.state import WINDOW, ConversationState, Messages
from scoring.turn import Turn

__all__ = [
    "Band",
    "Judgement",
    "MessageEvidence",
    "MessageRating",
    "Model",
    "ModelFileError",
    "Reading",
    "Scored",
    "Turn",
    "band",
]

BATCH_MESSAGES = 2_000

Band = Literal["low", "medium", "high", "imminent"]


@dataclass(frozen=True, slots=True)
class MessageEvidence:
    """What one message holds, which later messages do not change.

    `number` is its place in the conversation, from 1; `evidence` the whole-number product of its counts with the
    conversation head; `weight` how many features it has; `ratings` from 0 to 1 on each trained characteristic.
    """

    number: int
    id: str
    sender: str
    evidence: int
    weight: int
    ratings: dict[str, float]


@dataclass
class Reading:
    """A run of messages as read: the state after it, and each message, of which the first has the number `first`.

    `evidence` and `grams` [n] int64, `ratings` [n, K] of the characteristics `keys`.
    """

    state: ConversationState
    first: int
    turns: Sequence[Turn] = field(repr=False)
    evidence: np.ndarray = field(repr=False, compare=False)
    grams: np.ndarray = field(repr=False, compare=False)
    ratings: np.ndarray = field(repr=False, compare=False)
    keys: tuple[str, ...] = field(repr=False)

    @cached_property
    def messages(self) -> tuple[MessageEvidence, ...]:
        """What each message holds."""
        rows = zip(
            self.turns, self.evidence.tolist(), self.grams.tolist(), self.ratings.tolist(), strict=True
        )
        return tuple(
            MessageEvidence(
                number, turn.id, turn.sender, evidence, weight, dict(zip(self.keys, ratings, strict=True))
            )
            for number, (turn, evidence, weight, ratings) in enumerate(rows, start=self.first)
        )


@dataclass(frozen=True, slots=True)
class MessageRating:
    """What one message added to the logit, and its rating from 0 to 1 on each trained characteristic."""

    id: str
    contribution: float
    ratings: dict[str, float]


@dataclass(frozen=True)
class Scored:
    """The result for one conversation: what `Judgement` says, its state, and each message's part."""

    judgement: Judgement
    state: ConversationState
    turns: Sequence[Turn] = field(repr=False)
    evidence: np.ndarray = field(repr=False, compare=False)
    ratings: np.ndarray = field(repr=False, compare=False)
    keys: tuple[str, ...] = field(repr=False)

    @cached_property
    def messages(self) -> tuple[MessageRating, ...]:
        """What each message added, and its ratings; none where the technique abstains."""
        if self.judgement.abstained is not None:
            return ()
        rows = zip(self.turns, self.evidence.tolist(), self.ratings.tolist(), strict=True)
        return tuple(
            MessageRating(
                turn.id, self.judgement.contribution(number, evidence), dict(zip(self.keys, row, strict=True))
            )
            for number, (turn, evidence, row) in enumerate(rows, start=1)
        )

    @property
    def probability(self) -> float | None:
        return self.judgement.probability

    @property
    def abstained(self) -> str | None:
        return self.judgement.abstained

    @property
    def logit(self) -> float | None:
        return self.judgement.logit

    @property
    def base(self) -> float:
        return self.judgement.base

    @property
    def characteristics(self) -> tuple[tuple[str, float], ...]:
        return self.judgement.characteristics


def band(probability: float, flag_threshold: float, imminent_threshold: float) -> Band:
    """Name the band of a probability under a licensee's two thresholds; medium begins at half the flag
    threshold.
    """
    if not 0 < flag_threshold <= imminent_threshold <= 1:
        raise ValueError(
            "The thresholds must be over 0 and at most 1, the imminent one not under the one for a flag."
        )
    if probability >= imminent_threshold:
        return "imminent"
    if probability >= flag_threshold:
        return "high"
    return "medium" if probability >= flag_threshold / 2 else "low"


@dataclass(frozen=True)
class Model:
    """A trained technique; `weights` is [buckets, 1 + K] int16, the conversation head first."""

    header: dict[str, Any]
    classifier: Classifier
    rater: Rater
    weights: np.ndarray = field(repr=False)
    vocabulary: np.ndarray = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.header["name"])

    @property
    def demonstration(self) -> bool:
        """Whether the model shows the path only and may not be relied on for any real conversation."""
        return bool(self.header["demonstration"])

    @property
    def card(self) -> dict[str, Any]:
        """The figures and facts that a person should read before using the model."""
        return dict(self.header["card"])

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the model was evaluated on, as BCP 47 tags."""
        return tuple(self.header["languages"])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the model's file, in hexadecimal."""
        return sha256(self.to_bytes()).hexdigest()

    @cached_property
    def kernel(self) -> Kernel:
        """What multiplies messages with the weights; made when first asked."""
        return Kernel(self.weights, self.vocabulary)

    @classmethod
    def from_header(cls, header: dict[str, Any], weights: np.ndarray, vocabulary: np.ndarray) -> "Model":
        """Build it from a header as in `model_file`, int16 weights, [buckets, 1 + K], and words seen, [2²⁰] bool."""
        rater = Rater(
            tuple(header["heads"]),
            np.array(header["head_scales"], dtype=np.float64),
            np.array(header["head_intercepts"], dtype=np.float64),
        )
        return cls(header, Classifier.from_header(header["classifier"]), rater, weights, vocabulary)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Read a model file. Raises ModelFileError, in words, if it is damaged or not of this form."""
        return cls.from_header(*read_model_file(data))

    def to_bytes(self) -> bytes:
        """Return the model file: the same model gives the same bytes."""
        return write_model_file(self.header, self.weights, self.vocabulary)

    def read(
        self, turns: Sequence[Turn], *, first: int = 1, after: ConversationState | None = None
    ) -> Reading:
        """Read messages that follow one another, of which the first has the number `first` in its conversation.

        The state is that of these messages or, where they follow the state `after`, of all. Raises ValueError where
        they do not follow it directly.
        """
        products, counts = self.kernel.read([turn.text for turn in turns])
        state, ratings = self._state(turns, products, counts, first, after)
        return Reading(state, first, turns, products[:, 0], counts[:, GRAMS], ratings, self.rater.keys)

    def rate(self, texts: Sequence[str]) -> np.ndarray:
        """Rate single messages on each trained characteristic, [n, K], from 0 to 1; 0 where it reads nothing."""
        return self.rater.rate(*self.kernel.read(texts))

    def judge(
        self,
        state: ConversationState,
        *,
        identify: Callable[[], Language] | None = None,
        course: Mapping[str, float | None] | None = None,
    ) -> Judgement:
        """Judge a conversation by its state.

        `identify` finds its language; it is asked only where the model knows few of the words, and without it such a
        conversation is judged. `course` stands in for that of the state where it was read before.
        """
        return self.classifier.judge(
            state,
            self.rater,
            course,
            lambda: reason(state.amount, languages=self.languages, identify=identify),
        )

    def score(self, turns: Sequence[Turn]) -> Scored:
        """Score one conversation; equal to the same conversation in any batch."""
        return self.score_many([turns])[0]

    def score_many(self, conversations: Iterable[Sequence[Turn]]) -> list[Scored]:
        """Score conversations in their order; quicker than one by one."""
        return list(self.score_stream(conversations))

    def score_stream(self, conversations: Iterable[Sequence[Turn]]) -> Iterator[Scored]:
        """Score conversations one after another with memory for one batch only."""
        for batch in _batches(conversations):
            read = self.kernel.read([turn.text for turns in batch for turn in turns])
            start = 0
            for turns in batch:
                part = slice(start, start := start + len(turns))
                yield self._scored(turns, read.products[part], read.counts[part])

    def window_probabilities(self, turns: Sequence[Turn]) -> np.ndarray:
        """Judge the last 50 messages with words after each such message, [m] for m of them; nan where it abstains.

        For early detection (Vogt et al. 2021): what the technique would have said at that moment.
        """
        read = self.kernel.read([turn.text for turn in turns])
        places = np.flatnonzero(read.counts[:, WORDS] > 0)
        said = [turns[place] for place in places.tolist()]
        products, counts = read.products[places], read.counts[places]
        found = np.full(len(said), np.nan)
        facts, scale = facts_of(said, every=True), self.classifier.scale
        for last in range(1, len(said) + 1):
            part = slice(max(0, last - WINDOW), last)
            state = ConversationState.of(Messages(1, products[part], counts[part], facts[part], scale))
            judgement = self.judge(state)
            if judgement.probability is not None:
                found[last - 1] = judgement.probability
        return found

    def _state(
        self,
        turns: Sequence[Turn],
        products: np.ndarray,
        counts: np.ndarray,
        first: int = 1,
        after: ConversationState | None = None,
    ) -> tuple[ConversationState, np.ndarray]:
        rater, scale = self.rater, self.classifier.scale
        return ConversationState.read(
            first, products, counts, facts_of(turns), scale, rater.scales, rater.intercepts, after
        )

    def _scored(self, turns: Sequence[Turn], products: np.ndarray, counts: np.ndarray) -> Scored:
        state, ratings = self._state(turns, products, counts)
        judgement = self.judge(state, identify=lambda: identify([turn.text for turn in turns]))
        return Scored(judgement, state, turns, products[:, 0], ratings, self.rater.keys)


def _batches(conversations: Iterable[Sequence[Turn]]) -> Iterator[list[Sequence[Turn]]]:
    """Group whole conversations until a batch holds `BATCH_MESSAGES` messages or more."""
    batch: list[Sequence[Turn]] = []
    size = 0
    for turns in conversations:
        batch.append(turns)
        size += len(turns)
        if size >= BATCH_MESSAGES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
