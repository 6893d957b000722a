"""Whether a probability of .7 comes true seven times in ten: Brier score, calibration errors, reliability table."""

from typing import Any

import numpy as np

from scoring.evaluation import BINS
from scoring.evaluation_estimates import Counted, Figure, drawn_figure, not_available, ratio
from scoring.evaluation_resampling import Resampling, percentiles

CORRECTED = "bootstrap by groups of senders, corrected for its bias"


def calibration_figures(
    labels: np.ndarray, probabilities: np.ndarray, resampling: Resampling
) -> dict[str, Any]:
    """Return Brier score, expected calibration error with bins of equal width and of equal mass, and both
    tables of bins; labels [n] 0 or 1.
    """
    if not labels.size:
        missing = not_available("no labelled conversation was judged")
        return {
            "brier": missing,
            "ece": missing,
            "ece_equal_mass": missing,
            "bins": [],
            "bins_equal_mass": [],
        }
    wide, even = equal_width(probabilities), equal_mass(probabilities)
    errors = (probabilities - labels) ** 2
    drawn = resampling.sums(np.column_stack([errors, np.ones(labels.size)]))
    return {
        "brier": drawn_figure(float(errors.mean()), ratio(drawn[:, 0], drawn[:, 1])),
        "ece": _calibration_error(labels, probabilities, wide, resampling),
        "ece_equal_mass": _calibration_error(labels, probabilities, even, resampling),
        "bins": _table(labels, probabilities, wide, resampling),
        "bins_equal_mass": _table(labels, probabilities, even, resampling),
    }


def equal_width(probabilities: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return each probability's bin of width 1/bins, [n]."""
    return np.minimum((probabilities * bins).astype(int), bins - 1)


def equal_mass(probabilities: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Return each probability's bin of about n/bins conversations, [n]; equal probabilities share a bin."""
    distinct, inverse, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    own = np.minimum((middle / probabilities.size * bins).astype(int), bins - 1)
    return np.asarray(own[inverse]) if distinct.size else inverse


def _calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, places: np.ndarray, resampling: Resampling
) -> Figure:
    """Σ |Σ (p − y) in a bin| / n. Noise in the bins makes each draw's error larger than the observed one on
    average, so the interval is reflected at it (the basic bootstrap).
    """
    gaps = np.zeros((labels.size, BINS + 1))
    gaps[np.arange(labels.size), places] = probabilities - labels
    gaps[:, BINS] = 1
    sums = resampling.sums(gaps)
    value = float(np.abs(gaps[:, :BINS].sum(axis=0)).sum() / labels.size)
    found = percentiles(ratio(np.abs(sums[:, :BINS]).sum(axis=1), sums[:, BINS]))
    if found is None:
        return {"value": value, "lower": None, "upper": None, "interval": None}
    ends = {"lower": max(0.0, 2 * value - found[1]), "upper": max(value, 2 * value - found[0])}
    return {"value": value} | ends | {"interval": CORRECTED}


def _table(
    labels: np.ndarray, probabilities: np.ndarray, places: np.ndarray, resampling: Resampling
) -> list[dict[str, Any]]:
    """One row a bin that holds any: how many, their mean probability, and the share that came true."""
    filled = np.unique(places).tolist()
    columns = {f"{place}:all": places == place for place in filled}
    columns |= {f"{place}:positive": (places == place) & (labels == 1) for place in filled}
    counted = Counted.of(resampling, columns)
    return [
        {
            "from": float(probabilities[places == place].min()),
            "to": float(probabilities[places == place].max()),
            "conversations": counted[f"{place}:all"],
            "predicted": float(probabilities[places == place].mean()),
            "positive": counted.share(f"{place}:positive", f"{place}:all"),
        }
        for place in filled
    ]
