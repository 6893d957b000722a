"""What an operator would meet: cases a day and precision at the operator's own prevalence."""

import numpy as np
import pytest

from scoring.evaluation_operating import fixed_point
from scoring.evaluation_prevalence import cases_a_day, precision_at, prevalence_of, prevalence_table
from scoring.tests.evaluated import apart, everything, labelled

RECALL = {"value": 0.8, "lower": 0.7, "upper": 0.9, "interval": "wilson"}
RATE = {"value": 0.01, "lower": 0.008, "upper": 0.012, "interval": "wilson"}


def test_at_one_in_ten_thousand_ten_thousand_flags_hold_eighty_that_are_right():
    day = cases_a_day(RECALL, RATE, 1e-4, 1_000_000)
    assert day["true"]["value"] == pytest.approx(80)
    assert day["true"]["value"] + day["false"]["value"] == pytest.approx(10_079)
    assert day["missed"]["value"] == pytest.approx(20)
    assert (day["missed"]["lower"], day["missed"]["upper"]) == pytest.approx((10, 30))


def test_precision_falls_with_prevalence_and_takes_the_ends_of_both_intervals():
    found = precision_at(RECALL, RATE, 1e-4)
    assert found["value"] == pytest.approx(80 / 10_079, rel=1e-4)
    assert found["lower"] == pytest.approx(70 / (70 + 11_998.8), rel=1e-3)
    assert found["upper"] == pytest.approx(90 / (90 + 7_999.2), rel=1e-3)


def test_no_false_flag_does_not_make_every_flag_right():
    facts = labelled(*[1] * 20, *[0] * 300)
    scores = np.where(facts.labels == 1, 0.9, 0.1)
    (row,) = prevalence_table(
        [fixed_point(0.5, 320)],
        facts,
        scores,
        everything(facts),
        apart(320),
        prevalence=1e-4,
        conversations=1e6,
    )
    own = next(each for each in row["precision"] if each["prevalence"] == 1e-4)
    assert own["value"] == 1
    # The rate may be as high as 1.26 %, so as few as one flag in 150 may be right.
    assert own["lower"] < 1 / 140
    assert row["a_day"]["false"]["value"] == 0
    assert row["a_day"]["false"]["upper"] > 10_000


def test_an_abstention_is_a_miss_in_use():
    facts = labelled(1, 1, 0, 0)
    (row,) = prevalence_table(
        [fixed_point(0.5, 4)],
        facts,
        np.array([0.9, float("nan"), 0.1, 0.1]),
        everything(facts),
        apart(4),
        prevalence=1e-3,
        conversations=1000,
    )
    assert row["recall"]["value"] == 0.5


@pytest.mark.parametrize("written", ["1/10000", "0.0001", "1e-4", "1 / 10000"])
def test_a_prevalence_can_be_written_in_several_ways(written: str):
    assert prevalence_of(written) == pytest.approx(1e-4)


@pytest.mark.parametrize("written", ["0", "1", "-1/5", "many"])
def test_other_prevalences_are_refused(written: str):
    with pytest.raises(ValueError, match=r"prevalence|Invalid"):
        prevalence_of(written)
