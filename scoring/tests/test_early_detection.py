"""How early a warning comes: the rule, the penalty, speed and ERDE, each against numbers worked out by hand."""

from math import log

import numpy as np
import pytest

from scoring.early_detection import (
    DEFAULT_SKEPTICISM,
    erde_costs,
    first_warnings,
    lateness_cost,
    pace,
    penalty,
    speed,
    weighted_median,
)
from scoring.evaluation_early import NO_BOUNDARIES, Warnings, early_figures
from scoring.tests.evaluated import apart, everything, facts_of, record
from scoring.tests.trained import held_out, small_model

NAN = float("nan")


def naive_first_warning(positive: list[bool], skepticism: int) -> int:
    """The rule as a sentence says it: at each message count the positive among the last ten judgements."""
    for number in range(1, len(positive) + 1):
        if sum(positive[max(0, number - 10) : number]) >= skepticism:
            return number
    return 0


def naive_window_probabilities(model, turns) -> list[float]:
    """Score the last 50 non-empty messages after each one, each time from nothing."""
    own = [turn for turn in turns if turn.text.strip()]
    scored = [model.score(own[max(0, end - 50) : end]) for end in range(1, len(own) + 1)]
    return [NAN if result.probability is None else result.probability for result in scored]


# --- The rule ------------------------------------------------------------------------------------


def test_a_warning_is_raised_by_the_message_that_brings_enough_positive_judgements():
    positive = np.array([0, 0, 1, 1, 1, 1, 1, 0], dtype=bool)
    found = first_warnings(positive)
    assert found.tolist() == [3, 4, 5, 6, 7, 0, 0, 0, 0, 0]
    assert found[DEFAULT_SKEPTICISM - 1] == 7


def test_positive_judgements_that_are_ten_messages_apart_do_not_add_up():
    positive = np.zeros(60, dtype=bool)
    positive[::10] = True
    assert first_warnings(positive).tolist() == [1] + [0] * 9


def test_a_warning_stays_when_later_judgements_are_negative():
    positive = np.array([1] * 5 + [0] * 50, dtype=bool)
    assert first_warnings(positive)[4] == 5


def test_the_rule_equals_its_naive_reading():
    rng = np.random.default_rng(5)
    for _ in range(200):
        positive = rng.random(rng.integers(0, 40)) < rng.random()
        expected = [naive_first_warning(positive.tolist(), skepticism) for skepticism in range(1, 11)]
        assert first_warnings(positive).tolist() == expected


def test_while_there_is_too_little_to_judge_nothing_is_positive():
    taken = Warnings(1, threshold=0.5)
    taken.take(0, (), lambda _: np.array([NAN, NAN, 0.9, 0.5]))
    assert taken.latencies[0].tolist() == [3, 4, 0, 0, 0, 0, 0, 0, 0, 0]


def test_the_windows_judged_are_the_scores_of_the_last_fifty_messages():
    turns = max((turns for _, turns in held_out()), key=len)[:80]
    assert len(turns) > 60
    found = small_model().window_probabilities(turns)
    np.testing.assert_allclose(found, naive_window_probabilities(small_model(), turns), atol=1e-9, rtol=0)
    assert np.isfinite(found).any()


# --- Penalty and speed -------------------------------------------------------------------------------


def test_the_paper_gives_p_for_a_median_of_ninety_messages():
    assert pace(90) == pytest.approx(0.01234, abs=5e-6)
    assert pace(1) is None


def test_a_warning_at_the_first_message_costs_nothing_and_at_the_median_length_one_half():
    p = pace(90)
    assert penalty(np.array([1, 90]), p) == pytest.approx([0, 0.5])
    # exp(−p·178) = 1/9, so −1 + 2/(1 + 1/9) = .8
    assert penalty(np.array([179]), p) == pytest.approx([0.8])


def test_speed_is_one_less_the_median_penalty():
    p = log(3) / 89
    assert speed(np.array([1, 1, 90]), p)[0] == pytest.approx(1.0)
    assert speed(np.array([1, 90]), p)[0] == pytest.approx(1 - 0.25)


def test_the_median_counts_each_value_as_often_as_it_was_drawn():
    rng = np.random.default_rng(3)
    values = rng.integers(1, 50, size=9).astype(float)
    weights = rng.integers(0, 4, size=(40, 9))
    weights[0] = 0
    found = weighted_median(values, weights)
    assert np.isnan(found[0])
    for drawn, own in zip(found[1:], weights[1:], strict=True):
        assert drawn == np.median(np.repeat(values, own))


# --- ERDE --------------------------------------------------------------------------------------------


def test_erde_costs_a_late_warning_almost_as_much_as_none():
    assert lateness_cost(np.array([5]), 5) == pytest.approx([0.5])
    assert lateness_cost(np.array([1]), 5) == pytest.approx([1 - 1 / (1 + np.exp(-4))])
    costs = erde_costs(np.array([1, 1, 0, 0]), np.array([5, 0, 3, 0]), 5, 0.5)
    assert costs == pytest.approx([0.5, 1.0, 0.5, 0.0])


# --- All of it over a small corpus -----------------------------------------------------------------


@pytest.fixture
def small():
    """Positive ones of 9, 11 and 200 messages, benign ones of 20 and 4: warned at 1, at 10, at 60, never, at 2."""
    lengths, labels = (9, 11, 200, 20, 4), (1, 1, 1, 0, 0)
    facts = facts_of(
        record(number, label, texts=["word"] * length)
        for number, (label, length) in enumerate(zip(labels, lengths, strict=True))
    )
    latencies = np.zeros((5, 10), dtype=int)
    latencies[:, DEFAULT_SKEPTICISM - 1] = [1, 10, 60, 0, 2]
    return facts, latencies


def figures_of(small):
    facts, latencies = small
    sources = {"benign": facts.labels == 0}
    return early_figures(latencies, facts, everything(facts), apart(5), threshold=0.5, sources=sources)


def test_f1_is_taken_over_segments_and_latency_over_whole_conversations(small):
    figures = figures_of(small)
    row = figures["rows"][DEFAULT_SKEPTICISM - 1]
    # Of 6 to 150 messages: two positive ones, both warned of, and one benign one, not warned of.
    assert (figures["segments"], figures["whole"], figures["median_length"]) == (3, 3, 11)
    assert (row["f1"]["value"], row["precision"]["value"], row["recall"]["value"]) == (1, 1, 1)
    assert row["latency"]["value"] == 10
    assert row["warned"]["value"] == 1
    assert row["false_alarms"]["part"], row["false_alarms"]["whole"] == (1, 2)


def test_f_latency_is_f1_times_speed(small):
    figures = figures_of(small)
    row = figures["rows"][DEFAULT_SKEPTICISM - 1]
    # p = ln 3 / 10; the median latency is 10: exp(−9p) = 3^−.9
    expected = 1 - (-1 + 2 / (1 + 3**-0.9))
    assert row["speed"]["value"] == pytest.approx(expected)
    assert row["f_latency"]["value"] == pytest.approx(1 * expected)


def test_erde_is_the_mean_cost_of_all_conversations(small):
    row = figures_of(small)["rows"][DEFAULT_SKEPTICISM - 1]
    late = [1 - 1 / (1 + np.exp(k - 5)) for k in (1, 10, 60)]
    assert row["erde"]["5"]["value"] == pytest.approx((sum(late) + 0.6) / 5)


def test_without_any_right_warning_there_is_no_speed(small):
    row = figures_of(small)["rows"][0]
    assert row["f1"]["value"] == 0
    assert row["speed"] == {"value": None, "why": "no positive conversation was warned of"}


def test_the_curve_counts_who_was_warned_of_by_each_message(small):
    curve = {point["message"]: point for point in figures_of(small)["curve"]}
    assert curve[1] == {"message": 1, "positive": pytest.approx(1 / 3), "benign": 0}
    assert curve[10] == {"message": 10, "positive": pytest.approx(2 / 3), "benign": 0.5}
    assert curve[60]["positive"] == 1


def test_a_corpus_of_single_long_texts_has_no_early_detection():
    facts = facts_of([record(1, 1), record(2, 0)])
    found = early_figures(np.zeros((2, 10)), facts, everything(facts), apart(2), threshold=0.5, sources={})
    assert found == {"why": NO_BOUNDARIES}
