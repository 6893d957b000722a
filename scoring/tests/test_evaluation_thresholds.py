"""Where the line is drawn: fixed beforehand, or chosen on conversations of other people than those reported."""

import numpy as np
import pytest

from scoring.evaluation_operating import best_point, best_threshold, figures_at, fixed_point, suggested_point
from scoring.tests.evaluated import apart, everything, facts_of, labelled, record

NAN = float("nan")


def test_the_best_threshold_lies_halfway_to_the_next_lower_score():
    labels, scores = np.array([1, 1, 0, 1, 0]), np.array([0.9, 0.8, 0.6, 0.5, 0.1])
    # F0.5 is highest after two: 1.25·2/(.25·3 + 2) = .909, against .862 after four.
    assert best_threshold(labels, scores, otherwise=0.5) == pytest.approx(0.7)


def test_one_kind_alone_leaves_the_threshold_where_it_was():
    assert best_threshold(np.array([1, 1]), np.array([0.2, 0.3]), otherwise=0.5) == 0.5


def test_a_fold_is_judged_by_the_threshold_of_the_other_folds():
    facts = labelled(*[1, 0] * 20)
    scores = np.where(facts.labels == 1, 0.8, 0.2) + np.where(facts.folds == 0, 0.0, 0.15)
    point = best_point(facts, scores, everything(facts), otherwise=0.5)
    # Fold 1 has .35 and .95, so fold 0 is cut at .65; fold 0 has .2 and .8, so fold 1 is cut at .5.
    assert point.by_fold == pytest.approx((0.65, 0.5))
    assert np.array_equal(point.thresholds == 0.5, facts.folds == 1)


def test_conversations_that_share_a_sender_are_never_on_both_sides():
    shared = [record(n, n % 2, senders=(f"s{n // 4}", f"t{n}"), texts="ab") for n in range(40)]
    facts = facts_of(shared)
    for group in set(facts.groups.tolist()):
        assert len(set(facts.folds[facts.groups == group].tolist())) == 1
    assert len(set(facts.groups.tolist())) == 10


def test_abstentions_are_reported_both_ways():
    facts = labelled(1, 1, 1, 1, 0, 0, 0, 0, None)
    scores = np.array([0.9, 0.8, 0.4, NAN, 0.7, 0.1, 0.1, NAN, 0.9])
    (found,) = figures_at([fixed_point(0.5, 9)], facts, scores, everything(facts), apart(9))
    out, not_flagged = found["left_out"], found["not_flagged"]
    assert (out["recall"]["part"], out["recall"]["whole"]) == (2, 3)
    assert (not_flagged["recall"]["part"], not_flagged["recall"]["whole"]) == (2, 4)
    assert (out["false_rate"]["value"], not_flagged["false_rate"]["value"]) == (pytest.approx(1 / 3), 0.25)
    assert out["precision"]["value"] == not_flagged["precision"]["value"] == pytest.approx(2 / 3)
    # P = R = 2/3 leaves every F at 2/3; with R = 1/2, F0.5 = 1.25/3 / (1/6 + 1/2)
    assert out["f05"]["value"] == pytest.approx(2 / 3)
    assert not_flagged["f05"]["value"] == pytest.approx(0.625)


def test_the_card_says_where_a_threshold_was_chosen():
    facts = labelled(1, 0, 1, 0)
    scores = np.array([0.9, 0.1, 0.8, 0.2])
    points = [fixed_point(0.5, 4), best_point(facts, scores, everything(facts), otherwise=0.5)]
    fixed, best = figures_at(points, facts, scores, everything(facts), apart(4))
    assert (fixed["chosen"], fixed["thresholds"]) == ("fixed before the evaluation", [0.5])
    assert (
        best["chosen"]
        == "chosen for the best F0.5 on the other folds, whose senders are not in the fold reported"
    )
    assert len(best["thresholds"]) == 2


def test_the_threshold_that_a_model_suggests_holds_for_its_own_fold():
    facts = labelled(*[1, 0] * 4)
    assert suggested_point(facts, [0.7]).thresholds.tolist() == [0.7] * 8
    by_fold = suggested_point(facts, [0.6, 0.8]).thresholds
    assert np.array_equal(by_fold == 0.8, facts.folds == 1)
