"""Rates every message on each characteristic that was trained: one linear head a characteristic, each rating
from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np

from scoring import compiled_state


@dataclass(frozen=True)
class Rater:
    """K linear heads: `scales` [K] turn whole numbers into log-odds, `intercepts` [K] are added; both calibrated."""

    keys: tuple[str, ...]
    scales: np.ndarray
    intercepts: np.ndarray

    def rate(self, products: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Rate messages from 0 to 1, [n, K], by what the kernel read: `products` [n, 1 + K] and `counts` [n, 5]."""
        return compiled_state.rate(products, counts, self.scales, self.intercepts)
