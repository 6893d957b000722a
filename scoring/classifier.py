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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from scoring.abstention import Abstention
from scoring.compiled_judgement import MOST_PEAKS, judge, whole_divisor
from scoring.dynamics import RANGES
from scoring.rater import Rater
from scoring.state import ConversationState, Window, window_value

_INT64 = np.dtype(np.int64)
_NONE = np.empty(0)
READINGS = ("whole", "window", "peak")
AMOUNT = "amount"
_COURSE = (AMOUNT, *RANGES)
NOTHING: Mapping[Any, float] = MappingProxyType({})


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


class Judgement(NamedTuple):
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
    peaks: Mapping[int, float] = NOTHING
    course: Mapping[str, float] = NOTHING

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
        rater: Rater,
        course: Mapping[str, float | None] | None,
        ask: Callable[[], Abstention | None],
    ) -> Judgement:
        """Judge a state; `ask` says why it must not be, where there is little text, of odd letters or unknown words.

        `course` stands in for that of the state where it was read before.
        """
        keys, base, weights, parts = rater.keys, self.intercept, self._course_weights, NOTHING
        if course is not None:
            parts, weights = self._parts(course), _NONE
            base += sum(parts.values())
        heads = len(keys)
        found, real = np.empty(heads + MOST_PEAKS, _INT64), np.empty(heads + weights.size + MOST_PEAKS)
        is_enough, probability, logit, base, whole, window, first, last, rated, peaks = judge(
            state.numbers, self._parameters, base, weights, self._course_centres, rater.scales, rater.intercepts, found,
            real,
        )  # fmt: skip
        if not is_enough and (abstention := ask()) is not None:
            return Judgement(None, abstention.key, abstention.language)
        places, values = found.tolist(), real.tolist()
        named = tuple(zip(map(keys.__getitem__, places[:rated]), values, strict=False))
        if weights.size:
            parts = {name: part for name, part in zip(_COURSE, values[heads:], strict=False) if part == part}
        strongest = NOTHING
        if peaks:
            excess = values[heads + weights.size :]
            strongest = dict(zip(places[heads : heads + peaks], excess, strict=False))
        return Judgement(
            probability, None, None, logit, base, named, whole, window, first, last, strongest, parts
        )

    @cached_property
    def _parameters(self) -> np.ndarray:
        """What the compiled loops need to know, in their order."""
        readings = [self.weights[name] for name in READINGS]
        noise, calibration = self.noise, self.calibration
        return np.array(
            [
                self.scale,
                self.power,
                noise.mean,
                noise.deviation,
                *readings,
                calibration.slope,
                calibration.intercept,
            ],
            dtype=np.float64,
        )

    @cached_property
    def _course_weights(self) -> np.ndarray:
        """The weight of the amount of text and of each feature of the course, nan where it does not count."""
        if not self.centres:
            return _NONE
        return np.array([self.weights[name] if name in self.centres else np.nan for name in _COURSE])

    @cached_property
    def _course_centres(self) -> np.ndarray:
        return np.array([self.centres.get(name, np.nan) for name in _COURSE])

    def _parts(self, course: Mapping[str, float | None]) -> dict[str, float]:
        """Return what the amount of text and the course of a conversation give."""
        return {
            name: self.weights[name] * (value - self.centres[name])
            for name, value in course.items()
            if name in self.centres and value is not None
        }


def strongest_window(state: ConversationState) -> Window:
    """Return the strongest window; the whole conversation where it is shorter than one."""
    if (best := state.best) is not None:
        return best
    messages, _, evidence, grams = state.totals
    return Window(window_value(evidence, grams), 1, messages, evidence, grams)


def peak_excess(state: ConversationState, scale: float, noise: Noise) -> dict[int, float]:
    """Return by number what the strongest messages of one account exceed the threshold by; the strongest account's."""
    threshold = noise.threshold(state.totals.read)
    own: dict[int, dict[int, float]] = {}
    for value, number, account in state.peaks_over(threshold / scale):
        chosen = own.setdefault(account, {})
        if len(chosen) < MOST_PEAKS:
            chosen[number] = scale * value - threshold
    return max(own.values(), key=lambda chosen: sum(chosen.values()), default={})


def readings_of(
    state: ConversationState, scale: float, power: float, noise: Noise
) -> tuple[float, float, float]:
    """Return whole, window and peak of a state, before their weights."""
    window = strongest_window(state)
    return (
        scale * state.totals.evidence / whole_divisor(state.totals.grams, power),
        scale * window.value,
        sum(peak_excess(state, scale, noise).values()),
    )
