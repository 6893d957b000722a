"""The whole technique as one object: turns in; ratings, contributions and a calibrated probability out; no
database, no clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from scoring.abstention import reason_to_abstain
from scoring.classifier import Classifier
from scoring.features import message_vectors
from scoring.model_file import ModelFileError, read_model_file, write_model_file
from scoring.rater import Rater
from scoring.text import normalised_text

__all__ = ["Band", "MessageRating", "Model", "ModelFileError", "Scored", "Turn", "band"]

BATCH_MESSAGES = 2_000

Band = Literal["low", "medium", "high", "imminent"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as the technique sees it; `sent_at` has a zone or is None where the source has no times."""

    id: str
    sender: str
    sent_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class MessageRating:
    """What one message added to the logit, and its rating from 0 to 1 on each trained characteristic."""

    id: str
    contribution: float
    ratings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Scored:
    """The result for one conversation.

    `probability` is None exactly where `abstained` names a reason; then `logit` is None, and there are no
    characteristics and no messages. Otherwise `base` plus the contributions of all messages is `logit`, and
    `probability` is a monotone map of it. The characteristics are sorted from high to low
    (`Rater.rate_conversation`).
    """

    probability: float | None
    abstained: str | None
    logit: float | None
    characteristics: tuple[tuple[str, float], ...]
    messages: tuple[MessageRating, ...]
    base: float = 0.0


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
    """A trained technique; `weights` is [buckets, 1 + K], the conversation head first. `header` is its
    description.
    """

    header: dict[str, Any]
    classifier: Classifier
    rater: Rater
    weights: np.ndarray = field(repr=False)

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

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the model's file, in hexadecimal."""
        return sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_header(cls, header: dict[str, Any], weights: np.ndarray) -> "Model":
        """Build a model from a header as in `model_file` and float32 weights, [buckets, 1 + K]."""
        weights = np.ascontiguousarray(weights, dtype=np.float64)
        rater = Rater(
            tuple(header["heads"]), weights[:, 1:], np.array(header["head_intercepts"], dtype=np.float64)
        )
        return cls(header, Classifier.from_header(header["classifier"], weights[:, 0]), rater, weights)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Read a model file. Raises ModelFileError, in words, if it is damaged or not of this form."""
        return cls.from_header(*read_model_file(data))

    def to_bytes(self) -> bytes:
        """Return the model file: the same model gives the same bytes."""
        return write_model_file(self.header, self.weights)

    def score(self, turns: Sequence[Turn]) -> Scored:
        """Score one conversation; equal to the same conversation in any batch."""
        return self.score_many([turns])[0]

    def score_many(self, conversations: Iterable[Sequence[Turn]]) -> list[Scored]:
        """Score conversations in their order; quicker than one by one."""
        return list(self.score_stream(conversations))

    def score_stream(self, conversations: Iterable[Sequence[Turn]]) -> Iterator[Scored]:
        """Score conversations one after another with memory for one batch only."""
        for batch in _batches(conversations):
            texts = [[normalised_text(turn.text) for turn in turns] for turns in batch]
            reasons = [reason_to_abstain(own, self.header["languages"]) for own in texts]
            judged = [
                text for own, reason in zip(texts, reasons, strict=True) if reason is None for text in own
            ]
            products, lengths = self._products(judged)
            yield from self._pooled(batch, reasons, products, lengths)

    def _products(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        products = np.empty((len(texts), self.weights.shape[1]))
        lengths = np.empty(len(texts))
        for start in range(0, len(texts), BATCH_MESSAGES):
            part = slice(start, start + BATCH_MESSAGES)
            vectors, lengths[part] = message_vectors(texts[part])
            products[part] = vectors @ self.weights
        return products, lengths

    def _pooled(
        self,
        batch: list[Sequence[Turn]],
        reasons: list[str | None],
        products: np.ndarray,
        lengths: np.ndarray,
    ) -> Iterator[Scored]:
        start = 0
        for turns, reason in zip(batch, reasons, strict=True):
            if reason is not None:
                yield Scored(None, reason, None, (), ())
                continue
            part = slice(start, start := start + len(turns))
            yield self._scored(turns, products[part], lengths[part])

    def _scored(self, turns: Sequence[Turn], products: np.ndarray, lengths: np.ndarray) -> Scored:
        contributions = self.classifier.contributions(
            products[:, 0], lengths, [turn.sender for turn in turns]
        )
        ratings = self.rater.rate(products[:, 1:]) * (lengths > 0)[:, None]
        logit = self.classifier.intercept + float(contributions.sum())
        return Scored(
            probability=self.classifier.calibration.probability(logit),
            abstained=None,
            logit=logit,
            characteristics=self.rater.rate_conversation(products[lengths > 0, 1:]),
            messages=_message_ratings(turns, contributions, self.rater.keys, ratings),
            base=self.classifier.intercept,
        )


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


def _message_ratings(
    turns: Sequence[Turn], contributions: np.ndarray, keys: tuple[str, ...], ratings: np.ndarray
) -> tuple[MessageRating, ...]:
    rows = zip(turns, contributions.tolist(), ratings.tolist(), strict=True)
    return tuple(
        MessageRating(turn.id, given, dict(zip(keys, row, strict=True))) for turn, given, row in rows
    )
