"""Says whether two distributions are of one kind: the population stability index, in numbers and in words.

Index and convention: Siddiqi, Credit Risk Scorecards (Wiley 2006); under 0.1 stable, to 0.25 moved, over it drifted.
What chance alone gives: Yurdakul and Naranjo, Statistical properties of the population stability index, Journal of
Risk Model Validation 14:4 (2020).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, log

from scipy.stats import chi2

# Narrow where benign conversations lie, and with a boundary at each threshold that a policy is likely to have.
SCORE_EDGES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
MOVED, DRIFTED = 0.1, 0.25
# A bin that is empty on one side would make the index infinite.
ADDED_TO_EACH_BIN = 0.5
CERTAINTY = 0.95


class Verdict(StrEnum):
    STABLE = "stable"
    MOVED = "moved"
    DRIFTED = "drifted"
    TOO_FEW = "too few to tell"
    NOTHING = "nothing to compare with"


@dataclass(frozen=True)
class Stability:
    """An index and what it means; where there is none, `verdict` says why and `needed` how many it would take."""

    verdict: Verdict
    index: float | None = None
    counted: int = 0
    needed: int | None = None

    @property
    def is_told(self) -> bool:
        return self.index is not None


def bin_of(value: float, edges: Sequence[float]) -> int:
    """Return the place of the bin [lower, upper) that holds `value`; the last one holds its upper edge too."""
    return max(0, min(bisect_right(edges, value) - 1, len(edges) - 2))


def stability_index(expected: Sequence[float], observed: Sequence[float]) -> float:
    """Return Σ (o - e)·ln(o / e) over the shares of the bins; 0 for equal distributions, symmetric, unbounded."""
    wanted, seen = _shares(expected), _shares(observed)
    return sum((o - e) * log(o / e) for e, o in zip(wanted, seen, strict=True))


def needed(expected: float, bins: int) -> int | None:
    """Return how many observations it takes until chance alone stays under MOVED in 95 of 100 weeks; None if the
    `expected` side, with its number of observations, is itself too small for any answer.

    Without drift the index over (1/n + 1/m) is near to χ² with bins - 1 degrees of freedom.
    """
    room = MOVED / float(chi2.ppf(CERTAINTY, bins - 1)) - (1 / expected if expected > 0 else float("inf"))
    return ceil(1 / room) if room > 0 else None


def compare(expected: Sequence[float], observed: Sequence[float]) -> Stability:
    """Compare the counts of equal bins; says nothing where chance alone could have moved them."""
    counted, least = int(sum(observed)), needed(sum(expected), len(expected))
    if least is None:
        return Stability(Verdict.NOTHING, counted=counted)
    if counted < least:
        return Stability(Verdict.TOO_FEW, counted=counted, needed=least)
    index = stability_index(expected, observed)
    return Stability(verdict_of(index), index, counted, least)


def compare_shares(expected: float, observed: float, *, enough: Stability) -> Stability:
    """Compare two shares as distributions of two bins, where `enough` (of the same conversations) can be told."""
    if not enough.is_told:
        return Stability(enough.verdict, counted=enough.counted, needed=enough.needed)
    wanted, seen = _inside(expected), _inside(observed)
    index = (seen - wanted) * (log(seen / wanted) - log((1 - seen) / (1 - wanted)))
    return Stability(verdict_of(index), index, enough.counted, enough.needed)


def verdict_of(index: float) -> Verdict:
    if index > DRIFTED:
        return Verdict.DRIFTED
    return Verdict.MOVED if index >= MOVED else Verdict.STABLE


def _shares(counts: Sequence[float]) -> list[float]:
    raised = [count + ADDED_TO_EACH_BIN for count in counts]
    return [count / sum(raised) for count in raised]


def _inside(share: float) -> float:
    return min(max(share, 0.001), 0.999)
