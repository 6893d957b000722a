"""Turns the state of a conversation into one logit, as an exact sum of what each message and the course gave.

Three readings of the same evidence are added, none of which may count against the other way round:

- *whole*: the evidence of all messages over a power of their n-grams, the linear score of the text taken together;
- *window*: the same of the strongest 50 messages in a row, so that a short approach inside a long acquaintance counts;
- *peak*: what the strongest messages of one account exceed a threshold by. The threshold is the strongest value that
  n ordinary messages show by chance, μ + σ·√(2·ln n) (the universal threshold of Donoho and Johnstone 1994,
  Biometrika 81:3), so a benign conversation does not creep upwards only because it is long. At most ten count.

Beside them stand the amount of text and, where a model learnt it, the course of the conversation. No list of
phrases, no score of a pair of people and no declared age enters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Any

import numpy as np
from scipy.special import expit

from scoring.features import SHRINKAGE
from scoring.state import ConversationState, Window, window_value

STRONGEST = 10
SATURATION = 20_000
READINGS = ("whole", "window", "peak")
AMOUNT = "amount"


@dataclass(frozen=True)
class Noise:
    """Mean and standard deviation of the evidence of single messages in benign conversations."""

    mean: float
    deviation: float

    def threshold(self, count: int) -> float:
        """Return the evidence that `count` ordinary messages are expected to stay below."""
        return self.mean + self.deviation * sqrt(2 * log(max(1, count)))


@dataclass(frozen=True)
class Calibration:
    """A sigmoid over the logit (Platt 1999); `slope` is positive, so the order of conversations stays."""

    slope: float
    intercept: float

    def probability(self, logit: float) -> float:
        """Return the probability, from 0 to 1, for a logit before calibration."""
        return float(expit(self.slope * logit + self.intercept))


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of a conversation's state.

    `probability` is None exactly where `abstained` names a reason; then `logit` is None and nothing has a part in it;
    `language` is the one found where that is the reason. Otherwise `base` plus the contributions of all messages is
    `logit`, and `probability` is a monotone map of it. `characteristics` from high to low; `course` what the amount of
    text and the course of the conversation gave, which is part of `base`; `peaks` what the strongest messages give
    beyond their evidence, by number.
    """

    probability: float | None
    abstained: str | None
    language: str | None = None
    logit: float | None = None
    base: float = 0.0
    characteristics: tuple[tuple[str, float], ...] = ()
    whole_factor: float = 0.0
    window_factor: float = 0.0
    window_first: int = 0
    window_last: int = 0
    peaks: Mapping[int, float] = field(default_factory=dict)
    course: Mapping[str, float] = field(default_factory=dict)

    def contribution(self, number: int, evidence: int) -> float:
        """Return what the message of a number and evidence adds to the logit."""
        inside = self.window_first <= number <= self.window_last
        return evidence * (self.whole_factor + self.window_factor * inside) + self.peaks.get(number, 0.0)


@dataclass(frozen=True)
class Classifier:
    """The conversation's stage over the evidence of messages; `scale` turns whole numbers into evidence.

    `weights` gives each reading, the amount of text and features of the course their part; those of the readings are
    not negative. `centres` are the mean values of amount and course in training, where they count for nothing.
    """

    scale: float
    power: float
    noise: Noise
    intercept: float
    weights: Mapping[str, float]
    centres: Mapping[str, float]
    calibration: Calibration

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "Classifier":
        """Build it from the `classifier` part of a model's header."""
        return cls(
            scale=header["scale"],
            power=header["power"],
            noise=Noise(header["noise_mean"], header["noise_deviation"]),
            intercept=header["intercept"],
            weights=dict(header["weights"]),
            centres=dict(header["centres"]),
            calibration=Calibration(header["slope"], header["offset"]),
        )

    def judge(
        self,
        state: ConversationState,
        characteristics: tuple[tuple[str, float], ...] = (),
        course: Mapping[str, float | None] | None = None,
    ) -> Judgement:
        """Judge a state that holds enough; the characteristics, the rater's, are passed on.

        `course` stands in for that of the state where it was read before.
        """
        features = course if course is not None else course_of(state) if self.centres else {}
        window = strongest_window(state)
        factors = {
            "whole": self.scale * self.weights["whole"] / whole_divisor(state.grams, self.power),
            "window": self.scale * self.weights["window"] / (window.grams + SHRINKAGE),
        }
        peaks = {
            number: self.weights["peak"] * excess
            for number, excess in peak_excess(state, self.scale, self.noise).items()
        }
        parts = {
            name: self.weights[name] * (value - self.centres[name])
            for name, value in features.items()
            if name in self.centres and value is not None
        }
        base = self.intercept + sum(parts.values())
        evidence = factors["whole"] * state.evidence + factors["window"] * window.evidence
        logit = base + evidence + sum(peaks.values())
        return Judgement(
            probability=self.calibration.probability(logit),
            abstained=None,
            logit=logit,
            base=base,
            characteristics=characteristics,
            whole_factor=factors["whole"],
            window_factor=factors["window"],
            window_first=window.first,
            window_last=window.last,
            peaks=peaks,
            course=parts,
        )


def whole_divisor(grams: int, power: float) -> float:
    """Return what the evidence of all messages is divided by: n-grams to a power, beyond 20,000 to the first.

    A power under 1 lets evidence add up over a conversation; beyond some sixty messages only the mean counts, so that
    unfamiliar chat does not creep upwards by its length.
    """
    size = grams + SHRINKAGE
    return float(size**power * max(1.0, size / SATURATION) ** (1 - power))


def strongest_window(state: ConversationState) -> Window:
    """Return the strongest window; the whole conversation where it is shorter than one."""
    if state.best is not None:
        return state.best
    value = window_value(state.evidence, state.grams)
    return Window(value, 1, state.messages, state.evidence, state.grams)


def peak_excess(state: ConversationState, scale: float, noise: Noise) -> dict[int, float]:
    """Return by number what the strongest messages of one account exceed the threshold by; the strongest account's."""
    threshold = noise.threshold(state.read)
    own: dict[int, dict[int, float]] = {}
    for value, number, account in state.peaks:
        if scale * value <= threshold:
            break
        chosen = own.setdefault(account, {})
        if len(chosen) < STRONGEST:
            chosen[number] = scale * value - threshold
    return max(own.values(), key=lambda chosen: sum(chosen.values()), default={})


def course_of(state: ConversationState) -> dict[str, float | None]:
    """Return the amount of text, as the logarithm of its words, and the features of the conversation's course."""
    return {AMOUNT: float(np.log1p(state.amount.words)), **state.dynamics.features()}


def readings_of(
    state: ConversationState, scale: float, power: float, noise: Noise
) -> tuple[float, float, float]:
    """Return whole, window and peak of a state, before their weights."""
    window = strongest_window(state)
    return (
        scale * state.evidence / whole_divisor(state.grams, power),
        scale * window.value,
        sum(peak_excess(state, scale, noise).values()),
    )
