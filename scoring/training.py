"""Trains a model from labelled conversations: the same corpus, seed and library versions give the same bytes.

Authors never stand on two sides of a split. The second stage and the calibration are fitted by
author-disjoint folds on conversations that the earlier stage had not seen. Figures come from a second corpus
or, where none is given, from a fold that was set aside before anything was fitted.
"""

import platform
from collections.abc import Iterable
from typing import Any

import numba
import numpy as np
import scipy
import sklearn
from threadpoolctl import threadpool_limits

from scoring.characteristics import READ_KEYS
from scoring.features import VOCABULARY_BITS
from scoring.fitting import Fitted, fit_conversations
from scoring.fitting_heads import Head, fit_heads
from scoring.pipeline import Model
from scoring.sample_corpus import generate
from scoring.training_card import card_of, thresholds_of
from scoring.training_data import Progress, TrainingData, TrainingError
from scoring.training_reader import read_records

__all__ = ["TrainingError", "train", "train_demonstration"]

FOLDS = 5
TEST, CALIBRATION = 0, 1
DEMONSTRATION_SEED = 2026


def train_demonstration(
    *, seed: int = DEMONSTRATION_SEED, progress: Progress | None = None
) -> tuple[Model, dict[str, Any]]:
    """Train the model that ships: sample corpus in, figures on the held-out grammar, marked as
    demonstration.
    """
    return train(
        generate(seed=seed, count=1_200, share_positive=0.3, split="train"),
        seed=seed,
        name="artemis-demonstration",
        demonstration=True,
        held_out=generate(seed=seed, count=400, share_positive=0.3, split="held_out"),
        progress=progress,
    )


def train(
    corpus: Iterable[dict[str, Any]],
    *,
    seed: int,
    name: str,
    demonstration: bool,
    held_out: Iterable[dict[str, Any]] | None = None,
    progress: Progress | None = None,
) -> tuple[Model, dict[str, Any]]:
    """Train on records in the labelled form and return the model with its card.

    `held_out` is a second corpus for the figures; without it a fifth of the authors is set aside for them. `progress`
    is told what is done, with a share from 0 to 1 where there is one. Raises TrainingError where a label is missing
    altogether or from a fold.
    """
    data = read_records(corpus, seed=seed, folds=FOLDS, progress=progress)
    unseen = None
    try:
        if held_out is not None:
            unseen = read_records(held_out, seed=seed, folds=1, misspell=False)
        # Sums of several threads differ in the last bits by how many there are; for matrices this small one is faster.
        with threadpool_limits(limits=1):
            return _trained(
                data, unseen, seed=seed, name=name, demonstration=demonstration, progress=progress
            )
    finally:
        data.close()
        if unseen is not None:
            unseen.close()


def _trained(
    data: TrainingData,
    unseen: TrainingData | None,
    *,
    seed: int,
    name: str,
    demonstration: bool,
    progress: Progress | None,
) -> tuple[Model, dict[str, Any]]:
    fitting = np.ones(data.labels.size, dtype=bool) if unseen else data.folds != TEST
    fitted = fit_conversations(data, fitting, seed=seed, generated=demonstration, progress=progress)
    teaching = fitting & (data.folds != CALIBRATION)
    heads = fit_heads(data, teaching, data.folds == CALIBRATION, seed=seed, progress=progress)
    header = _header(data, fitted, heads, seed=seed, name=name, demonstration=demonstration)
    columns = [fitted.column, *(head.column for head in heads)]
    weights = np.column_stack([column.numbers for column in columns])
    model = Model.from_header(header, weights, _vocabulary(data, fitting))
    tested = (unseen, unseen.plain) if unseen else (data, data.plain & (data.folds == TEST))
    card = card_of(model, data, fitting, fitted, *tested, held_out=unseen is not None)
    return Model.from_header(header | {"card": card}, weights, model.vocabulary), card


def _vocabulary(data: TrainingData, fitting: np.ndarray) -> np.ndarray:
    """Mark the words of two or more of the conversations that were fitted to, [2²⁰] bool.

    A word of one conversation alone is a name or a slip; and the fewer bits are set, the fewer other words share one.
    """
    seen = np.zeros(2**VOCABULARY_BITS, dtype=np.int64)
    plain = fitting & ~data.misspelt
    for block in data.spool.blocks():
        of_message = np.where(plain[block.conversations][block.owners], block.owners, -1)
        of_word = np.repeat(of_message, np.diff(block.message_ends, prepend=0))
        held = of_word >= 0
        once = np.unique((of_word[held] << VOCABULARY_BITS) + block.places[block.words[held]])
        seen += np.bincount(once % 2**VOCABULARY_BITS, minlength=seen.size)
    return seen >= 2


def _header(
    data: TrainingData, fitted: Fitted, heads: list[Head], *, seed: int, name: str, demonstration: bool
) -> dict[str, Any]:
    trained = [head.key for head in heads]
    return {
        "name": name,
        "demonstration": demonstration,
        "seed": seed,
        "corpus_digest": data.digest,
        "languages": list(data.languages),
        "heads": trained,
        "head_scales": [head.column.scale for head in heads],
        "head_intercepts": [head.intercept for head in heads],
        "untrained": [key for key in READ_KEYS if key not in trained],
        "classifier": fitted.header,
        "thresholds": thresholds_of(fitted, data.labels[fitted.unseen]),
        "libraries": _libraries(),
        "card": {},
    }


def _libraries() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
