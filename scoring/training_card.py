"""Writes what a person should know of a model before using it: what it saw, its figures, and what it does not
say.
"""

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, precision_recall_curve

from scoring.characteristics import READ_KEYS
from scoring.classifier import AMOUNT
from scoring.evaluation import f_beta, figures
from scoring.fitting import Fitted
from scoring.pipeline import Model
from scoring.stability import SCORE_EDGES
from scoring.state import ConversationState
from scoring.training_data import TrainingData
from scoring.training_spool import Block, messages_of

LIMITS = (
    "A score is a machine's rating of a text. It is not a finding about a person.",
    "The probability holds for conversations like those of the corpus and at its share of positive ones.",
    "The model was not evaluated on languages other than those named.",
)
DEMONSTRATION_LIMIT = (
    "Demonstration, not deployable: trained on generated text only. "
    "Its figures say nothing about real conversations."
)
# Of benign conversations, how many a licensee may be ready to review; claimed only with thirty flags or more behind it.
BUDGETS = (0.05, 0.01, 0.001, 0.0001)
FEWEST_FLAGS = 3


def thresholds_of(fitted: Fitted, labels: np.ndarray) -> dict[str, float]:
    """Suggest thresholds, from probabilities of conversations that no part had seen.

    `f05` gives the highest F0.5, with twice the weight on precision; `share_0.01` is that which one benign conversation
    in a hundred reaches, and so on, as far as there are enough benign ones to say so.
    """
    probabilities = fitted.probabilities
    precision, recall, thresholds = precision_recall_curve(labels, probabilities)
    scores = [f_beta(p, r, 0.5) for p, r in zip(precision[:-1].tolist(), recall[:-1].tolist(), strict=True)]
    suggested = {"f05": _open(float(thresholds[int(np.argmax(scores))]))}
    benign = np.sort(probabilities[labels == 0])[::-1]
    for budget in BUDGETS:
        allowed = int(budget * benign.size)
        if allowed >= FEWEST_FLAGS:
            suggested[f"share_{budget:g}"] = _open(float(np.nextafter(benign[allowed], 1)))
    return suggested


def _open(threshold: float) -> float:
    """A licensee's threshold lies over 0 and under 1."""
    return float(min(max(threshold, 1e-6), 1 - 1e-6))


def card_of(
    model: Model,
    data: TrainingData,
    fitting: np.ndarray,
    fitted: Fitted,
    tested: TrainingData,
    chosen: np.ndarray,
    *,
    held_out: bool,
) -> dict[str, Any]:
    """Return the card: counts of the corpus, figures on conversations that training did not see, and limits."""
    judged = _judged(model, tested, chosen)
    labels, probabilities = judged.labels, judged.probabilities
    scored = ~np.isnan(probabilities)
    threshold = model.header["thresholds"]["f05"]
    return {
        "corpus": _counts(data),
        "fitted_on": int((fitting & data.plain).sum()),
        "calibration": "sigmoid",
        "course": fitted.course,
        "evaluated_on": "a separate corpus" if held_out else "authors set aside",
        "evaluation_digest": tested.digest,
        "abstained": int((~scored).sum()),
        "figures": figures(labels[scored], probabilities[scored]),
        "figures_at_f05": figures(labels[scored], probabilities[scored], threshold=threshold),
        "thresholds": model.header["thresholds"],
        "heads": _heads(model, tested, chosen),
        "reference": _reference(model, judged),
        "limits": ([DEMONSTRATION_LIMIT] if model.demonstration else []) + list(LIMITS),
    }


@dataclass(frozen=True)
class _Judged:
    """Conversations as the worker would judge them, each [n]: `probabilities` are nan where it abstains; `words`, of
    them `known`; `ratings` [n, K] of the heads in the model's order.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    words: np.ndarray
    known: np.ndarray
    ratings: np.ndarray


def _judged(model: Model, data: TrainingData, chosen: np.ndarray) -> _Judged:
    """Judge chosen conversations; of each only its numbers stay in memory."""
    probabilities, ratings, amounts = array("d"), array("d"), array("q")
    for block in data.spool.blocks():
        products, known = block.products(model.weights), block.known(model.vocabulary)
        for own in np.flatnonzero(chosen[block.conversations]).tolist():
            state = ConversationState.of(messages_of(block, own, products, known))
            course = _course(data, own + block.first_conversation)
            course[AMOUNT] = float(np.log1p(state.amount.words))
            judgement = model.judge(state, course=course)
            probabilities.append(np.nan if judgement.probability is None else judgement.probability)
            rated = dict(judgement.characteristics)
            ratings.extend(rated.get(key, np.nan) for key in model.rater.keys)
            amounts.extend((state.amount.words, state.amount.known_words))
    words = np.array(amounts, dtype=np.int64).reshape(-1, 2)
    return _Judged(
        labels=data.labels[chosen].astype(int),
        probabilities=np.array(probabilities),
        words=words[:, 0],
        known=words[:, 1],
        ratings=np.array(ratings).reshape(len(words), len(model.rater.keys)),
    )


def _course(data: TrainingData, number: int) -> dict[str, float | None]:
    row = data.course_of(np.array([number]))[0].tolist()
    return {
        name: None if np.isnan(value) else value for name, value in zip(data.course_names, row, strict=True)
    }


def _counts(data: TrainingData) -> dict[str, int]:
    brought = ~data.misspelt
    return {
        "conversations": int(brought.sum()),
        "positive": int((data.labels[brought] == 1).sum()),
        "benign": int((data.labels[brought] == 0).sum()),
        "unlabelled": int((data.labels[brought] == -1).sum()),
        "messages": data.messages,
        "authors": data.accounts,
    }


def _reference(model: Model, judged: _Judged) -> dict[str, Any]:
    """What drift is measured against: scores, ratings and known words of benign conversations that were not seen."""
    benign = (judged.labels == 0) & ~np.isnan(judged.probabilities)
    counts, _ = np.histogram(judged.probabilities[benign], bins=np.array(SCORE_EDGES))
    words = int(judged.words[benign].sum())
    ratings = judged.ratings[benign]
    return {
        "edges": list(SCORE_EDGES),
        "scores": counts.tolist(),
        "known_share": round(int(judged.known[benign].sum()) / words, 4) if words else None,
        "characteristics": {
            key: round(float(ratings[:, place].mean()), 4)
            for place, key in enumerate(model.rater.keys)
            if ratings.size
        },
    }


def _heads(model: Model, tested: TrainingData, chosen: np.ndarray) -> dict[str, dict[str, Any]]:
    """Average precision of each head over annotated messages; None where nothing was marked there."""
    ratings, marks = [], []
    for block in tested.spool.blocks():
        rows = np.flatnonzero((chosen & tested.annotated)[block.owners + block.first_conversation])
        ratings.append(_ratings(model, block)[rows])
        marks.append(_marks(block)[rows])
    all_ratings, all_marks = np.concatenate(ratings), np.concatenate(marks)
    result = {}
    for place, key in enumerate(model.rater.keys):
        marked = all_marks[:, READ_KEYS.index(key)]
        precision = average_precision_score(marked, all_ratings[:, place]) if marked.any() else None
        result[key] = {
            "marked": int(marked.sum()),
            "average_precision": None if precision is None else round(float(precision), 4),
        }
    return result


def _ratings(model: Model, block: Block) -> np.ndarray:
    return model.rater.rate(block.products(model.weights), block.counts)


def _marks(block: Block) -> np.ndarray:
    marks = np.zeros((block.message_ends.size, len(READ_KEYS)), dtype=bool)
    marks[block.marks[:, 0], block.marks[:, 1]] = True
    return marks
