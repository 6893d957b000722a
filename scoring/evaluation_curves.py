"""Figures over all thresholds at once: areas under the curves, recall at fixed false-positive rates, and their
intervals when groups of senders are drawn again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scoring.evaluation_estimates import Figure, drawn_figure, not_available, ratio, wilson_by_groups
from scoring.evaluation_resampling import Resampling, percentiles
from scoring.intervals import clean_needed

RATES = (1e-2, 1e-3, 1e-4)
RECALL = 0.90
POINTS = 60

WIDER = "the wider of wilson and bootstrap by groups of senders"
BOTH_KINDS = "it takes positive and benign conversations, and one kind is missing"


@dataclass(frozen=True)
class Curve:
    """Labels [n], 0 or 1, and scores [n].

    Of the distinct scores only those are kept where the curves turn: those that positive conversations have, the
    ones just before them, and the last. Between them one count alone grows, so no area and no rate is lost.
    """

    labels: np.ndarray
    scores: np.ndarray

    @cached_property
    def order(self) -> np.ndarray:
        return np.argsort(-self.scores, kind="stable")

    @cached_property
    def ends(self) -> np.ndarray:
        """Places, in order, of the last conversation of each score that is kept."""
        ordered = self.scores[self.order]
        ends = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
        gained = np.diff(np.cumsum(self.labels[self.order] == 1)[ends], prepend=0) > 0
        before = np.append(gained[1:], True)
        return np.asarray(ends[gained | before])

    @property
    def thresholds(self) -> np.ndarray:
        return np.asarray(self.scores[self.order][self.ends])

    @cached_property
    def observed(self) -> "CurveCounts":
        return self.counts(np.ones((1, self.labels.size), dtype=np.uint8))

    def drawn(self, resampling: Resampling) -> Iterator["CurveCounts"]:
        """Yield the counts of the draws, a few draws at a time."""
        return map(self.counts, resampling.weights(self.order))

    def counts(self, ordered: np.ndarray) -> "CurveCounts":
        """Return the counts where conversations, from high to low score, stand as often as `ordered` [draws, n]."""
        starts = np.append(0, self.ends[:-1] + 1)
        positive = ordered * (self.labels[self.order] == 1)
        every, true = (
            np.cumsum(np.add.reduceat(each, starts, axis=1, dtype=np.int64), axis=1)
            for each in (ordered, positive)
        )
        return CurveCounts(true, every - true)


@dataclass(frozen=True)
class CurveCounts:
    """Positive and benign conversations at or over each threshold, from high to low, [draws, thresholds]."""

    true: np.ndarray
    false: np.ndarray

    @cached_property
    def recall(self) -> np.ndarray:
        return ratio(self.true, np.broadcast_to(self.true[:, -1:], self.true.shape))

    @cached_property
    def false_rate(self) -> np.ndarray:
        return ratio(self.false, np.broadcast_to(self.false[:, -1:], self.false.shape))

    @cached_property
    def precision(self) -> np.ndarray:
        return ratio(self.true, self.true + self.false)

    def average_precision(self) -> np.ndarray:
        """Σ (R_i − R_{i−1}) P_i over the distinct scores, as scikit-learn has it, [draws]."""
        gained = np.diff(self.recall, axis=1, prepend=0)
        return np.asarray((gained * np.nan_to_num(self.precision)).sum(axis=1))

    def roc_area(self) -> np.ndarray:
        """The area under recall over false-positive rate by trapezoids, [draws]."""
        recall = np.concatenate([np.zeros((len(self.true), 1)), self.recall], axis=1)
        width = np.diff(self.false_rate, axis=1, prepend=0)
        return np.asarray((width * (recall[:, 1:] + recall[:, :-1]) / 2).sum(axis=1))

    def recall_at(self, rate: float) -> np.ndarray:
        """The highest recall whose false-positive rate is at most `rate`, [draws]."""
        kept = np.where(self.false_rate <= rate, self.recall, 0.0)
        defined = (self.true[:, -1] > 0) & (self.false[:, -1] > 0)
        return np.where(defined, kept.max(axis=1), np.nan)

    def false_rate_at(self, recall: float) -> np.ndarray:
        """The false-positive rate at the highest threshold whose recall is at least `recall`, [draws]."""
        place = (self.recall >= recall).argmax(axis=1)
        return np.asarray(self.false_rate[np.arange(len(place)), place])


def curve_figures(curve: Curve, resampling: Resampling) -> dict[str, Any]:
    """Return areas, recall at fixed false-positive rates and the points of the curves, for one set of
    conversations; each figure chooses its threshold anew in each draw.
    """
    positive, benign = int((curve.labels == 1).sum()), int((curve.labels == 0).sum())
    if not positive or not benign:
        missing = not_available(BOTH_KINDS)
        rates = [{"rate": rate} | missing for rate in RATES]
        return {"pr_auc": missing, "roc_auc": missing, "recall_at": rates, "points": []}
    found = _with_draws(curve, resampling, _readings(benign))
    rates = [
        {"rate": rate, "clean_needed": clean_needed(rate)}
        | (found.get(str(rate)) or not_available(_too_few(rate, benign)))
        for rate in RATES
    ]
    areas = {"pr_auc": found["pr_auc"], "roc_auc": found["roc_auc"]}
    return areas | {"recall_at": rates, "points": points(curve)}


Reading = Callable[[CurveCounts], np.ndarray]


def _readings(benign: int) -> dict[str, Reading]:
    readings: dict[str, Reading] = {
        "pr_auc": CurveCounts.average_precision,
        "roc_auc": CurveCounts.roc_area,
    }
    for rate in RATES:
        if benign * rate >= 1 - 1e-9:
            readings[str(rate)] = lambda counts, rate=rate: counts.recall_at(rate)  # type: ignore[misc]
    return readings


def _with_draws(curve: Curve, resampling: Resampling, readings: Mapping[str, Reading]) -> dict[str, Figure]:
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in readings}
    for counts in curve.drawn(resampling):
        for name, read in readings.items():
            drawn[name].append(read(counts))
    return {
        name: drawn_figure(float(read(curve.observed)[0]), np.concatenate(drawn[name]))
        for name, read in readings.items()
    }


def _too_few(rate: float, benign: int) -> str:
    return (
        f"{benign:,} benign conversations were judged; one false flag among them is already more than "
        f"1 in {round(1 / rate):,}"
    )


def false_rate_at_recall(curve: Curve, resampling: Resampling, recall: float = RECALL) -> Figure:
    """Return the false-positive rate at the highest threshold that flags `recall` of the positive ones.

    The threshold is read from the positive conversations alone, which are not those whose rate is reported; in
    each draw it is read anew. The interval is the wider of those draws and of Wilson's at the threshold.
    """
    benign = curve.labels == 0
    if not (curve.labels == 1).any() or not benign.any():
        return not_available(BOTH_KINDS)
    place = int((curve.observed.recall[0] >= recall).argmax())
    groups = resampling.part(benign).count()
    fixed = wilson_by_groups(int(curve.observed.false[0, place]), int(benign.sum()), groups)
    drawn = percentiles(
        np.concatenate([counts.false_rate_at(recall) for counts in curve.drawn(resampling)])
    ) or (1.0, 0.0)
    return fixed | {
        "lower": min(fixed["lower"], drawn[0]),
        "upper": max(fixed["upper"], drawn[1]),
        "interval": WIDER,
        "threshold": float(curve.thresholds[place]),
    }


def points(curve: Curve) -> list[dict[str, float]]:
    """Return up to 60 points of the curves, evenly over the recall and over the logarithm of the false rate."""
    counts = curve.observed
    chosen = _thinned(counts.recall[0], counts.false[0])
    rows = zip(
        curve.thresholds[chosen],
        counts.recall[0][chosen],
        counts.precision[0][chosen],
        counts.false_rate[0][chosen],
        strict=True,
    )
    return [
        dict(zip(("threshold", "recall", "precision", "false_rate"), map(float, row), strict=True))
        for row in rows
    ]


def _thinned(recall: np.ndarray, false: np.ndarray) -> np.ndarray:
    """The first threshold that reaches each of 30 recalls, and the last one at each of 30 counts of false flags."""
    steps = np.linspace(0, 1, POINTS // 2)
    by_recall = [int((recall >= step).argmax()) for step in steps]
    limits = np.unique(np.geomspace(1, max(1, false[-1]), POINTS // 2 - 1).round())
    by_false = [int(np.flatnonzero(false <= limit)[-1]) for limit in (0, *limits) if (false <= limit).any()]
    return np.unique([*by_recall, *by_false, recall.size - 1])
