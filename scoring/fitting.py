"""Fits the conversation head with scikit-learn: evidence of messages, the second stage over it, and
calibration.
"""

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from scoring.classifier import Noise, pool
from scoring.features import Matrix
from scoring.training_data import TrainingData, TrainingError

CONVERSATION_C = 1.0
MARKED_C = 0.5
SECOND_STAGE_C = 1.0
NEGATIVE_MESSAGES = 30_000
TOLERANCE = 0.05
RIDGE, NEWTON_STEPS, NEWTON_TOLERANCE = 1e-6, 100, 1e-9


def fit_classifier(
    data: TrainingData, chosen: np.ndarray, *, seed: int
) -> tuple[dict[str, float], np.ndarray]:
    """Fit on the labelled conversations of a mask; returns the classifier's part of the header and the
    weights.

    Everything after the weights is fitted on evidence from weights that had not seen the conversation, and
    the calibration on logits of which neither stage had seen it; both by author-disjoint folds. The last fit
    uses all.
    """
    chosen = chosen & (data.labels >= 0)
    check_labels(data, chosen)
    evidence = _cross_fitted_evidence(data, chosen, seed=seed)
    noise = _noise(data, chosen, evidence)
    readings, labels = _readings(data, chosen, evidence, noise), data.labels[chosen]
    slope, offset = platt(_cross_fitted_logits(readings, labels, data.folds[chosen]), labels)
    intercept, whole, peak = _second_stage(readings, labels)
    header = {
        "intercept": intercept,
        "whole": whole,
        "peak": peak,
        "noise_mean": noise.mean,
        "noise_deviation": noise.deviation,
        "slope": slope,
        "offset": offset,
    }
    return header, _evidence_weights(data, chosen, seed=seed)


def check_labels(data: TrainingData, chosen: np.ndarray) -> None:
    """Raise TrainingError unless there are two folds or more and each holds both labels."""
    folds = np.unique(data.folds[chosen])
    if len(folds) < 2 or any(len(set(data.labels[chosen & (data.folds == fold)])) < 2 for fold in folds):
        raise TrainingError(
            "The corpus is too small, or its authors hang together too much, to keep authors apart: "
            "a fold lacks conversations of one label. Bring more conversations of both kinds."
        )


def conversation_vectors(data: TrainingData, chosen: np.ndarray) -> Matrix:
    """Return one unit vector a chosen conversation: the n-gram counts of all its messages together."""
    rows = data.messages_of(chosen)
    place = np.cumsum(chosen) - 1
    cells = (place[data.conversation[rows]].astype(np.int32), np.arange(rows.size, dtype=np.int32))
    gather = sparse.csr_array((data.lengths[rows], cells), shape=(int(chosen.sum()), rows.size))
    return normalize(gather @ data.vectors[rows.astype(np.int32)])


def _evidence_weights(data: TrainingData, chosen: np.ndarray, *, seed: int) -> np.ndarray:
    """Fit on whole conversations and, where spans were marked, also on single messages, each as one example."""
    vectors, labels = conversation_vectors(data, chosen), data.labels[chosen]
    rows, marked = _message_examples(data, chosen, seed=seed)
    if rows.size == 0:
        return linear_weights(vectors, labels, balance(labels), c=CONVERSATION_C, seed=seed)
    return linear_weights(
        sparse.vstack([vectors, data.vectors[rows]], format="csr"),
        np.concatenate([labels, marked]),
        np.concatenate([balance(labels), balance(marked)]),
        c=MARKED_C,
        seed=seed,
    )


def _message_examples(data: TrainingData, chosen: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return messages of annotated conversations, and 1 for those marked where the conversation is positive,
    else 0.
    """
    rows = np.flatnonzero((chosen & data.annotated)[data.conversation] & (data.lengths > 0))
    positive = data.labels[data.conversation[rows]] == 1
    marked = positive & np.array([bool(data.keys[row]) for row in rows], dtype=bool)
    if not marked.any():
        return np.empty(0, dtype=np.int32), np.empty(0, dtype=int)
    others = np.random.default_rng(seed).permutation(np.flatnonzero(~marked))[:NEGATIVE_MESSAGES]
    kept = np.sort(np.concatenate([np.flatnonzero(marked), others]))
    return rows[kept].astype(np.int32), marked[kept].astype(int)


def balance(labels: np.ndarray) -> np.ndarray:
    """Weights that give both labels the same sum and keep the mean at 1."""
    share = labels.mean()
    return np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))


def linear_weights(
    vectors: Matrix, labels: np.ndarray, weights: np.ndarray, *, c: float, seed: int
) -> np.ndarray:
    """Fit a linear support vector machine (Fan et al. 2008, LIBLINEAR); quick, and calibrated by what
    follows.
    """
    vectors.indices, vectors.indptr = vectors.indices.astype(np.int32), vectors.indptr.astype(np.int32)
    model = LinearSVC(C=c, dual=True, tol=TOLERANCE, max_iter=5_000, random_state=seed)
    model.fit(vectors, labels, sample_weight=weights)
    return model.coef_[0].astype(np.float32).astype(np.float64)


def _cross_fitted_evidence(data: TrainingData, fitting: np.ndarray, *, seed: int) -> np.ndarray:
    """Return evidence a message, [M], from weights that had not seen its conversation."""
    evidence = np.zeros(data.lengths.size)
    for fold in np.unique(data.folds[fitting]):
        weights = _evidence_weights(data, fitting & (data.folds != fold), seed=seed)
        rows = data.messages_of(fitting & (data.folds == fold))
        evidence[rows] = data.vectors[rows] @ weights
    return evidence


def _noise(data: TrainingData, fitting: np.ndarray, evidence: np.ndarray) -> Noise:
    rows = data.messages_of(fitting & (data.labels == 0))
    ordinary = evidence[rows[data.lengths[rows] > 0]]
    return Noise(float(ordinary.mean()), float(ordinary.std()))


def by_conversation(data: TrainingData, chosen: np.ndarray) -> list[slice]:
    """The messages of each chosen conversation; they stand together in the arrays."""
    starts = np.searchsorted(data.conversation, np.flatnonzero(chosen), side="left")
    ends = np.searchsorted(data.conversation, np.flatnonzero(chosen), side="right")
    return [slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _readings(data: TrainingData, chosen: np.ndarray, evidence: np.ndarray, noise: Noise) -> np.ndarray:
    readings = []
    for part in by_conversation(data, chosen):
        pooled = pool(evidence[part], data.lengths[part], data.senders[part], noise)
        readings.append((pooled.whole.sum(), pooled.peak.sum()))
    return np.array(readings)


def _second_stage(readings: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """Fit intercept and two weights, neither negative: more evidence never lowers a score."""
    scale = np.maximum(readings.std(axis=0), 1e-9)
    weights, intercept = np.zeros(2), 0.0
    usable = [0, 1]
    while usable:
        model = LogisticRegression(C=SECOND_STAGE_C).fit(readings[:, usable] / scale[usable], labels)
        weights[:], intercept = 0.0, float(model.intercept_[0])
        weights[usable] = model.coef_[0] / scale[usable]
        if (weights >= 0).all():
            return intercept, float(weights[0]), float(weights[1])
        usable = [place for place in usable if weights[place] > 0]
    raise TrainingError(
        "The texts of the two labels cannot be told apart; there is nothing to learn from this corpus."
    )


def _cross_fitted_logits(readings: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> np.ndarray:
    logits = np.empty(labels.size)
    for fold in np.unique(folds):
        held = folds == fold
        intercept, *weights = _second_stage(readings[~held], labels[~held])
        logits[held] = intercept + readings[held] @ weights
    return logits


def platt(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Fit slope and offset of a sigmoid with smoothed targets (Platt 1999), by Newton's method.

    Raises TrainingError where it would not rise.
    """
    positive, negative = int((labels == 1).sum()), int((labels == 0).sum())
    targets = np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    design = np.column_stack([logits / max(float(logits.std()), 1e-9), np.ones(logits.size)])
    fitted = _newton(design, targets)
    slope, offset = float(fitted[0]) / max(float(logits.std()), 1e-9), float(fitted[1])
    if slope <= 0:
        raise TrainingError(
            "On held-out authors the score does not rise with the label; nothing can be learnt here."
        )
    return slope, offset


def _newton(design: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Minimise the logistic loss, with a slight ridge and halved steps where a full one does not descend."""
    weights = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        fitted = expit(design @ weights)
        gradient = design.T @ (fitted - targets) + RIDGE * weights
        curvature = (design.T * (fitted * (1 - fitted))) @ design + RIDGE * np.eye(weights.size)
        step, size = np.linalg.solve(curvature, gradient), 1.0
        while size > RIDGE and _loss(design, targets, weights - size * step) > _loss(
            design, targets, weights
        ):
            size /= 2
        weights = weights - size * step
        if float(np.abs(step).max()) < NEWTON_TOLERANCE:
            break
    return weights


def _loss(design: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> float:
    logits = design @ weights
    return float((np.logaddexp(0, logits) - targets * logits).sum() + RIDGE * weights @ weights / 2)
