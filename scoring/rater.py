"""Rates every message on each characteristic that was trained: one linear head a characteristic, each rating
from 0 to 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scoring.state import ConversationState

MESSAGES_AT_PAR = 20


@dataclass(frozen=True)
class Rater:
    """K linear heads: `scales` [K] turn whole numbers into log-odds, `intercepts` [K] are added; both calibrated."""

    keys: tuple[str, ...]
    scales: np.ndarray
    intercepts: np.ndarray

    def rate(self, products: np.ndarray) -> np.ndarray:
        """Turn the products of message vectors and weights, [n, K], into ratings from 0 to 1, [n, K]."""
        return expit(products * self.scales + self.intercepts)

    def rate_conversation(self, state: ConversationState) -> tuple[tuple[str, float], ...]:
        """Rate a whole conversation, highest first.

        The strongest message counts. Over 20 messages its odds are divided by n / 20: among many messages one
        looks like a behaviour by chance.
        """
        if not state.read:
            return ()
        crowd = np.log(max(1.0, state.read / MESSAGES_AT_PAR))
        ratings = expit(state.strongest * self.scales + self.intercepts - crowd)
        return tuple(sorted(zip(self.keys, ratings.tolist(), strict=True), key=lambda pair: -pair[1]))
