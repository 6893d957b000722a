"""Figures over all thresholds: equal to scikit-learn's, and drawn again as if conversations were repeated."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from scoring.evaluation_curves import Curve, curve_figures, false_rate_at_recall, points
from scoring.intervals import share_with_interval
from scoring.tests.evaluated import apart


@pytest.fixture
def tied():
    """Labels and scores with many ties."""
    rng = np.random.default_rng(8)
    labels = (rng.random(300) < 0.3).astype(int)
    return labels, np.round(np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1), 1)


def test_areas_equal_those_of_scikit_learn(tied):
    labels, scores = tied
    counts = Curve(labels, scores).observed
    assert counts.average_precision()[0] == pytest.approx(average_precision_score(labels, scores))
    assert counts.roc_area()[0] == pytest.approx(roc_auc_score(labels, scores))


def test_a_draw_counts_a_conversation_as_often_as_it_was_drawn(tied):
    labels, scores = tied
    weights = np.random.default_rng(2).integers(0, 3, size=(5, 300))
    curve = Curve(labels, scores)
    drawn = curve.counts(weights[:, curve.order])
    for place, own in enumerate(weights):
        repeated = np.repeat(labels, own), np.repeat(scores, own)
        assert drawn.average_precision()[place] == pytest.approx(average_precision_score(*repeated))
        assert drawn.roc_area()[place] == pytest.approx(roc_auc_score(*repeated))


def test_thresholds_between_which_nothing_turns_are_left_out_and_change_nothing():
    labels = np.array([1, 0, 0, 0, 1, 1, 0, 0])
    curve = Curve(labels, np.arange(8, 0, -1) / 8)
    assert (curve.thresholds * 8).tolist() == [8, 5, 4, 3, 1]
    assert curve.observed.roc_area()[0] == pytest.approx(roc_auc_score(labels, curve.scores))
    assert curve.observed.average_precision()[0] == pytest.approx(
        average_precision_score(labels, curve.scores)
    )


def test_recall_at_a_rate_is_the_highest_whose_false_flags_stay_within_it():
    labels = np.array([1, 0, 1, 1] + [0] * 99)
    scores = np.array([0.9, 0.8, 0.7, 0.6] + [0.1] * 99)
    counts = Curve(labels, scores).observed
    assert counts.recall_at(0)[0] == pytest.approx(1 / 3)
    assert counts.recall_at(0.01)[0] == 1


def test_a_rate_that_the_benign_conversations_cannot_show_is_refused_in_words():
    labels, scores = np.array([1] * 20 + [0] * 200), np.linspace(1, 0, 220)
    hundredth, thousandth, _ = curve_figures(Curve(labels, scores), apart(220))["recall_at"]
    assert hundredth["value"] == 1
    assert thousandth["value"] is None
    assert thousandth["why"] == (
        "200 benign conversations were judged; one false flag among them is already more than 1 in 1,000"
    )
    assert thousandth["clean_needed"] == 3_000


def test_the_interval_of_an_area_holds_it(tied):
    labels, scores = tied
    area = curve_figures(Curve(labels, scores), apart(300))["pr_auc"]
    assert 0.3 < area["lower"] < area["value"] < area["upper"] < 1
    assert area["upper"] - area["lower"] > 0.05


def test_a_perfect_area_is_not_taken_for_certain():
    area = curve_figures(Curve(np.array([1, 1, 0, 0]), np.array([0.9, 0.8, 0.2, 0.1])), apart(4))["pr_auc"]
    assert area == {"value": 1.0, "lower": None, "upper": None, "interval": None}


def test_one_kind_alone_has_no_curve():
    found = curve_figures(Curve(np.zeros(4), np.linspace(0, 1, 4)), apart(4))
    assert found["pr_auc"]["why"] == "it takes positive and benign conversations, and one kind is missing"
    assert found["points"] == []


def test_the_threshold_for_a_recall_comes_from_the_positive_ones():
    labels = np.array([1] * 10 + [0] * 10)
    scores = np.concatenate(
        [np.arange(10, 0, -1) / 10, [0.95, 0.25, 0.2, 0.15, 0.1, 0.05, 0.04, 0.03, 0.02, 0.01]]
    )
    found = false_rate_at_recall(Curve(labels, scores), apart(20))
    # Nine of ten positive ones are at .2 or over; so are three benign ones.
    assert (found["threshold"], found["part"], found["whole"]) == (0.2, 3, 10)
    assert found["lower"] <= share_with_interval(3, 10)[1]
    assert found["upper"] >= share_with_interval(3, 10)[2]


def test_no_false_flag_is_not_a_rate_of_nought():
    labels = np.array([1] * 20 + [0] * 500)
    found = false_rate_at_recall(Curve(labels, labels * 0.9), apart(520))
    assert found["value"] == 0
    assert found["upper"] == pytest.approx(3.84 / 500, rel=0.02)


def test_the_points_drawn_span_the_curve(tied):
    labels, scores = tied
    found = points(Curve(labels, scores))
    assert found[-1]["recall"] == 1
    assert found[-1]["false_rate"] == 1
    assert len(found) <= 60
    assert [point["threshold"] for point in found] == sorted(
        (point["threshold"] for point in found), reverse=True
    )
