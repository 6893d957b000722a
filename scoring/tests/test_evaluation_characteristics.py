"""How well each characteristic is found, counted in constant memory."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from scoring.evaluation_characteristics import STEPS, Ratings, average_precision, characteristic_figures
from scoring.tests.evaluated import judged, record
from scoring.tests.trained import small_model

KEY = "secrecy_request"


def add(ratings: Ratings, own: dict, *given: float) -> None:
    ratings.add(judged(0, own, *((0.0, {KEY: rating}) for rating in given)), small_model())


def span(message: str, key: str = KEY) -> dict:
    return {"message": message, "start": 0, "end": 1, "characteristic": key}


def test_average_precision_equals_that_of_scikit_learn_on_rounded_ratings():
    rng = np.random.default_rng(6)
    marked, ratings = rng.random(500) < 0.2, np.round(rng.random(500), 4)
    counts = np.zeros((2, STEPS + 1), dtype=int)
    np.add.at(counts, (marked.astype(int), np.round(ratings * STEPS).astype(int)), 1)
    assert average_precision(counts) == pytest.approx(average_precision_score(marked, ratings))
    assert average_precision(counts * [[1], [0]]) is None


def test_precision_and_recall_at_one_half_by_hand():
    ratings = Ratings()
    add(
        ratings, record(0, 1, texts="abcd", spans=[span("0-0"), span("0-1"), span("0-1")]), 0.9, 0.2, 0.5, 0.1
    )
    (row,) = characteristic_figures(ratings)["rows"]
    assert (row["key"], row["marked"]) == (KEY, 2)
    assert (row["precision"]["part"], row["precision"]["whole"]) == (1, 2)
    assert (row["recall"]["part"], row["recall"]["whole"]) == (1, 2)
    # Order .9 (marked), .5, .2 (marked): (1 + 2/3) / 2
    assert row["average_precision"] == pytest.approx(5 / 6)


def test_only_conversations_that_people_looked_through_count():
    ratings = Ratings()
    add(ratings, record(0, 0, texts="ab"), 0.9, 0.9)
    assert characteristic_figures(ratings) == {"why": "not available: the corpus has no spans"}
    add(ratings, record(1, 0, texts="ab", spans=[]), 0.9, 0.1)
    found = characteristic_figures(ratings)
    assert (found["conversations"], found["messages"]) == (1, 2)
    assert found["rows"][0]["average_precision"] is None


def test_what_is_not_trained_is_listed_with_what_was_marked():
    ratings = Ratings()
    add(ratings, record(0, 1, texts="ab", spans=[span("0-0", "media_request")]), 0.1, 0.1)
    untrained = {row["key"]: row for row in characteristic_figures(ratings)["untrained"]}
    assert untrained["media_request"]["marked"] == 1
    assert KEY not in untrained
