"""Pools the evidence of single messages into one logit for the conversation, as an exact sum of what each
message gave.

Two readings of the same evidence m_i are added:

- *whole*: the mean of m_i weighted by the length of each message's vector, the linear score of the text taken
  together;
- *peak*: what the strongest messages of one account exceed a threshold by. The threshold is the strongest
  value that n ordinary messages show by chance, μ + σ·√(2·ln n) (the universal threshold of Donoho and
  Johnstone 1994, Biometrika 81:3), so a benign conversation does not creep upwards only because it is long.
  At most `STRONGEST` messages count.

No list of phrases, no score of a pair of people and no declared age enters.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

STRONGEST = 10


@dataclass(frozen=True)
class Calibration:
    """A sigmoid over the logit (Platt 1999); `slope` is positive, so the order of conversations stays."""

    slope: float
    intercept: float

    def probability(self, logit: float) -> float:
        """Return the probability, from 0 to 1, for a logit before calibration."""
        return float(expit(self.slope * logit + self.intercept))


@dataclass(frozen=True)
class Noise:
    """Mean and standard deviation of the evidence of single messages in benign conversations."""

    mean: float
    deviation: float

    def threshold(self, count: int) -> float:
        """Return the evidence that `count` ordinary messages are expected to stay below."""
        return self.mean + self.deviation * float(np.sqrt(2 * np.log(max(1, count))))


@dataclass(frozen=True)
class Pooled:
    """The two readings, each as one value a message; a reading is the sum of its column."""

    whole: np.ndarray
    peak: np.ndarray


def pool(evidence: np.ndarray, lengths: np.ndarray, senders: Sequence[str], noise: Noise) -> Pooled:
    """Split the readings of one conversation over its messages; all three inputs have one entry a message.

    `lengths` is 0 for a message without n-grams, which then counts for nothing.
    """
    total = lengths.sum()
    whole = evidence * lengths / total if total > 0 else np.zeros_like(evidence)
    excess = np.maximum(evidence - noise.threshold(int((lengths > 0).sum())), 0.0)
    excess[lengths == 0] = 0.0
    return Pooled(whole, _strongest_account(excess, senders))


def _strongest_account(excess: np.ndarray, senders: Sequence[str]) -> np.ndarray:
    """Keep the strongest messages of the account whose strongest messages sum highest; the first account wins
    a tie.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place in np.flatnonzero(excess).tolist():
        places[senders[place]].append(place)
    chosen = [sorted(own, key=lambda place: -excess[place])[:STRONGEST] for own in places.values()]
    kept = np.zeros_like(excess)
    if chosen:
        best = max(chosen, key=lambda own: float(excess[own].sum()))
        kept[best] = excess[best]
    return kept


@dataclass(frozen=True)
class Classifier:
    """The conversation head; `weights` is [buckets], the calibration a monotone map after the sum."""

    weights: np.ndarray
    noise: Noise
    intercept: float
    whole: float
    peak: float
    calibration: Calibration

    def contributions(self, evidence: np.ndarray, lengths: np.ndarray, senders: Sequence[str]) -> np.ndarray:
        """Return what each message adds to the logit, [n]; intercept + their sum is the logit."""
        pooled = pool(evidence, lengths, senders, self.noise)
        return self.whole * pooled.whole + self.peak * pooled.peak

    @classmethod
    def from_header(cls, header: dict[str, float], weights: np.ndarray) -> "Classifier":
        """Build the head from the `classifier` part of a model's header."""
        return cls(
            weights=weights,
            noise=Noise(header["noise_mean"], header["noise_deviation"]),
            intercept=header["intercept"],
            whole=header["whole"],
            peak=header["peak"],
            calibration=Calibration(header["slope"], header["offset"]),
        )
