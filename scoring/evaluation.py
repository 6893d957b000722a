"""The figures of a model card, from labels and probabilities alone; definitions as in docs and
`detection.md`.
"""

import numpy as np
from sklearn.metrics import average_precision_score

BINS = 10


def f_beta(precision: float, recall: float, beta: float) -> float:
    """Return F_β = (1 + β²)·P·R / (β²·P + R), 0 where both are 0 (van Rijsbergen 1979)."""
    below = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / below if below else 0.0


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> float:
    """Return the expected calibration error with bins of equal width (Guo et al. 2017)."""
    places = np.minimum((probabilities * bins).astype(int), bins - 1)
    counts = np.bincount(places, minlength=bins)
    gaps = np.bincount(places, weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / counts.sum())


def figures(
    labels: np.ndarray, probabilities: np.ndarray, *, threshold: float = 0.5
) -> dict[str, float | int | None]:
    """Return the figures of one evaluation; labels are 0 or 1, both arrays have one entry a conversation
    judged.

    Figures that need both classes are None where one is absent.
    """
    labels = np.asarray(labels, dtype=float)
    flagged = probabilities >= threshold
    true = int((flagged & (labels == 1)).sum())
    precision = true / int(flagged.sum()) if flagged.any() else 0.0
    recall = true / int(labels.sum()) if labels.any() else 0.0
    both = 0 < labels.sum() < labels.size
    return {
        "conversations": int(labels.size),
        "positive": int(labels.sum()),
        "threshold": threshold,
        "flagged": int(flagged.sum()),
        "false_positives": int((flagged & (labels == 0)).sum()),
        "precision": _rounded(precision),
        "recall": _rounded(recall),
        "f1": _rounded(f_beta(precision, recall, 1)),
        "f05": _rounded(f_beta(precision, recall, 0.5)),
        "pr_auc": _rounded(average_precision_score(labels, probabilities)) if both else None,
        "brier": _rounded(float(np.mean((probabilities - labels) ** 2))) if labels.size else None,
        "calibration_error": _rounded(calibration_error(labels, probabilities)) if labels.size else None,
    }


def _rounded(number: float) -> float:
    return round(float(number), 4)
