"""Writes what a person should know of a model before using it: what it saw, its figures, and what it does not
say.
"""

from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from scoring.evaluation import figures
from scoring.fitting import by_conversation
from scoring.pipeline import Model
from scoring.training_data import TrainingData

LIMITS = (
    "A score is a machine's rating of a text. It is not a finding about a person.",
    "The probability holds for conversations like those of the corpus and at its share of positive ones.",
    "The model was not evaluated on languages other than those named.",
)
DEMONSTRATION_LIMIT = (
    "Demonstration, not deployable: trained on generated text only. "
    "Its figures say nothing about real conversations."
)


def card_of(
    model: Model,
    data: TrainingData,
    fitting: np.ndarray,
    tested: TrainingData,
    chosen: np.ndarray,
    *,
    held_out: bool,
) -> dict[str, Any]:
    """Return the card: counts of the corpus, figures on conversations that training did not see, and limits."""
    products = np.asarray(tested.vectors @ model.weights)
    labelled = chosen & (tested.labels >= 0)
    scored = labelled & tested.judged
    probabilities = _probabilities(model, tested, scored, products[:, 0])
    return {
        "corpus": _counts(data),
        "fitted_on": int(fitting.sum()),
        "calibration": "sigmoid",
        "evaluated_on": "a separate corpus" if held_out else "authors set aside",
        "evaluation_digest": tested.digest,
        "abstained": int((labelled & ~tested.judged).sum()),
        "figures": figures(tested.labels[scored], probabilities),
        "heads": _heads(model, tested, chosen, products[:, 1:]),
        "limits": ([DEMONSTRATION_LIMIT] if model.demonstration else []) + list(LIMITS),
    }


def _probabilities(model: Model, data: TrainingData, chosen: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    classifier, result = model.classifier, []
    for part in by_conversation(data, chosen):
        given = classifier.contributions(evidence[part], data.lengths[part], data.senders[part])
        result.append(classifier.calibration.probability(classifier.intercept + float(given.sum())))
    return np.array(result)


def _counts(data: TrainingData) -> dict[str, int]:
    return {
        "conversations": int(data.labels.size),
        "positive": int((data.labels == 1).sum()),
        "benign": int((data.labels == 0).sum()),
        "unlabelled": int((data.labels == -1).sum()),
        "messages": int(data.lengths.size),
        "authors": len(set(data.senders)),
    }


def _heads(
    model: Model, tested: TrainingData, chosen: np.ndarray, products: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Average precision of each head over annotated messages; None where nothing was marked there."""
    rows = tested.messages_of(chosen & tested.annotated)
    ratings = model.rater.rate(products[rows])
    result = {}
    for place, key in enumerate(model.rater.keys):
        marked = np.array([key in tested.keys[row] for row in rows], dtype=bool)
        precision = (
            round(float(average_precision_score(marked, ratings[:, place])), 4) if marked.any() else None
        )
        result[key] = {"marked": int(marked.sum()), "average_precision": precision}
    return result
