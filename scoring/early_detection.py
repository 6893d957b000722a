"""How early a warning comes: the rule that raises it, its latency, and what lateness costs.

After each message the window of the last 50 non-empty messages is judged. A warning is raised, for good, when
at least `skepticism` of the last 10 judgements are positive (Vogt, Leser, Akbik 2021). Latency is the number,
from 1, of the message that raised it. Penalty, speed and F_latency are those of Sadeque, Xu, Bethard 2018;
ERDE is that of Losada and Crestani 2016.
"""

from math import log

import numpy as np
from scipy.special import expit

WINDOW = 50
RECENT = 10
SKEPTICISMS = tuple(range(1, RECENT + 1))
DEFAULT_SKEPTICISM = 5
SEGMENT = (6, 150)
NEVER = 0


def first_warnings(positive: np.ndarray) -> np.ndarray:
    """Return the latency under each skepticism from 1 to 10, [10]; 0 where no warning is raised.

    `positive` [n] says for each message whether the window that ends with it was judged positive; while
    fewer than 10 judgements exist, all of them are looked at.
    """
    if not len(positive):
        return np.full(len(SKEPTICISMS), NEVER)
    counts = np.concatenate([[0], np.cumsum(positive, dtype=np.int64)])
    recent = counts[1:] - counts[np.maximum(np.arange(1, counts.size) - RECENT, 0)]
    reached = recent[:, None] >= np.array(SKEPTICISMS)
    return np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, NEVER)


def pace(median_length: float) -> float | None:
    """Return p = ln 3 / (median length − 1), with which a warning at the median length costs one half.

    None for a median of one message, where nothing can be early.
    """
    return log(3) / (median_length - 1) if median_length > 1 else None


def penalty(latency: np.ndarray, p: float) -> np.ndarray:
    """Return −1 + 2/(1 + exp(−p(k − 1))) for latencies k: 0 at the first message, towards 1 for late ones."""
    return 2 * expit(p * (np.asarray(latency, dtype=float) - 1)) - 1


def speed(latencies: np.ndarray, p: float, weights: np.ndarray | None = None) -> np.ndarray:
    """Return 1 − the median penalty over the latencies of true warnings, [draws] for `weights` [draws, n].

    nan in a draw without any warning.
    """
    weights = np.ones((1, latencies.size)) if weights is None else weights
    return 1 - weighted_median(penalty(latencies, p), weights)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the median of `values` [n], each repeated as often as `weights` [draws, n] says; nan for none."""
    if not values.size:
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    heaped = np.cumsum(weights[:, order], axis=1, dtype=float)
    half = heaped[:, -1:] / 2
    lower, upper = (heaped >= half).argmax(axis=1), (heaped > half).argmax(axis=1)
    median = (values[order[lower]] + values[order[upper]]) / 2
    return np.where(heaped[:, -1] > 0, median, np.nan)


def lateness_cost(latency: np.ndarray, deadline: int) -> np.ndarray:
    """Return lc_o(k) = 1 − 1/(1 + exp(k − o)): about 0 before message o, about 1 after it."""
    return expit(np.asarray(latency, dtype=float) - deadline)


def erde_costs(labels: np.ndarray, latencies: np.ndarray, deadline: int, share_positive: float) -> np.ndarray:
    """Return the cost of each conversation, [n]; their mean is ERDE_o.

    A false warning costs the share of positive conversations, a missed one 1, a true one its lateness cost.
    """
    warned, positive = latencies != NEVER, labels == 1
    late = lateness_cost(latencies, deadline)
    return np.where(positive, np.where(warned, late, 1.0), np.where(warned, share_positive, 0.0))
