"""Measures what spelling attacks hide: positive conversations are misspelt as a whole and judged once more."""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from scoring.attacks import ATTACKS
from scoring.evaluation_estimates import Counted, Figure
from scoring.evaluation_resampling import Resampling
from scoring.evaluation_scoring import Judged
from scoring.pipeline import Model, Turn

SHARES = (0.3, 1.0)
HELD_BACK = 100

Key = tuple[str, float]


class AttackedProbabilities:
    """The probability of each positive conversation under each attack, [N]; nan where the model abstained.

    Every message is misspelt, not only those of one account: more than an attacker controls.
    """

    def __init__(self, size: int, *, seed: int) -> None:
        self.probabilities: dict[Key, np.ndarray] = {
            (name, share): np.full(size, np.nan) for name in ATTACKS for share in SHARES
        }
        self.seed = seed
        self._waiting: list[tuple[int, str, Sequence[Turn]]] = []

    def add(self, judged: Judged, model: Model) -> None:
        if judged.record.get("label") != 1:
            return
        self._waiting.append((judged.index, str(judged.record["id"]), judged.turns))
        if len(self._waiting) >= HELD_BACK:
            self.end(model)

    def end(self, model: Model) -> None:
        """Judge what is waiting under every attack."""
        for key, probabilities in self.probabilities.items():
            attacked = [self._attacked(key, own, turns) for _, own, turns in self._waiting]
            for (index, _, _), scored in zip(self._waiting, model.score_many(attacked), strict=True):
                probabilities[index] = np.nan if scored.probability is None else scored.probability
        self._waiting.clear()

    def _attacked(self, key: Key, conversation: str, turns: Sequence[Turn]) -> list[Turn]:
        name, share = key
        rng = Random(f"{self.seed}:{name}:{share}:{conversation}")  # noqa: S311 - reproducible, not secret
        return [
            Turn(turn.id, turn.sender, turn.sent_at, ATTACKS[name](turn.text, rng, share)) for turn in turns
        ]


def attack_figures(
    attacked: dict[Key, np.ndarray],
    flagged: np.ndarray,
    positive: np.ndarray,
    thresholds: np.ndarray,
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Return for each attack recall at the same thresholds and the loss in points, over `positive` conversations
    (those that the model judged unattacked); an abstention under attack is a miss.
    """
    columns = {"all": positive, "before": positive & flagged}
    for (name, share), probabilities in attacked.items():
        still = np.nan_to_num(probabilities, nan=-np.inf) >= thresholds
        columns[f"{name}:{share}"] = positive & still
    counted = Counted.of(resampling, columns)
    return [
        {
            "attack": name,
            "share": share,
            "recall": counted.share(f"{name}:{share}", "all"),
            "loss_points": _points(counted.difference(("before", "all"), (f"{name}:{share}", "all"))),
        }
        for name, share in attacked
    ]


def _points(figure: Figure) -> Figure:
    """A share as percentage points."""
    kept = ("value", "lower", "upper")
    return figure | {name: 100 * figure[name] for name in kept if figure.get(name) is not None}
