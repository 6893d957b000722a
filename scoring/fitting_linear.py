"""Fits one column of weights with scikit-learn, and narrows it to whole numbers of 16 bits."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from scoring.features import BUCKETS, WORD_BUCKETS, Matrix

TOLERANCE = 0.05
LARGEST_WEIGHT = 32_767
FEWEST_ROWS = 3
# Skeletons and their pairs outlast odd spelling, so they count for more than what does not.
SKELETON_WEIGHT = 2.0
# In copies in odd spelling all else counts for less, so that skeletons learn to carry the decision.
FAINT_SPELLING = 0.2
# What conversations of both labels hold as often counts for so much; what one holds e³ times as often or more, for 5.
LEAST_DISTINCTION, MOST_DISTINCTION = 2.0, 3.0


@dataclass(frozen=True)
class Column:
    """Weights of one head: `numbers` [BUCKETS] int16, times `scale` the weights of the fit."""

    numbers: np.ndarray
    scale: float


def balance(labels: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Weights that give both labels the same sum within each group, and keep the mean of a group at 1."""
    groups = np.zeros(labels.size, dtype=int) if groups is None else groups
    weights = np.ones(labels.size)
    for group in np.unique(groups):
        own = groups == group
        share = labels[own].mean()
        if 0 < share < 1:
            weights[own] = np.where(labels[own] == 1, 0.5 / share, 0.5 / (1 - share))
    return weights


def rarity(counts: Matrix, chosen: np.ndarray) -> np.ndarray:
    """Return how much each feature weighs, [BUCKETS], by n chosen rows (a mask): ln((1 + n) / (1 + n_f)) + 1, 0 for
    one in under 3 of them.

    scikit-learn's inverse document frequency. What is rarer tells single conversations, not behaviour.
    """
    inside = np.repeat(chosen, np.diff(counts.indptr))
    present = np.bincount(counts.indices[inside], minlength=BUCKETS)
    rare = np.log((1 + chosen.sum()) / (1 + present)) + 1.0
    return np.where(present < FEWEST_ROWS, 0.0, rare)


def skeletons_first(rare: np.ndarray) -> np.ndarray:
    """Return the root of the rarity, with more weight on skeletons: for single messages and for generated text, where
    all of the rarity makes unfamiliar chat look positive (docs/adr/0014).
    """
    weighed = np.sqrt(rare)
    weighed[WORD_BUCKETS:] *= SKELETON_WEIGHT
    return weighed


def distinction(counts: Matrix, labels: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return how much each feature weighs by how much oftener one label's conversations hold it, [BUCKETS]:
    2 + |ln(p₁ / p₀)| over the chosen rows (a mask); `labels` [n] 0 or 1.

    The ratio of naive Bayes, which takes each feature by itself, so that the fit rather trusts what tells the labels
    apart alone than what does so only in the company that it has in this corpus (Wang and Manning 2012, NBSVM).
    """
    shares = [_share(counts, chosen & (labels == label)) for label in (1, 0)]
    ratio = np.abs(np.log(shares[0] / shares[1]))
    return LEAST_DISTINCTION + np.minimum(ratio, MOST_DISTINCTION)


def _share(counts: Matrix, chosen: np.ndarray) -> np.ndarray:
    """The share of chosen rows that hold each feature, half a row added so that none is 0."""
    inside = np.repeat(chosen, np.diff(counts.indptr))
    present = np.bincount(counts.indices[inside], minlength=BUCKETS)
    return (present + 0.5) / (chosen.sum() + 1.0)


def fit_column(
    counts: Matrix,
    labels: np.ndarray,
    weights: np.ndarray,
    rare: np.ndarray,
    *,
    c: float,
    seed: int,
    faint: np.ndarray | None = None,
) -> Column:
    """Fit a linear support vector machine (Fan et al. 2008, LIBLINEAR) on unit vectors of weighted counts.

    `counts` [n, BUCKETS], `labels` [n] 0 or 1, `weights` [n] of the examples; `faint` [n] bool says whose spelling
    counts for less. Its weights are for plain counts again.
    """
    values = counts.data * rare[counts.indices]
    if faint is not None:
        values[np.repeat(faint, np.diff(counts.indptr)) & (counts.indices < WORD_BUCKETS)] *= FAINT_SPELLING
    vectors = sparse.csr_array((values, counts.indices, counts.indptr), counts.shape)
    normalize(vectors, copy=False)
    model = LinearSVC(C=c, dual=True, tol=TOLERANCE, max_iter=5_000, random_state=seed)
    model.fit(vectors, labels, sample_weight=weights)
    return narrowed(model.coef_[0] * rare)


def narrowed(weights: np.ndarray) -> Column:
    """Round weights to whole numbers of 16 bits and the scale that brings them back."""
    scale = float(np.abs(weights).max()) / LARGEST_WEIGHT or 1.0
    return Column(np.rint(weights / scale).astype(np.int16), scale)
