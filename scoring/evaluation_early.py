"""Measures how early a model warns, as `early_detection` defines it, over whole conversations and segments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scoring import early_detection as early
from scoring.evaluation_estimates import (
    Counted,
    Figure,
    drawn_figure,
    f_beta_of_counts,
    not_available,
)
from scoring.evaluation_facts import Facts
from scoring.evaluation_resampling import Resampling
from scoring.evaluation_scoring import Judged
from scoring.pipeline import Model, Turn

Judge = Callable[[Sequence[Turn]], np.ndarray]
DEADLINES = (5, 50)
CURVE = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000)
NO_BOUNDARIES = (
    "not available: the corpus has no message boundaries; every positive conversation is one message"
)
NO_WARNING = "no positive conversation was warned of"


class Warnings:
    """The latency of each conversation under each skepticism, [N, 10]; 0 where no warning was raised.

    `judge` gives one probability for each message with words, nan while there is too little to judge.
    """

    def __init__(self, size: int, threshold: float) -> None:
        self.latencies = np.zeros((size, len(early.SKEPTICISMS)), dtype=np.int64)
        self.threshold = threshold

    def add(self, judged: Judged, model: Model) -> None:
        self.take(judged.index, judged.turns, model.window_probabilities)

    def take(self, index: int, turns: Sequence[Turn], judge: Judge) -> None:
        """Judge one conversation window by window."""
        probabilities = np.nan_to_num(judge(turns), nan=-1.0)
        self.latencies[index] = early.first_warnings(probabilities >= self.threshold)

    def end(self, model: Model) -> None:
        """Nothing is held back."""


def early_figures(
    latencies: np.ndarray,
    facts: Facts,
    scope: np.ndarray,
    resampling: Resampling,
    *,
    threshold: float,
    sources: Mapping[str, np.ndarray],
) -> dict[str, Any]:
    """Return the early-detection figures over the labelled conversations of `scope`; `sources` are masks of
    benign conversations whose false alarms are told apart.
    """
    used = scope & (facts.labels >= 0)
    positive = used & (facts.labels == 1)
    p = early.pace(float(np.median(facts.messages[positive]))) if positive.any() else None
    if p is None:
        return {"why": NO_BOUNDARIES if positive.any() else "there is no positive conversation"}
    rows = [
        _row(skepticism, latencies[:, place], facts, used, resampling, p)
        for place, skepticism in enumerate(early.SKEPTICISMS)
    ]
    default = latencies[:, early.DEFAULT_SKEPTICISM - 1]
    return {
        "window": early.WINDOW,
        "recent": early.RECENT,
        "skepticism": early.DEFAULT_SKEPTICISM,
        "threshold": threshold,
        "segment": list(early.SEGMENT),
        "segments": int((used & _is_segment(facts)).sum()),
        "whole": int(positive.sum()),
        "median_length": float(np.median(facts.messages[positive])),
        "p": p,
        "rows": rows,
        "false_alarms": _false_alarms(default, used, facts, resampling, sources),
        "curve": _curve(default, positive, used & (facts.labels == 0)),
    }


def _row(
    skepticism: int,
    latencies: np.ndarray,
    facts: Facts,
    used: np.ndarray,
    resampling: Resampling,
    p: float,
) -> dict[str, Any]:
    warned, positive = latencies != early.NEVER, facts.labels == 1
    segments = used & _is_segment(facts)
    columns = {
        "true": segments & warned & positive,
        "flagged": segments & warned,
        "positive": segments & positive,
        "false": used & warned & ~positive,
        "benign": used & ~positive,
        "all_true": used & warned & positive,
        "all_positive": used & positive,
    }
    counted = Counted.of(resampling, columns)
    found = np.flatnonzero(columns["all_true"])
    return {
        "skepticism": skepticism,
        "precision": counted.share("true", "flagged"),
        "recall": counted.share("true", "positive"),
        "f1": counted.f_beta("true", "flagged", "positive", 1),
        "warned": counted.share("all_true", "all_positive"),
        "false_alarms": counted.share("false", "benign"),
        "erde": _erde(latencies, facts, used, resampling),
    } | _promptness(latencies, found, counted, resampling, p)


def _promptness(
    latencies: np.ndarray, found: np.ndarray, counted: Counted, resampling: Resampling, p: float
) -> dict[str, Figure]:
    """Latency, speed and F_latency of the true warnings; each is drawn with its groups."""
    if not found.size:
        missing = not_available(NO_WARNING)
        return {"latency": missing, "speed": missing, "f_latency": missing}
    own = latencies[found]
    weights = list(resampling.weights(found))
    speeds = np.concatenate([early.speed(own, p, part) for part in weights])
    medians = np.concatenate([early.weighted_median(own, part) for part in weights])
    speed = float(early.speed(own, p)[0])
    f1 = f_beta_of_counts(counted["true"], counted["flagged"], counted["positive"], 1)
    f1_drawn = counted.f_beta_draws("true", "flagged", "positive", 1)
    return {
        "latency": drawn_figure(float(np.median(own)), medians)
        | {"quarters": [float(value) for value in np.percentile(own, [25, 75])]},
        "speed": drawn_figure(speed, speeds),
        "f_latency": not_available("no segment has 6 to 150 messages")
        if f1 is None
        else drawn_figure(f1 * speed, f1_drawn * speeds),
    }


def _erde(latencies: np.ndarray, facts: Facts, used: np.ndarray, resampling: Resampling) -> dict[str, Figure]:
    labels = facts.labels[used]
    share = float((labels == 1).mean())
    costs = np.zeros((facts.size, len(DEADLINES) + 1))
    for place, deadline in enumerate(DEADLINES):
        costs[used, place] = early.erde_costs(labels, latencies[used], deadline, share)
    costs[used, -1] = 1
    drawn = resampling.sums(costs)
    return {
        str(deadline): drawn_figure(
            float(costs[used, place].mean()), drawn[:, place] / np.maximum(drawn[:, -1], 1)
        )
        for place, deadline in enumerate(DEADLINES)
    }


def _is_segment(facts: Facts) -> np.ndarray:
    shortest, longest = early.SEGMENT
    return (facts.messages >= shortest) & (facts.messages <= longest)


def _false_alarms(
    latencies: np.ndarray,
    used: np.ndarray,
    facts: Facts,
    resampling: Resampling,
    sources: Mapping[str, np.ndarray],
) -> list[dict[str, Any]]:
    """The share of benign conversations that a warning was raised in, by source."""
    columns: dict[str, np.ndarray] = {}
    for name, mask in sources.items():
        benign = mask & (facts.labels == 0)
        columns |= {f"{name}:benign": benign, f"{name}:false": benign & (latencies != early.NEVER)}
    counted = Counted.of(resampling, columns)
    return [
        {"source": name, "false_alarms": counted.share(f"{name}:false", f"{name}:benign")} for name in sources
    ]


def _curve(latencies: np.ndarray, positive: np.ndarray, benign: np.ndarray) -> list[dict[str, Any]]:
    """The share warned of by each message, among positive and among benign conversations."""
    longest = max(int(latencies[positive | benign].max(initial=0)), early.RECENT)
    ends = [step for step in CURVE if step < longest] + [longest]
    return [{"message": end} | _warned_by(end, latencies, positive, benign) for end in ends]


def _warned_by(
    end: int, latencies: np.ndarray, positive: np.ndarray, benign: np.ndarray
) -> dict[str, float | None]:
    by_then = (latencies != early.NEVER) & (latencies <= end)
    return {
        name: float(by_then[mask].mean()) if mask.any() else None
        for name, mask in (("positive", positive), ("benign", benign))
    }
