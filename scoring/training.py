"""Trains a model from labelled conversations: the same corpus, seed and library versions give the same bytes.

Authors never stand on two sides of a split. The second stage and the calibration are fitted by
author-disjoint folds on conversations that the earlier stage had not seen. Figures come from a second corpus
or, where none is given, from a fold that was set aside before anything was fitted.
"""

import platform
from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy
import sklearn

from scoring.characteristics import READ_KEYS
from scoring.fitting import fit_classifier
from scoring.fitting_heads import Head, fit_heads
from scoring.pipeline import Model
from scoring.sample_corpus import generate
from scoring.training_card import card_of
from scoring.training_data import TrainingData, TrainingError, read_records

__all__ = ["TrainingError", "train", "train_demonstration"]

FOLDS = 5
TEST, CALIBRATION = 0, 1
DEMONSTRATION_SEED = 2026


def train_demonstration(*, seed: int = DEMONSTRATION_SEED) -> tuple[Model, dict[str, Any]]:
    """Train the model that ships: sample corpus in, figures on the held-out grammar, marked as
    demonstration.
    """
    return train(
        generate(seed=seed, count=1_200, share_positive=0.3, split="train"),
        seed=seed,
        name="artemis-demonstration",
        demonstration=True,
        held_out=generate(seed=seed, count=400, share_positive=0.3, split="held_out"),
    )


def train(
    corpus: Iterable[dict[str, Any]],
    *,
    seed: int,
    name: str,
    demonstration: bool,
    held_out: Iterable[dict[str, Any]] | None = None,
) -> tuple[Model, dict[str, Any]]:
    """Train on records in the labelled form and return the model with its card.

    `held_out` is a second corpus for the figures; without it a fifth of the authors is set aside for them.
    Raises TrainingError where a label is missing altogether or from a fold.
    """
    data = read_records(corpus, seed=seed, folds=FOLDS)
    unseen = None if held_out is None else read_records(held_out, seed=seed, folds=1)
    fitting = np.ones(data.labels.size, dtype=bool) if unseen else data.folds != TEST
    classifier, evidence_weights = fit_classifier(data, fitting, seed=seed)
    heads = fit_heads(data, fitting & (data.folds != CALIBRATION), data.folds == CALIBRATION, seed=seed)
    header = _header(data, classifier, heads, seed=seed, name=name, demonstration=demonstration)
    model = Model.from_header(header, np.column_stack([evidence_weights, *(head.weights for head in heads)]))
    tested = (unseen, np.ones(unseen.labels.size, dtype=bool)) if unseen else (data, data.folds == TEST)
    card = card_of(model, data, fitting, *tested, held_out=unseen is not None)
    return Model.from_header(header | {"card": card}, model.weights), card


def _header(
    data: TrainingData,
    classifier: dict[str, float],
    heads: list[Head],
    *,
    seed: int,
    name: str,
    demonstration: bool,
) -> dict[str, Any]:
    trained = [head.key for head in heads]
    return {
        "name": name,
        "demonstration": demonstration,
        "seed": seed,
        "corpus_digest": data.digest,
        "languages": list(data.languages),
        "heads": trained,
        "head_intercepts": [head.intercept for head in heads],
        "untrained": [key for key in READ_KEYS if key not in trained],
        "classifier": classifier,
        "libraries": _libraries(),
        "card": {},
    }


def _libraries() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
