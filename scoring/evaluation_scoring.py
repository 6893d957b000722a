"""Runs conversations through a model once and lets each measure take from the result what it needs."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from scoring.evaluation_corpora import Corpora, Record
from scoring.pipeline import Model, Scored, Turn


@dataclass(frozen=True, slots=True)
class Judged:
    """One conversation with its score; `index` is its place in the evaluation."""

    index: int
    record: Record
    turns: Sequence[Turn]
    scored: Scored


class Measure(Protocol):
    """Takes a few numbers from each judged conversation; `end` comes after the last one of a model."""

    def add(self, judged: Judged, model: Model) -> None: ...

    def end(self, model: Model) -> None: ...


def turns_of(record: Record) -> tuple[Turn, ...]:
    """Return the messages of a labelled record as the technique sees them."""
    return tuple(
        Turn(message["id"], message["sender"], _moment(message.get("sent_at")), message["text"])
        for message in record["messages"]
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def score(model: Model, corpora: Corpora, chosen: Callable[[int], bool], measures: Sequence[Measure]) -> None:
    """Score the chosen conversations as a stream, and give each to all measures."""
    waiting: deque[tuple[int, Record, Sequence[Turn]]] = deque()

    def turns() -> Iterator[Sequence[Turn]]:
        for index, (_, record) in enumerate(corpora.records()):
            if chosen(index):
                waiting.append((index, record, turns_of(record)))
                yield waiting[-1][2]

    for scored in model.score_stream(turns()):
        judged = Judged(*waiting.popleft(), scored)
        for measure in measures:
            measure.add(judged, model)
    for measure in measures:
        measure.end(model)


class Probabilities:
    """The probability of each conversation, [N], nan where the model abstained; `reasons` counts why."""

    def __init__(self, size: int) -> None:
        self.probabilities = np.full(size, np.nan)
        self.reasons: dict[str, np.ndarray] = {}

    def add(self, judged: Judged, model: Model) -> None:
        if judged.scored.probability is not None:
            self.probabilities[judged.index] = judged.scored.probability
            return
        reason = judged.scored.abstained or "unknown"
        mask = self.reasons.setdefault(reason, np.zeros(self.probabilities.size, dtype=bool))
        mask[judged.index] = True

    def end(self, model: Model) -> None:
        """Nothing is held back."""
