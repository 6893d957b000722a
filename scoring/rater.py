"""Rates every message on each characteristic that was trained: one linear head a characteristic, each rating
from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

MESSAGES_AT_PAR = 20


@dataclass(frozen=True)
class Rater:
    """K linear heads; `weights` is [buckets, K], `intercepts` [K], calibration already folded into both."""

    keys: tuple[str, ...]
    weights: np.ndarray
    intercepts: np.ndarray

    def rate(self, products: np.ndarray) -> np.ndarray:
        """Turn the products of message vectors and `weights`, [n, K], into ratings from 0 to 1, [n, K]."""
        return expit(products + self.intercepts)

    def rate_conversation(self, products: np.ndarray) -> tuple[tuple[str, float], ...]:
        """Rate a whole conversation from the products of its messages that hold words, [n, K]; highest first.

        The strongest message counts. Over 20 messages its odds are divided by n / 20: among many messages one
        looks like a behaviour by chance.
        """
        if not len(products):
            return ()
        strongest = products.max(axis=0) + self.intercepts - np.log(max(1.0, len(products) / MESSAGES_AT_PAR))
        return tuple(
            sorted(zip(self.keys, expit(strongest).tolist(), strict=True), key=lambda pair: -pair[1])
        )
