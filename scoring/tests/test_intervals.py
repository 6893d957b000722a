"""The uncertainty of shares and of figures made from them: Wilson, drawn by groups of senders, rule of three."""

import numpy as np
import pytest

from scoring.evaluation_estimates import BOOTSTRAP, FROM_PARTS, WILSON, WILSON_OVER_GROUPS, Counted
from scoring.evaluation_resampling import Resampling, percentiles
from scoring.intervals import clean_needed, share_with_interval
from scoring.tests.evaluated import apart


def test_wilson_gives_the_interval_of_the_textbook():
    # 81 of 263 (Brown, Cai, DasGupta 2001): .255 to .366
    share, lower, upper = share_with_interval(81, 263)
    assert (share, lower, upper) == (
        pytest.approx(0.308, abs=1e-3),
        pytest.approx(0.255, abs=1e-3),
        pytest.approx(0.366, abs=1e-3),
    )
    assert share_with_interval(0, 0) is None


def test_the_rule_of_three_says_how_many_clean_ones_a_claim_takes():
    assert [clean_needed(rate) for rate in (1e-2, 1e-3, 1e-4)] == [300, 3_000, 30_000]


def counted(groups, **columns):
    resampling = Resampling.of(np.array(groups), seed=4)
    return Counted.of(resampling, {name: np.array(mask, dtype=bool) for name, mask in columns.items()})


def test_conversations_with_senders_of_their_own_get_wilsons_interval():
    own = counted(range(20), part=[1] * 5 + [0] * 15, all=[1] * 20).share("part", "all")
    assert (own["value"], own["interval"]) == (0.25, WILSON)
    assert (own["lower"], own["upper"]) == share_with_interval(5, 20)[1:]


def test_conversations_that_share_senders_get_a_wider_interval():
    flags = np.repeat([1, 0, 0, 0], 50)
    alone = counted(range(200), part=flags, all=[1] * 200).share("part", "all")
    together = counted(np.arange(200) // 10, part=flags, all=[1] * 200).share("part", "all")
    assert together["interval"] == BOOTSTRAP
    assert together["upper"] - together["lower"] > 2.5 * (alone["upper"] - alone["lower"])
    assert together["lower"] < together["value"] < together["upper"]


def test_where_none_counts_the_interval_is_that_of_so_many_groups():
    own = counted(np.arange(100) // 5, part=[0] * 100, all=[1] * 100).share("part", "all")
    assert own["interval"] == WILSON_OVER_GROUPS
    assert (own["lower"], own["upper"]) == share_with_interval(0, 20)[1:]


def test_a_handful_of_groups_is_not_drawn_from():
    own = counted(np.arange(90) // 10, part=np.arange(90) % 3 == 0, all=[1] * 90).share("part", "all")
    assert own["interval"] == WILSON_OVER_GROUPS
    assert (own["lower"], own["upper"]) == pytest.approx(share_with_interval(3, 9)[1:])


def test_nothing_to_count_gives_a_reason_instead_of_a_number():
    own = counted(range(3), part=[0, 0, 0], all=[0, 0, 0]).share("part", "all")
    assert own == {"value": None, "why": "there is nothing to count"}


def test_a_perfect_f_is_not_taken_for_certain():
    own = counted(range(8), true=[1] * 4 + [0] * 4, flagged=[1] * 4 + [0] * 4, positive=[1] * 4 + [0] * 4)
    found = own.f_beta("true", "flagged", "positive", 0.5)
    assert (found["value"], found["interval"]) == (1, FROM_PARTS)
    assert found["lower"] == pytest.approx(share_with_interval(4, 4)[1])


def test_f_beta_of_counts_is_that_of_precision_and_recall():
    # 3 right of 4 flagged, of 6 positive: P .75, R .5, F0.5 = 1.25·.375/(.25·.75 + .5)
    own = counted(
        range(10), true=[1] * 3 + [0] * 7, flagged=[1] * 4 + [0] * 6, positive=[1] * 3 + [0] * 4 + [1] * 3
    )
    assert own.f_beta("true", "flagged", "positive", 0.5)["value"] == pytest.approx(0.46875 / 0.6875)


def test_the_difference_of_two_shares_is_drawn_together():
    before = np.arange(100) < 90
    found = counted(range(100), all=[1] * 100, before=before, after=np.arange(100) < 60)
    own = found.difference(("before", "all"), ("after", "all"))
    assert own["value"] == pytest.approx(0.3)
    # Every conversation lost was found before, so the loss varies like a share of .3: ± .09
    assert (own["lower"], own["upper"]) == (pytest.approx(0.21, abs=0.03), pytest.approx(0.39, abs=0.03))


def test_the_same_seed_gives_the_same_draws_and_another_seed_others():
    columns = np.arange(50, dtype=float)[:, None]
    assert np.array_equal(apart(50).sums(columns), apart(50).sums(columns))
    assert not np.array_equal(apart(50).sums(columns), apart(50, seed=2).sums(columns))


def test_groups_are_drawn_whole():
    resampling = Resampling.of(np.array([7, 7, 3]), seed=1)
    sums = resampling.sums(np.eye(3))
    assert np.array_equal(sums[:, 0], sums[:, 1])
    assert set((sums[:, 0] + sums[:, 2]).tolist()) == {2}


def test_a_part_keeps_the_draws_of_the_whole():
    whole = apart(6)
    part = whole.part(np.array([False, True, False, True, False, False]))
    assert np.array_equal(part.sums(np.eye(2)), whole.sums(np.eye(6))[:, [1, 3]])
    assert part.count() == 2
    assert np.array_equal(np.concatenate(list(part.weights(np.array([1, 0])))), part.sums(np.eye(2))[:, ::-1])


def test_there_are_a_thousand_draws_and_five_hundred_for_large_corpora():
    assert apart(10).draws.number == 1_000
    assert Resampling.of(np.arange(60_000), seed=1).draws.number == 500


def test_a_figure_that_is_mostly_undefined_has_no_interval():
    assert percentiles(np.array([0.5] * 90 + [np.nan] * 10)) is None
    assert percentiles(np.linspace(0, 1, 1001)) == pytest.approx((0.025, 0.975))
