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
MOST_KEPT = 100_000_000
LARGEST_BLOCK = 4_000_000
LOWER, UPPER = 2.5, 97.5
MOST_UNDEFINED = 0.05


@dataclass(frozen=True)
class Draws:
    """`number` draws of `groups` groups out of as many, with replacement."""

    groups: int
    number: int
    seed: int

    def parts(self) -> Iterator[np.ndarray]:
        """Yield how often each group was drawn, [≤ 25, groups] at a time, until all draws are made."""
        yield from self._kept if self.number * self.groups <= MOST_KEPT else self._made()

    @cached_property
    def _kept(self) -> list[np.ndarray]:
        return list(self._made())

    def _made(self) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(self.seed)
        for start in range(0, self.number, PER_PART):
            size = (min(PER_PART, self.number - start), self.groups)
            drawn = rng.integers(self.groups, size=size) if self.groups else np.zeros(size, dtype=int)
            counts = [np.bincount(row, minlength=self.groups) for row in drawn]
            # A group is drawn once on average, so 255 times never.
            yield np.stack(counts).astype(np.uint8)


@dataclass(frozen=True)
class Resampling:
    """N conversations with their draws: `groups` [N] gives each conversation's group."""

    groups: np.ndarray
    draws: Draws

    @classmethod
    def of(cls, groups: np.ndarray, *, seed: int) -> "Resampling":
        """Number the groups and make 1,000 draws, or 500 for more than 50,000 conversations."""
        distinct, numbered = np.unique(groups, return_inverse=True)
        number = DRAWS if groups.size <= MANY_CONVERSATIONS else FEWER_DRAWS
        return cls(numbered, Draws(distinct.size, number, seed))

    def part(self, mask: np.ndarray) -> "Resampling":
        """Return the chosen conversations with the same draws."""
        return Resampling(self.groups[mask], self.draws)

    def count(self) -> int:
        """Return over how many groups the conversations are spread."""
        return int(np.unique(self.groups).size)

    def weights(self, order: np.ndarray) -> Iterator[np.ndarray]:
        """Yield how often each conversation was drawn, in the order given, a few draws at a time."""
        block = max(1, LARGEST_BLOCK // max(1, order.size))
        places = self.groups[order]
        for part in self.draws.parts():
            for start in range(0, len(part), block):
                yield part[start : start + block][:, places]

    def sums(self, columns: np.ndarray | sparse.spmatrix) -> np.ndarray:
        """Return the sum of each column of [N, m] over the conversations of each draw, [draws, m]."""
        by_group = self._by_group(sparse.csr_array(columns, dtype=float)).T.tocsr()
        parts = [(by_group @ part.T.astype(float)).T for part in self.draws.parts()]
        return np.concatenate(parts)

    def touched(self, columns: np.ndarray | sparse.spmatrix) -> np.ndarray:
        """Return over how many groups the non-zero entries of each column of [N, m] are spread, [m]."""
        by_group = self._by_group(sparse.csr_array(columns, dtype=float))
        return np.bincount(by_group.nonzero()[1], minlength=by_group.shape[1])

    def _by_group(self, columns: sparse.csr_array) -> sparse.csr_array:
        size = self.groups.size
        gather = sparse.csr_array(
            (np.ones(size), (self.groups, np.arange(size))), shape=(self.draws.groups, size)
        )
        return sparse.csr_array(gather @ columns)


def percentiles(drawn: np.ndarray) -> tuple[float, float] | None:
    """Return the 2.5th and 97.5th percentile of a figure's draws; None where over 5 % of them are undefined."""
    defined = drawn[np.isfinite(drawn)]
    if defined.size < (1 - MOST_UNDEFINED) * drawn.size or not defined.size:
        return None
    lower, upper = np.percentile(defined, [LOWER, UPPER])
    return float(lower), float(upper)
