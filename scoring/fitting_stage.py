"""Fits the stage over the evidence of messages, and its calibration, on evidence that was never fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, log_expit
from sklearn.linear_model import LogisticRegression

from scoring.classifier import AMOUNT, READINGS, Noise
from scoring.fitting_examples import Examples
from scoring.training_data import TrainingError

# The mean of the evidence (1) does not grow with the length of chat; a lower power must be worth it.
POWERS = (1.0, 0.8, 0.65)
WORTH_A_LOWER_POWER = 0.05
STAGE_C = 1.0
# The course may only help where one source has so many of both labels, and by so much of the loss.
FEWEST_OF_A_LABEL, LEAST_GAIN = 30, 0.05
# The course is held to small weights: what sets a corpus apart need not set conversations apart.
RELUCTANCE = 5.0
LEAST_KNOWN = 0.5
RIDGE, NEWTON_STEPS, NEWTON_TOLERANCE = 1e-6, 100, 1e-9


@dataclass(frozen=True)
class Stage:
    """What was fitted; `logits` and `probabilities` [n] are those of folds that had not been seen."""

    power: float
    noise: Noise
    intercept: float
    weights: dict[str, float]
    centres: dict[str, float]
    slope: float
    offset: float
    logits: np.ndarray
    course: str

    @property
    def probabilities(self) -> np.ndarray:
        return expit(self.slope * self.logits + self.offset)

    def header(self, scale: float) -> dict[str, Any]:
        """Return the `classifier` part of a model's header, with the scale of the head that reads from now on."""
        return {
            "scale": scale,
            "power": self.power,
            "noise_mean": self.noise.mean,
            "noise_deviation": self.noise.deviation,
            "intercept": self.intercept,
            "weights": self.weights,
            "centres": self.centres,
            "slope": self.slope,
            "offset": self.offset,
        }


def fit_stage(examples: Examples, labels: np.ndarray, folds: np.ndarray, sources: np.ndarray) -> Stage:
    """Fit intercept and weights, none of a reading negative, with the course where it helps within one source."""
    power, readings = _best_power(examples, labels, folds)
    examples.course[:, examples.course_names.index(AMOUNT)] = np.log1p(examples.words)
    course, names, centres, said = _useful_course(examples, readings, labels, folds, sources)
    features, limits = np.hstack([readings, course]), len(READINGS)
    logits = cross_fitted(features, labels, folds, limits)
    slope, offset = platt(logits, labels)
    intercept, weights = fit_weights(features, labels, limits)
    return Stage(
        power=power,
        noise=examples.noise,
        intercept=intercept,
        weights=dict(zip((*READINGS, *names), weights.tolist(), strict=True)),
        centres=dict(zip(names, centres, strict=True)),
        slope=slope,
        offset=offset,
        logits=logits,
        course=said,
    )


def _best_power(examples: Examples, labels: np.ndarray, folds: np.ndarray) -> tuple[float, np.ndarray]:
    best, readings = POWERS[0], examples.readings(POWERS[0])
    lowest = loss(cross_fitted(readings, labels, folds, len(READINGS)), labels)
    for power in POWERS[1:]:
        tried = examples.readings(power)
        found = loss(cross_fitted(tried, labels, folds, len(READINGS)), labels)
        if found < lowest * (1 - WORTH_A_LOWER_POWER):
            best, readings, lowest = power, tried, found
    return best, readings


def _useful_course(
    examples: Examples, readings: np.ndarray, labels: np.ndarray, folds: np.ndarray, sources: np.ndarray
) -> tuple[np.ndarray, list[str], list[float], str]:
    """Return the features of the course that help, [n, f] around their centres, their names and centres, and why.

    Corpora bring positive and benign conversations from different places, whose tempo and length tell the places
    apart and not the behaviour. So the course counts only where a source holds both, and lowers the loss there.
    """
    none = np.empty((labels.size, 0)), list[str](), list[float]()
    mixed = [
        source
        for source in np.unique(sources)
        if min(np.bincount(labels[sources == source], minlength=2)) >= FEWEST_OF_A_LABEL
    ]
    if not mixed:
        return *none, "not used: no source holds enough conversations of both labels"
    inside = np.isin(sources, mixed)
    names = _known_enough(examples, labels, inside)
    values, centres = _centred(examples, names)
    chosen = np.flatnonzero(inside)
    before = loss(
        cross_fitted(readings[chosen], labels[chosen], folds[chosen], len(READINGS)), labels[chosen]
    )
    features = np.hstack([readings, values])
    after = loss(cross_fitted(features[chosen], labels[chosen], folds[chosen], len(READINGS)), labels[chosen])
    if after > before * (1 - LEAST_GAIN):
        return *none, f"not used: it lowers the loss from {before:.4f} to {after:.4f} only"
    return values, names, centres, f"used: it lowers the loss from {before:.4f} to {after:.4f}"


def _known_enough(examples: Examples, labels: np.ndarray, inside: np.ndarray) -> list[str]:
    """Names of features that most conversations of both labels have and that vary."""
    known = ~np.isnan(examples.course)
    return [
        name
        for place, name in enumerate(examples.course_names)
        if name != "escalation_slope"
        and all(known[inside & (labels == label), place].mean() >= LEAST_KNOWN for label in (0, 1))
        and np.nanstd(examples.course[:, place]) > 0
    ]


def _centred(examples: Examples, names: Sequence[str]) -> tuple[np.ndarray, list[float]]:
    """Where a feature is not known it stands at its centre and counts for nothing."""
    places = [examples.course_names.index(name) for name in names]
    values = examples.course[:, places]
    centres = np.nanmean(values, axis=0) if places else np.empty(0)
    return np.where(np.isnan(values), 0.0, values - centres), centres.tolist()


def cross_fitted(features: np.ndarray, labels: np.ndarray, folds: np.ndarray, limits: int) -> np.ndarray:
    """Return logits, [n], each by a fit without its fold."""
    logits = np.empty(labels.size)
    for fold in np.unique(folds):
        held = folds == fold
        intercept, weights = fit_weights(features[~held], labels[~held], limits)
        logits[held] = intercept + features[held] @ weights
    return logits


def fit_weights(features: np.ndarray, labels: np.ndarray, limits: int) -> tuple[float, np.ndarray]:
    """Fit intercept and weights by logistic regression; the first `limits` features never lower a score."""
    scale = np.maximum(features.std(axis=0), 1e-9)
    scale[limits:] *= RELUCTANCE
    usable = list(range(features.shape[1]))
    while any(place < limits for place in usable):
        model = LogisticRegression(C=STAGE_C).fit(features[:, usable] / scale[usable], labels)
        weights = np.zeros(features.shape[1])
        weights[usable] = model.coef_[0] / scale[usable]
        if (weights[:limits] >= 0).all():
            return float(model.intercept_[0]), weights
        usable = [place for place in usable if place >= limits or weights[place] > 0]
    raise TrainingError(
        "The texts of the two labels cannot be told apart; there is nothing to learn from this corpus."
    )


def loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean logarithmic loss, in nats."""
    return float(-np.mean(np.where(labels == 1, log_expit(logits), log_expit(-logits))))


def platt(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Fit slope and offset of a sigmoid with smoothed targets (Platt 1999), by Newton's method.

    Raises TrainingError where it would not rise.
    """
    positive, negative = int((labels == 1).sum()), int((labels == 0).sum())
    targets = np.where(labels == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    spread = max(float(logits.std()), 1e-9)
    fitted = _newton(np.column_stack([logits / spread, np.ones(logits.size)]), targets)
    slope, offset = float(fitted[0]) / spread, float(fitted[1])
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
