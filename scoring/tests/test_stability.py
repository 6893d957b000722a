"""The population stability index: what it says, and when it says nothing."""

import numpy as np
import pytest

from scoring.stability import (
    MOVED,
    SCORE_EDGES,
    Stability,
    Verdict,
    bin_of,
    compare,
    compare_shares,
    needed,
    stability_index,
    verdict_of,
)

SHAPE = np.array([60, 10, 8, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1]) / 100


def test_equal_distributions_give_nothing_whatever_their_size():
    assert stability_index([10, 20, 30], [10, 20, 30]) == 0
    assert stability_index([1000, 2000, 3000], [100, 200, 300]) == pytest.approx(0, abs=1e-4)


def test_it_is_the_textbooks_sum():
    expected = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)
    assert stability_index([5e6, 5e6], [6e6, 4e6]) == pytest.approx(expected, abs=1e-6)


def test_an_empty_bin_gives_a_finite_index():
    assert 0.25 < stability_index([100, 0], [50, 50]) < 10


@pytest.mark.parametrize(
    ("index", "verdict"),
    [(0.0, "stable"), (0.0999, "stable"), (0.1, "moved"), (0.25, "moved"), (0.2501, "drifted")],
)
def test_the_usual_convention(index: float, verdict: str):
    assert verdict_of(index) == verdict


def test_as_many_as_needed_keep_chance_alone_under_the_limit():
    random, reference = np.random.default_rng(5), 2_000
    least = needed(reference, SHAPE.size)
    indexes = [
        stability_index(
            random.multinomial(reference, SHAPE).tolist(), random.multinomial(least, SHAPE).tolist()
        )
        for _ in range(1_000)
    ]
    assert np.quantile(indexes, 0.95) == pytest.approx(MOVED, abs=0.02)


def test_a_reference_that_is_too_small_says_nothing():
    assert needed(200, 15) is None
    assert compare([100, 100], [10**6, 10**6]).verdict is Verdict.STABLE
    assert compare([5, 5], [10**6, 10**6]) == Stability(Verdict.NOTHING, counted=2 * 10**6)


def test_shares_are_two_bins_and_told_only_where_the_whole_is():
    enough, few = Stability(Verdict.STABLE, 0.0, 900, 260), Stability(Verdict.TOO_FEW, None, 12, 260)
    assert compare_shares(0.5, 0.6, enough=enough).index == pytest.approx(
        stability_index([5e8, 5e8], [6e8, 4e8]), abs=1e-6
    )
    assert compare_shares(0.0, 1.0, enough=enough).verdict is Verdict.DRIFTED
    assert compare_shares(0.5, 0.6, enough=few) == few


@pytest.mark.parametrize(
    ("value", "place"), [(-1.0, 0), (0.0, 0), (0.0099, 0), (0.01, 1), (0.7, 10), (0.99, 14), (1.0, 14)]
)
def test_a_bin_holds_its_lower_edge_and_the_last_one_both(value: float, place: int):
    assert bin_of(value, SCORE_EDGES) == place
