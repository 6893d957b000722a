"""Rates every message on each characteristic that was trained: one linear head a characteristic, each rating from 0 to 1."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scoring.features import Matrix


@dataclass(frozen=True)
class Rater:
    """K linear heads; `weights` is [buckets, K], `intercepts` [K], calibration already folded into both."""

    keys: tuple[str, ...]
    weights: np.ndarray
    intercepts: np.ndarray

    def rate(self, products: np.ndarray) -> np.ndarray:
        """Turn the products of message vectors and `weights`, [n, K], into ratings from 0 to 1, [n, K]."""
        return expit(products + self.intercepts)

    def rate_vectors(self, vectors: Matrix) -> np.ndarray:
        """Rate unit message vectors, [n, buckets] → [n, K]."""
        return self.rate(np.asarray(vectors @ self.weights))
