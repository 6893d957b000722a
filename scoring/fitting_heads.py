"""Fits one linear head for each characteristic that enough messages were marked with.

A rating is calibrated on authors that the head had not seen, as if one message in twenty showed the
behaviour: corpora mark far fewer, and a rating that only ever says "no" would not help a reader.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.special import logit

from scoring.characteristics import READ_KEYS
from scoring.compiled import GRAMS
from scoring.features import Matrix, divisors
from scoring.fitting_linear import Column, balance, fit_column, rarity, skeletons_first
from scoring.fitting_stage import platt
from scoring.training_data import Progress, TrainingData

HEAD_C = 0.3
FEWEST_MARKED = 25
ASSUMED_SHARE = 0.05
# Messages that were marked for nothing are sampled to about so many in all, marked ones beyond so many.
UNMARKED, MOST_MARKED = 20_000, 60_000


@dataclass(frozen=True)
class Head:
    """One trained characteristic: its column, calibrated by scale and intercept; `marked` messages taught it."""

    key: str
    column: Column
    intercept: float
    marked: int


@dataclass(frozen=True)
class _Messages:
    """Messages of annotated conversations: `counts` [n, BUCKETS], `grams` [n], `marks` [n, K] bool, `misspelt` [n]."""

    counts: Matrix
    grams: np.ndarray
    marks: np.ndarray
    misspelt: np.ndarray


def fit_heads(
    data: TrainingData,
    fitting: np.ndarray,
    calibrating: np.ndarray,
    *,
    seed: int,
    progress: Progress | None = None,
) -> list[Head]:
    """Fit one head for each characteristic with enough marked messages in both parts, in the taxonomy's order."""
    taught = _messages(data, fitting, seed=seed)
    held = _messages(data, calibrating & ~data.misspelt, seed=seed)
    if taught is None or held is None:
        return []
    rare = skeletons_first(rarity(taught.counts, np.ones(taught.grams.size, dtype=bool)))
    heads = []
    for place, key in enumerate(READ_KEYS):
        if progress:
            progress(f"characteristic “{key}”", place / len(READ_KEYS))
        head = _fit_head(key, place, taught, held, rare, seed=seed)
        heads += [head] if head else []
    return heads


def _fit_head(
    key: str, place: int, taught: _Messages, held: _Messages, rare: np.ndarray, *, seed: int
) -> Head | None:
    labels, seen = taught.marks[:, place].astype(int), held.marks[:, place].astype(int)
    marked = int(labels[~taught.misspelt].sum())
    if marked < FEWEST_MARKED or not 0 < seen.sum() < seen.size:
        return None
    weights = balance(labels, taught.misspelt.astype(int))
    raw = fit_column(taught.counts, labels, weights, rare, c=HEAD_C, seed=seed)
    vectors = held.counts @ raw.numbers.astype(np.float64) / divisors(held.grams)
    slope, offset = platt(raw.scale * vectors, seen)
    shift = float(logit(ASSUMED_SHARE) - logit(seen.mean()))
    return Head(key, Column(raw.numbers, raw.scale * slope), offset + shift, marked)


def _messages(data: TrainingData, conversations: np.ndarray, *, seed: int) -> _Messages | None:
    """The marked messages and a sample of the others, of the annotated conversations of a mask."""
    rng, parts = np.random.default_rng(seed), []
    chosen = conversations & data.annotated
    for block in data.spool.blocks():
        of = block.owners + block.first_conversation
        rows = np.flatnonzero(chosen[of] & (block.counts[:, GRAMS] > 0))
        marks = np.zeros((block.message_ends.size, len(READ_KEYS)), dtype=bool)
        marks[block.marks[:, 0], block.marks[:, 1]] = True
        marked = min(1.0, MOST_MARKED / max(1, data.marked_messages))
        share = min(1.0, UNMARKED / max(1, data.messages))
        rows = rows[rng.random(rows.size) < np.where(marks[rows].any(axis=1), marked, share)]
        if rows.size:
            parts.append(
                _Messages(
                    block.message_matrix(rows),
                    block.counts[rows, GRAMS],
                    marks[rows],
                    data.misspelt[of[rows]],
                )
            )
    if not parts:
        return None
    counts = sparse.vstack([part.counts for part in parts], format="csr")
    counts.indices, counts.indptr = counts.indices.astype(np.int32), counts.indptr.astype(np.int32)
    return _Messages(
        counts,
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("grams", "marks", "misspelt")),
    )
