"""Evaluates one model, or one model for each author-disjoint fold, and returns what was measured as numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from scoring.evaluation_accounts import Lines, Named
from scoring.evaluation_attacks import AttackedProbabilities
from scoring.evaluation_characteristics import Ratings
from scoring.evaluation_corpora import Corpora, Record, Tell
from scoring.evaluation_early import Warnings
from scoring.evaluation_facts import Facts
from scoring.evaluation_peers import PeerScores, score_peers
from scoring.evaluation_scoring import Measure, Probabilities, score
from scoring.pipeline import Model
from scoring.training import train

FOLDS = 5
DEFAULT_SEED = 2026


class EvaluationError(ValueError):
    """Nothing can be evaluated; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What is measured besides the figures that every evaluation has.

    `threshold` was fixed beforehand; `cross_validate` is the number of folds that models are trained for.
    """

    seed: int = DEFAULT_SEED
    threshold: float = 0.5
    cross_validate: int | None = None
    early: bool = False
    attacks: bool = False
    peers: bool = False
    prevalence: float = 1e-4
    conversations_a_day: float = 100_000
    lines: Lines | None = None


@dataclass
class Measured:
    """Everything that a card is made from."""

    settings: Settings
    corpora: Corpora
    facts: Facts
    digests: dict[str, str]
    probabilities: Probabilities
    named: Named
    ratings: Ratings
    warnings: Warnings | None
    attacked: AttackedProbabilities | None
    models: list[dict[str, Any]] = field(default_factory=list)
    peers: list[PeerScores] = field(default_factory=list)

    @property
    def measures(self) -> list[Measure]:
        optional = [self.warnings, self.attacked]
        return [self.probabilities, self.named, self.ratings, *(own for own in optional if own is not None)]


def evaluate(corpora: Corpora, settings: Settings, model: Model | None) -> Measured:
    """Evaluate `model` or, without one, a model trained for each fold. Raises EvaluationError, CorpusError and
    TrainingError.
    """
    facts, digests = corpora.facts(seed=settings.seed, folds=settings.cross_validate or FOLDS)
    if not (facts.labels >= 0).any():
        raise EvaluationError(
            "No conversation has a label, so nothing can be compared with what the model says."
        )
    measured = _prepared(corpora, settings, facts, digests)
    for number, (judge, chosen) in enumerate(_models(measured, model), start=1):
        corpora.tell(f"scoring {int(chosen.sum()):,} conversations (model {number})")
        measured.models.append(_described(judge))
        score(judge, corpora, lambda index, mine=chosen: bool(mine[index]), measured.measures)  # type: ignore[misc]
    if settings.peers:
        measured.peers = score_peers(corpora, facts, tell=corpora.tell)
    return measured


def _prepared(corpora: Corpora, settings: Settings, facts: Facts, digests: dict[str, str]) -> Measured:
    return Measured(
        settings=settings,
        corpora=corpora,
        facts=facts,
        digests=digests,
        probabilities=Probabilities(facts.size),
        named=Named(facts.size, settings.lines),
        ratings=Ratings(),
        warnings=Warnings(facts.size, settings.threshold) if settings.early else None,
        attacked=AttackedProbabilities(facts.size, seed=settings.seed) if settings.attacks else None,
    )


def _models(measured: Measured, model: Model | None) -> Iterator[tuple[Model, np.ndarray]]:
    """Each model with the mask [N] of the conversations that it judges."""
    facts, folds = measured.facts, measured.settings.cross_validate
    if model is not None:
        yield model, np.ones(facts.size, dtype=bool)
    elif folds:
        _check_folds(facts, folds)
        for fold in range(folds):
            measured.corpora.tell(f"training for fold {fold + 1} of {folds}")
            yield _trained(measured, fold), facts.folds == fold


def _check_folds(facts: Facts, folds: int) -> None:
    for label, kind in ((1, "positive"), (0, "benign")):
        found = np.unique(facts.folds[facts.labels == label]).size
        if found < folds:
            raise EvaluationError(
                f"{folds} folds need {kind} conversations with senders of their own in each fold, and they fill "
                f"{found} only: choose fewer folds, or bring more conversations of other people."
            )


def _trained(measured: Measured, fold: int) -> Model:
    """Train on the other folds; the fold itself serves the model's own card and nothing else."""
    inside = measured.facts.folds == fold
    unseen = _unseen(measured.corpora)
    return train(
        _chosen(measured.corpora, ~inside & ~unseen[measured.facts.files]),
        seed=measured.settings.seed,
        name=f"fold {fold + 1}",
        demonstration=False,
        held_out=_chosen(measured.corpora, inside),
        progress=partial(_progress, measured.corpora.tell),
    )[0]


def _progress(tell: Tell, sentence: str, share: float | None) -> None:
    tell(sentence if share is None else f"{sentence}, {100 * share:.0f} %")


def _unseen(corpora: Corpora) -> np.ndarray:
    return np.array([file.part == "unseen_negatives" for file in corpora.files])


def _chosen(corpora: Corpora, mask: np.ndarray) -> Iterator[Record]:
    return (record for index, (_, record) in enumerate(corpora.records()) if mask[index])


def _described(model: Model) -> dict[str, Any]:
    header = model.header
    return {
        "name": model.name,
        "digest": model.digest,
        "demonstration": model.demonstration,
        "languages": list(header["languages"]),
        "corpus_digest": header["corpus_digest"],
        "suggested": header["thresholds"]["f05"],
    }


def names_of(models: Sequence[dict[str, Any]]) -> str:
    """Name what was evaluated, in words."""
    return str(models[0]["name"]) if len(models) == 1 else f"{len(models)} models, one for each fold"
