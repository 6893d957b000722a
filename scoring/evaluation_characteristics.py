"""Measures how well each characteristic is found in messages that people marked, in constant memory: ratings
are counted in steps of one ten-thousandth.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.characteristics import BY_KEY, READ_KEYS
from scoring.evaluation import f_beta
from scoring.evaluation_estimates import Figure, not_available, wilson_by_groups
from scoring.evaluation_scoring import Judged
from scoring.pipeline import MessageRating, Model

STEPS = 10_000
RATED_CLEAR = 0.5


class Ratings:
    """For each trained characteristic, how many messages got each rating, [2, steps + 1]: unmarked and marked.

    Only conversations whose messages people looked through (those with spans, be they empty) are counted.
    """

    def __init__(self) -> None:
        self.counts: dict[str, np.ndarray] = {}
        self.marked: Counter[str] = Counter()
        self.conversations = 0
        self.messages = 0
        self.unrated = 0

    def add(self, judged: Judged, model: Model) -> None:
        spans = judged.record.get("spans")
        if spans is None:
            return
        marks: dict[str, set[str]] = {}
        for span in spans:
            marks.setdefault(span["message"], set()).add(span["characteristic"])
        self.conversations += 1
        for keys in marks.values():
            self.marked.update(keys)
        self.unrated += len(judged.turns) - len(judged.scored.messages)
        self._count(judged.scored.messages, marks)

    def _count(self, messages: Sequence[MessageRating], marks: Mapping[str, set[str]]) -> None:
        """Count a conversation at once, one column a characteristic."""
        self.messages += len(messages)
        for key in messages[0].ratings if messages else ():
            steps = np.rint(np.array([own.ratings[key] for own in messages]) * STEPS).astype(np.int64)
            marked = np.array([key in marks.get(own.id, ()) for own in messages], dtype=np.int64)
            if key not in self.counts:
                self.counts[key] = np.zeros((2, STEPS + 1), dtype=np.int64)
            np.add.at(self.counts[key], (marked, steps), 1)

    def end(self, model: Model) -> None:
        """Nothing is held back."""


def average_precision(counts: np.ndarray) -> float | None:
    """Return Σ (R_i − R_{i−1}) P_i from counts [2, steps] of unmarked and marked ones; None without marked."""
    true, false = np.cumsum(counts[1, ::-1]), np.cumsum(counts[0, ::-1])
    if not true[-1]:
        return None
    precision = np.divide(true, true + false, out=np.zeros(true.size), where=(true + false) > 0)
    return float((np.diff(true, prepend=0) * precision).sum() / true[-1])


def characteristic_figures(ratings: Ratings) -> dict[str, Any]:
    """Return a row for each characteristic that is read from words; intervals take messages as independent."""
    if not ratings.conversations:
        return {"why": "not available: the corpus has no spans"}
    trained = [key for key in READ_KEYS if key in ratings.counts]
    return {
        "conversations": ratings.conversations,
        "messages": ratings.messages,
        "unrated": ratings.unrated,
        "rating": RATED_CLEAR,
        "rows": [_row(key, ratings) for key in trained],
        "untrained": [
            {"key": key, "label": BY_KEY[key].label, "marked": ratings.marked[key]}
            for key in READ_KEYS
            if key not in ratings.counts
        ],
    }


def _row(key: str, ratings: Ratings) -> dict[str, Any]:
    counts = ratings.counts[key]
    clear = counts[:, round(RATED_CLEAR * STEPS) :].sum(axis=1).tolist()
    marked, rated = int(counts[1].sum()), sum(clear)
    precision = wilson_by_groups(clear[1], rated, rated) if rated else not_available("none was rated so high")
    recall = wilson_by_groups(clear[1], marked, marked) if marked else not_available("none was marked")
    return {
        "key": key,
        "label": BY_KEY[key].label,
        "marked": marked,
        "average_precision": average_precision(counts),
        "precision": precision,
        "recall": recall,
        "f1": _f1(precision, recall),
    }


def _f1(precision: Figure, recall: Figure) -> float | None:
    if precision["value"] is None or recall["value"] is None:
        return None
    return f_beta(precision["value"], recall["value"], 1)
