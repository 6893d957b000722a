"""What spelling attacks hide: positive conversations judged again with their words misspelt."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from scoring.attacks import ATTACKS
from scoring.evaluation_attacks import SHARES, AttackedProbabilities, attack_figures
from scoring.evaluation_scoring import Judged, turns_of
from scoring.pipeline import Turn
from scoring.tests.evaluated import apart
from scoring.tests.trained import demonstration_model, demonstration_positives, small_corpus, small_model

# Where words lose their borders too, nobody reads them back; that spelling hides much, and the card says so.
HELD = [name for name in ATTACKS if name != "tight_spacing"]


def attacked(*, seed: int) -> AttackedProbabilities:
    found = AttackedProbabilities(6, seed=seed)
    positive = [own for own in small_corpus() if own["label"] == 1][:4]
    benign = next(own for own in small_corpus() if own["label"] == 0)
    for index, own in enumerate([*positive, benign]):
        found.add(Judged(index, own, turns_of(own), small_model().score(turns_of(own))), small_model())
    found.end(small_model())
    return found


def test_every_attack_judges_the_positive_conversations_again_and_no_other():
    found = attacked(seed=1).probabilities
    assert set(found) == {(name, share) for name in ATTACKS for share in SHARES}
    for probabilities in found.values():
        assert np.isnan(probabilities[4:]).all()
    plain = [small_model().score(turns_of(own)).probability for own in small_corpus() if own["label"] == 1][
        :4
    ]
    assert any(found["swaps", 1.0][:4] != plain)


def test_the_same_seed_misspells_the_same_way():
    one, again, other = (attacked(seed=seed).probabilities["mixed", 1.0] for seed in (1, 1, 2))
    assert np.array_equal(one, again, equal_nan=True)
    assert not np.array_equal(one, other, equal_nan=True)


def test_the_loss_is_told_in_points_and_an_abstention_under_attack_is_a_miss():
    positive = np.array([True] * 10)
    flagged = np.array([True] * 9 + [False])
    probabilities = np.array([0.9] * 6 + [0.2, 0.2, float("nan"), 0.9])
    (row,) = attack_figures({("leet", 1.0): probabilities}, flagged, positive, np.full(10, 0.5), apart(10))
    assert row["recall"]["value"] == 0.7
    assert row["loss_points"]["value"] == pytest.approx(20)
    assert row["loss_points"]["lower"] < 20 < row["loss_points"]["upper"]


def share_flagged(conversations: list[Sequence[Turn]]) -> float:
    scored = demonstration_model().score_many(conversations)
    return float(np.mean([(one.probability or 0.0) >= 0.5 for one in scored]))


def test_no_spelling_of_every_word_hides_three_in_a_hundred_from_the_model_that_ships():
    records = demonstration_positives()
    plain = share_flagged([turns_of(own) for own in records])
    assert plain > 0.87
    for name in HELD:
        found = share_flagged([misspelt(own, name) for own in records])
        assert 100 * (plain - found) < 3, name


def misspelt(own: dict[str, Any], name: str) -> list[Turn]:
    rng = Random(f"1:{name}:{own['id']}")
    return [replace(turn, text=ATTACKS[name](turn.text, rng)) for turn in turns_of(own)]
