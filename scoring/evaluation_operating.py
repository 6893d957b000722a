"""Where a line is drawn and what it gives: thresholds fixed beforehand, or chosen on conversations whose senders
are not among those reported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.evaluation_estimates import Counted
from scoring.evaluation_facts import Facts
from scoring.evaluation_resampling import Resampling

BETA = 0.5
WAYS = ("left_out", "not_flagged")

FIXED = "fixed before the evaluation"
SUGGESTED = "suggested by the model for the best F0.5, chosen in training on conversations that no part of it had seen"
CHOSEN_APART = "chosen for the best F0.5 on the other folds, whose senders are not in the fold reported"


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold for each fold; `thresholds` [N] is the one that holds for each conversation."""

    key: str
    label: str
    chosen: str
    by_fold: tuple[float, ...]
    thresholds: np.ndarray

    def flagged(self, scores: np.ndarray) -> np.ndarray:
        """Return which conversations are at or over their threshold, [N]; never one without a score."""
        return np.nan_to_num(scores, nan=-np.inf) >= self.thresholds


def fixed_point(threshold: float, size: int) -> OperatingPoint:
    """Draw the line at one threshold that nobody chose by looking."""
    return OperatingPoint("fixed", f"{threshold:g}", FIXED, (threshold,), np.full(size, threshold))


def suggested_point(facts: Facts, suggestions: Sequence[float]) -> OperatingPoint:
    """Draw the line where the model says, or each fold's model for its fold."""
    thresholds = np.array(suggestions)[
        facts.folds if len(suggestions) > 1 else np.zeros(facts.size, dtype=int)
    ]
    return OperatingPoint("suggested", "the model's own", SUGGESTED, tuple(suggestions), thresholds)


def best_point(facts: Facts, scores: np.ndarray, scope: np.ndarray, *, otherwise: float) -> OperatingPoint:
    """Choose for each fold the threshold with the best F0.5 on the other folds' conversations of `scope`;
    `otherwise` where they do not hold both kinds.
    """
    usable = scope & (facts.labels >= 0) & np.isfinite(scores)
    folds = range(int(facts.folds.max()) + 1)
    found = [
        best_threshold(facts.labels[chosen], scores[chosen], otherwise=otherwise)
        for chosen in (usable & (facts.folds != fold) for fold in folds)
    ]
    return OperatingPoint("best_f05", "best F0.5", CHOSEN_APART, tuple(found), np.array(found)[facts.folds])


def best_threshold(labels: np.ndarray, scores: np.ndarray, *, otherwise: float, beta: float = BETA) -> float:
    """Return the threshold with the highest F_β, halfway to the next lower score, so that it does not rest on
    one conversation's exact score.
    """
    if not (labels == 1).any() or not (labels == 0).any():
        return otherwise
    order = np.argsort(-scores, kind="stable")
    ordered, true = scores[order], np.cumsum(labels[order] == 1)
    ends = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    reached = (1 + beta**2) * true[ends] / (beta**2 * true[-1] + ends + 1)
    best = int(reached.argmax())
    lower = ordered[ends[best + 1]] if best + 1 < ends.size else ordered[ends[best]]
    return float((ordered[ends[best]] + lower) / 2)


def figures_at(
    points: Sequence[OperatingPoint],
    facts: Facts,
    scores: np.ndarray,
    scope: np.ndarray,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Return precision, recall, F1, F0.5 and false-positive rate at each point over the labelled conversations
    of `scope`, with abstentions left out and, again, counted as not flagged.
    """
    columns: dict[str, np.ndarray] = {}
    for point in points:
        for way in WAYS:
            columns |= _columns(f"{point.key}:{way}", point, way, facts, scores, scope)
    counted = Counted.of(resampling, columns)
    return [
        _described(point) | {way: _figures(counted, f"{point.key}:{way}") for way in WAYS} for point in points
    ]


def _columns(
    prefix: str, point: OperatingPoint, way: str, facts: Facts, scores: np.ndarray, scope: np.ndarray
) -> dict[str, np.ndarray]:
    base = scope & (facts.labels >= 0)
    base = base & np.isfinite(scores) if way == "left_out" else base
    flagged, positive = point.flagged(scores), facts.labels == 1
    return {
        f"{prefix}:true": base & flagged & positive,
        f"{prefix}:false": base & flagged & ~positive,
        f"{prefix}:flagged": base & flagged,
        f"{prefix}:positive": base & positive,
        f"{prefix}:benign": base & ~positive,
    }


def _figures(counted: Counted, prefix: str) -> dict[str, Any]:
    true, false, flagged, positive, benign = (
        f"{prefix}:{name}" for name in ("true", "false", "flagged", "positive", "benign")
    )
    return {
        "precision": counted.share(true, flagged),
        "recall": counted.share(true, positive),
        "false_rate": counted.share(false, benign),
        "f1": counted.f_beta(true, flagged, positive, 1),
        "f05": counted.f_beta(true, flagged, positive, BETA),
    }


def _described(point: OperatingPoint) -> dict[str, Any]:
    return {"key": point.key, "label": point.label, "chosen": point.chosen, "thresholds": list(point.by_fold)}
