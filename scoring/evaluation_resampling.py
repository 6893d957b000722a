"""Draws the evaluated conversations again, by groups that share senders, to learn how much a figure would vary.

Conversations of one account resemble each other, so whole groups are drawn with replacement, never single
conversations (cluster bootstrap; Cameron, Gelbach, Miller 2008). The same seed gives the same draws.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

DRAWS = 1_000
FEWER_DRAWS = 500
MANY_CONVERSATIONS = 50_000
PER_PART = 25
MOST_KEPT = 40_000_000
LOWER, UPPER = 2.5, 97.5
MOST_UNDEFINED = 0.05


@dataclass(frozen=True)
class Resampling:
    """Groups of conversations to draw from: `groups` [n] gives each conversation's group, 0 to G − 1."""

    groups: np.ndarray
    draws: int
    seed: int

    @classmethod
    def of(cls, groups: np.ndarray, *, seed: int) -> "Resampling":
        """Number the groups and choose 1,000 draws, or 500 for more than 50,000 conversations."""
        numbered = np.unique(groups, return_inverse=True)[1]
        return cls(numbered, DRAWS if groups.size <= MANY_CONVERSATIONS else FEWER_DRAWS, seed)

    @cached_property
    def count(self) -> int:
        """G, the number of groups."""
        return int(self.groups.max()) + 1 if self.groups.size else 0

    def parts(self) -> Iterator[np.ndarray]:
        """Yield how often each group was drawn, [≤ 25, G] at a time, until all draws are made."""
        yield from self._kept if self.draws * self.count <= MOST_KEPT else self._drawn()

    @cached_property
    def _kept(self) -> list[np.ndarray]:
        return list(self._drawn())

    def _drawn(self) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        for start in range(0, self.draws, PER_PART):
            size = min(PER_PART, self.draws - start)
            drawn = (
                rng.integers(self.count, size=(size, self.count)) if self.count else np.zeros((size, 0), int)
            )
            counts = [np.bincount(row, minlength=self.count) for row in drawn]
            yield np.stack(counts).astype(np.uint16)

    def sums(self, columns: np.ndarray | sparse.spmatrix) -> np.ndarray:
        """Return the sum of each column of [n, m] over the conversations of each draw, [draws, m]."""
        by_group = self._by_group(sparse.csr_array(columns, dtype=float))
        if not self.count:
            return np.zeros((self.draws, by_group.shape[1]))
        return np.concatenate([(by_group.T @ part.T.astype(float)).T for part in self.parts()])

    def touched(self, columns: np.ndarray | sparse.spmatrix) -> np.ndarray:
        """Return over how many groups the non-zero entries of each column of [n, m] are spread, [m]."""
        by_group = self._by_group(sparse.csr_array(columns, dtype=float))
        return np.bincount(by_group.nonzero()[1], minlength=by_group.shape[1])

    def _by_group(self, columns: sparse.csr_array) -> sparse.csr_array:
        size = self.groups.size
        gather = sparse.csr_array((np.ones(size), (self.groups, np.arange(size))), shape=(self.count, size))
        return sparse.csr_array(gather @ columns)


def percentiles(drawn: np.ndarray) -> tuple[float, float] | None:
    """Return the 2.5th and 97.5th percentile of a figure's draws; None where over 5 % of them are undefined."""
    defined = drawn[np.isfinite(drawn)]
    if defined.size < (1 - MOST_UNDEFINED) * drawn.size or not defined.size:
        return None
    lower, upper = np.percentile(defined, [LOWER, UPPER])
    return float(lower), float(upper)
