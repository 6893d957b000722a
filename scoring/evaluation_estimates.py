"""Figures with their uncertainty: counts of conversations, as observed and as drawn again, made into shares and
F_β, each with the interval that suits it and the name of the way it was found.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scoring.evaluation import f_beta
from scoring.evaluation_resampling import Resampling, percentiles
from scoring.intervals import share_with_interval

Figure = dict[str, Any]

WILSON = "wilson"
WILSON_OVER_GROUPS = "wilson over groups of senders"
BOOTSTRAP = "bootstrap by groups of senders"
FROM_PARTS = "from the intervals of precision and recall"
FEWEST_GROUPS = 10

NOTHING_COUNTED = "there is nothing to count"


def not_available(why: str) -> Figure:
    """Return a figure that does not exist, with the reason that a page prints in its place."""
    return {"value": None, "why": why}


@dataclass(frozen=True)
class Counted:
    """Named counts: `observed` [m], `drawn` [draws, m], and over how many groups of senders they are spread."""

    places: Mapping[str, int]
    observed: np.ndarray
    drawn: np.ndarray
    groups: np.ndarray

    @classmethod
    def of(cls, resampling: Resampling, columns: Mapping[str, np.ndarray]) -> "Counted":
        """Count the conversations that each mask [n] chooses."""
        table = _table(list(columns.values()), resampling.groups.size)
        places = {name: place for place, name in enumerate(columns)}
        observed = np.asarray(table.sum(axis=0)).ravel()
        return cls(places, observed, resampling.sums(table), resampling.touched(table))

    def __getitem__(self, name: str) -> int:
        return round(float(self.observed[self.places[name]]))

    def draws_of(self, name: str) -> np.ndarray:
        return np.asarray(self.drawn[:, self.places[name]])

    def share(self, part: str, whole: str) -> Figure:
        """Return part/whole: Wilson's interval where each conversation counted has senders of its own.

        Elsewhere groups are drawn again. That says nothing where no or every conversation counts, and little
        with under 10 groups: there Wilson's interval is taken over so many groups instead of conversations.
        """
        return share_figure(
            self[part],
            self[whole],
            int(self.groups[self.places[whole]]),
            lambda: ratio(self.draws_of(part), self.draws_of(whole)),
        )

    def f_beta(self, true: str, flagged: str, positive: str, beta: float) -> Figure:
        """Return F_β of the counts, with draws for its interval."""
        value = f_beta_of_counts(self[true], self[flagged], self[positive], beta)
        if value is None:
            return not_available(NOTHING_COUNTED)
        found = percentiles(self.f_beta_draws(true, flagged, positive, beta))
        if found and found[0] < found[1]:
            return {"value": value, "lower": found[0], "upper": found[1], "interval": BOOTSTRAP}
        return {"value": value} | self._from_parts(true, flagged, positive, beta)

    def f_beta_draws(self, true: str, flagged: str, positive: str, beta: float) -> np.ndarray:
        """Return F_β of each draw, [draws]."""
        return f_beta_draws(self.draws_of(true), self.draws_of(flagged), self.draws_of(positive), beta)

    def _from_parts(self, true: str, flagged: str, positive: str, beta: float) -> Figure:
        """Every draw gave the same: the ends of precision's and recall's intervals say more."""
        precision, recall = self.share(true, flagged), self.share(true, positive)
        if precision["value"] is None or recall["value"] is None:
            return {"lower": 0.0, "upper": 1.0, "interval": FROM_PARTS}
        ends = {end: f_beta(precision[end], recall[end], beta) for end in ("lower", "upper")}
        return ends | {"interval": FROM_PARTS}

    def difference(self, one: tuple[str, str], other: tuple[str, str]) -> Figure:
        """Return the difference of two shares, each given as (part, whole), drawn together."""
        if not self[one[1]] or not self[other[1]]:
            return not_available(NOTHING_COUNTED)
        value = self[one[0]] / self[one[1]] - self[other[0]] / self[other[1]]
        drawn = [ratio(self.draws_of(part), self.draws_of(whole)) for part, whole in (one, other)]
        return drawn_figure(value, drawn[0] - drawn[1])


def _table(masks: list[np.ndarray], size: int) -> sparse.csc_array:
    """The masks as sparse columns, [n, m]: most choose few conversations."""
    chosen = [np.flatnonzero(mask) for mask in masks]
    starts = np.cumsum([0, *(own.size for own in chosen)])
    rows = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.int64)
    return sparse.csc_array((np.ones(rows.size), rows, starts), shape=(size, len(masks)))


def share_figure(part: int, whole: int, groups: int, draws: Callable[[], np.ndarray]) -> Figure:
    """Return a share with the interval that suits it (see `Counted.share`); `draws` gives the share drawn again."""
    if not whole:
        return not_available(NOTHING_COUNTED)
    fixed = wilson_by_groups(part, whole, groups)
    if groups >= whole or part in (0, whole) or groups < FEWEST_GROUPS:
        return fixed
    found = percentiles(draws())
    return fixed | {"lower": found[0], "upper": found[1], "interval": BOOTSTRAP} if found else fixed


def wilson_by_groups(part: int, whole: int, groups: int) -> Figure:
    """Return a share with Wilson's interval, taken over the groups where they are fewer than what was counted."""
    independent = min(groups, whole)
    _, lower, upper = share_with_interval(part / whole * independent, independent) or (0.0, 0.0, 1.0)
    name = WILSON if independent == whole else WILSON_OVER_GROUPS
    return {
        "value": part / whole,
        "lower": lower,
        "upper": upper,
        "interval": name,
        "part": part,
        "whole": whole,
    }


def drawn_figure(value: float, drawn: np.ndarray) -> Figure:
    """Return a figure with the percentiles of its draws as interval; without one where draws say nothing: too few
    are defined, or all are the same.
    """
    found = percentiles(drawn)
    if found is None or found[0] == found[1]:
        return {"value": value, "lower": None, "upper": None, "interval": None}
    return {"value": value, "lower": found[0], "upper": found[1], "interval": BOOTSTRAP}


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part/whole, nan where the whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def f_beta_of_counts(true: float, flagged: float, positive: float, beta: float) -> float | None:
    """Return F_β = (1 + β²)·TP / (β²·positives + flagged); None where there is neither."""
    below = beta**2 * positive + flagged
    return (1 + beta**2) * true / below if below else None


def f_beta_draws(true: np.ndarray, flagged: np.ndarray, positive: np.ndarray, beta: float) -> np.ndarray:
    """Return F_β of each draw, nan where it is undefined."""
    return ratio((1 + beta**2) * true, beta**2 * positive + flagged)
