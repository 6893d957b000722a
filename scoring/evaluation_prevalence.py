"""What an operator would meet: precision and cases a day at the prevalence of real traffic, not at the corpus's.

Recall and false-positive rate carry over, if conversations there are like those evaluated; precision does not. At
prevalence π it is πR/(πR + (1 − π)F). Its interval takes the ends of both intervals at once, so it is wider than
one of 95 %. Abstentions count as not flagged.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from scoring.evaluation_estimates import Counted, Figure, not_available
from scoring.evaluation_facts import Facts
from scoring.evaluation_operating import OperatingPoint
from scoring.evaluation_resampling import Resampling

PREVALENCES = (1e-5, 1e-4, 1e-3, 1e-2)
THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
ENDS = "from the ends of the intervals of recall and false-positive rate"
NO_RATES = "it takes positive and benign conversations"


def prevalence_of(written: str) -> float:
    """Read a prevalence such as 1/10000, 0.0001 or 1e-4. Raises ValueError unless it lies between 0 and 1."""
    value = float(Fraction(written.replace(" ", "")))
    if not 0 < value < 1:
        raise ValueError("a prevalence lies between 0 and 1.")
    return value


def precision_at(recall: Figure, false_rate: Figure, prevalence: float) -> Figure:
    """Return the precision expected at a prevalence, with its interval."""
    if recall["value"] is None or false_rate["value"] is None:
        return not_available(NO_RATES)
    lower = _precision(recall["lower"], false_rate["upper"], prevalence)
    upper = _precision(recall["upper"], false_rate["lower"], prevalence)
    value = _precision(recall["value"], false_rate["value"], prevalence)
    return {"value": value, "lower": lower or 0.0, "upper": upper, "interval": ENDS}


def _precision(recall: float, false_rate: float, prevalence: float) -> float | None:
    """None where nothing at all is flagged."""
    flagged = prevalence * recall + (1 - prevalence) * false_rate
    return prevalence * recall / flagged if flagged else None


def cases_a_day(
    recall: Figure, false_rate: Figure, prevalence: float, conversations: float
) -> dict[str, Figure]:
    """Return true and false flags and missed conversations a day."""
    positive, benign = conversations * prevalence, conversations * (1 - prevalence)
    return {
        "true": _scaled(recall, positive),
        "false": _scaled(false_rate, benign),
        "missed": _complement(recall, positive),
    }


def _scaled(share: Figure, whole: float) -> Figure:
    if share["value"] is None:
        return share
    return {end: share[end] * whole for end in ("value", "lower", "upper")} | {"interval": share["interval"]}


def _complement(share: Figure, whole: float) -> Figure:
    if share["value"] is None:
        return share
    ends = {"value": share["value"], "lower": share["upper"], "upper": share["lower"]}
    return {end: (1 - value) * whole for end, value in ends.items()} | {"interval": share["interval"]}


def prevalence_table(
    points: Sequence[OperatingPoint],
    facts: Facts,
    scores: np.ndarray,
    scope: np.ndarray,
    resampling: Resampling,
    *,
    prevalence: float,
    conversations: float,
) -> list[dict[str, Any]]:
    """Return a row for each operating point: recall and false-positive rate over the labelled conversations of
    `scope`, precision at each prevalence, and cases a day at the operator's own.
    """
    base = scope & (facts.labels >= 0)
    positive = base & (facts.labels == 1)
    columns = {"positive": positive, "benign": base & ~positive}
    for point in points:
        flagged = point.flagged(scores)
        columns |= {
            f"{point.key}:true": positive & flagged,
            f"{point.key}:false": columns["benign"] & flagged,
        }
    counted = Counted.of(resampling, columns)
    return [_row(point, counted, prevalence, conversations) for point in points]


def _row(point: OperatingPoint, counted: Counted, prevalence: float, conversations: float) -> dict[str, Any]:
    recall = counted.share(f"{point.key}:true", "positive")
    false_rate = counted.share(f"{point.key}:false", "benign")
    return {
        "key": point.key,
        "label": point.label,
        "recall": recall,
        "false_rate": false_rate,
        "precision": [
            {"prevalence": each} | precision_at(recall, false_rate, each)
            for each in sorted({*PREVALENCES, prevalence})
        ],
        "a_day": cases_a_day(recall, false_rate, prevalence, conversations),
    }
