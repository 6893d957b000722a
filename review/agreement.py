"""Krippendorff's alpha: how far people who judged the same cases agree beyond chance, with its uncertainty.

Nominal data, any number of raters, missing values allowed (Krippendorff 2011, “Computing Krippendorff's
Alpha-Reliability”). Only units that two people or more judged say anything of agreement. Never for one person.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROUNDS = 2_000
LEAST_UNITS = 10  # an interval of fewer would pretend to know

Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """`alpha` is None where nothing can be said: fewer than two judgements anywhere, or one and the same value only."""

    alpha: float | None
    lower: float | None
    upper: float | None
    units: int
    judgements: int


def agreement(units: Iterable[Sequence[Hashable]], *, seed: int = 1) -> Agreement:
    """Alpha with a 95 % bootstrap interval; a unit is what the raters said of one case, missing values left out."""
    counts = count_values(units)
    interval = _bootstrap(counts, seed) if len(counts) >= LEAST_UNITS else (None, None)
    return Agreement(alpha_of(counts), *interval, units=len(counts), judgements=int(counts.sum()))


def count_values(units: Iterable[Sequence[Hashable]]) -> Counts:
    """(units, values): how often each value was given; units with fewer than two judgements are left out."""
    paired = [unit for unit in units if len(unit) > 1]
    place = {value: column for column, value in enumerate(dict.fromkeys(v for unit in paired for v in unit))}
    counts = np.zeros((len(paired), len(place)))
    for row, unit in enumerate(paired):
        for value in unit:
            counts[row, place[value]] += 1
    return counts


def alpha_of(counts: Counts) -> float | None:
    """1 − (n − 1) Σ_u Σ_{c≠k} n_uc n_uk / (m_u − 1) / Σ_{c≠k} n_c n_k; None where no two values differ."""
    total, by_value = counts.sum(), counts.sum(axis=0)
    expected = total**2 - (by_value**2).sum()
    if expected == 0:
        return None
    return float(1 - (total - 1) * _disagreement(counts).sum() / expected)


def _disagreement(counts: Counts) -> Counts:
    """Of each unit: its pairs of unlike judgements, over the judgements that each could be paired with."""
    size = counts.sum(axis=1)
    pairs: Counts = (size**2 - (counts**2).sum(axis=1)) / (size - 1)
    return pairs


def _bootstrap(counts: Counts, seed: int) -> tuple[float | None, float | None]:
    """The middle 95 % of the alphas of units drawn with replacement. Like units are drawn together, so the work does
    not grow with their number. A draw in which all values are alike says nothing and does not count."""
    alike, times = np.unique(counts, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(counts), times / len(counts), size=ROUNDS)
    by_value = drawn @ alike
    total = by_value.sum(axis=1)
    expected = total**2 - (by_value**2).sum(axis=1)
    telling = expected > 0
    if not telling.any():
        return None, None
    observed = (drawn @ _disagreement(alike))[telling]
    alphas = 1 - (total[telling] - 1) * observed / expected[telling]
    lower, upper = np.quantile(alphas, [0.025, 0.975])
    return float(lower), float(upper)
