"""Fits one linear head for each characteristic that enough messages were marked with.

A rating is calibrated on authors that the head had not seen, as if one message in twenty showed the
behaviour: corpora mark far fewer, and a rating that only ever says "no" would not help a reader.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from scoring.characteristics import READ_KEYS
from scoring.fitting import balance, linear_weights, platt
from scoring.training_data import TrainingData

HEAD_C = 0.3
FEWEST_MARKED = 25
ASSUMED_SHARE = 0.05
NEGATIVES_A_HEAD = 5_000


@dataclass(frozen=True)
class Head:
    """One trained characteristic, its calibration folded into weights and intercept."""

    key: str
    weights: np.ndarray
    intercept: float
    marked: int


def fit_heads(data: TrainingData, fitting: np.ndarray, calibrating: np.ndarray, *, seed: int) -> list[Head]:
    """Fit one head for each characteristic with enough marked messages in both parts, in the taxonomy's
    order.
    """
    usable = (data.lengths > 0) & data.annotated[data.conversation]
    fit_rows = np.flatnonzero(usable & fitting[data.conversation])
    held_rows = np.flatnonzero(usable & calibrating[data.conversation])
    found = (_fit_head(data, key, fit_rows, held_rows, seed=seed) for key in READ_KEYS)
    return [head for head in found if head is not None]


def _fit_head(
    data: TrainingData, key: str, fit_rows: np.ndarray, held_rows: np.ndarray, *, seed: int
) -> Head | None:
    marked = np.array([key in data.keys[row] for row in fit_rows], dtype=bool)
    held = np.array([key in data.keys[row] for row in held_rows], dtype=int)
    if marked.sum() < FEWEST_MARKED or not 0 < held.sum() < held.size:
        return None
    rows, labels = _sampled(data, fit_rows, marked, seed=seed)
    raw = linear_weights(data.vectors[rows], labels, balance(labels), c=HEAD_C, seed=seed)
    slope, offset = platt(data.vectors[held_rows] @ raw, held)
    weights = (slope * raw).astype(np.float32).astype(np.float64)
    shift = float(logit(ASSUMED_SHARE) - logit(held.mean()))
    return Head(key, weights, offset + shift, int(marked.sum()))


def _sampled(
    data: TrainingData, rows: np.ndarray, marked: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """All marked messages, every message marked for something else (the hard ones), and a sample of the
    rest.
    """
    elsewhere = np.array([bool(data.keys[row]) for row in rows], dtype=bool) & ~marked
    rest = np.flatnonzero(~marked & ~elsewhere)
    sample = np.random.default_rng(seed).permutation(rest)[:NEGATIVES_A_HEAD]
    chosen = np.sort(np.concatenate([np.flatnonzero(marked | elsewhere), sample]))
    return rows[chosen], marked[chosen].astype(int)
