"""How much a feature weighs: by how rare it is, all of it for text that people wrote, its root for generated text; and
by how much oftener one label holds it.
"""

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from scoring.features import BUCKETS, WORD_BUCKETS, Matrix
from scoring.fitting_linear import (
    FEWEST_ROWS,
    SKELETON_WEIGHT,
    distinction,
    fit_column,
    rarity,
    skeletons_first,
)

PLACES = (3, 4, WORD_BUCKETS + 5)
COUNTS = np.array([[2, 1, 1], [1, 0, 1], [5, 0, 1], [0, 1, 1], [9, 9, 9]])


def counts() -> Matrix:
    matrix = sparse.lil_array((len(COUNTS), BUCKETS))
    matrix[:, PLACES] = COUNTS
    return matrix.tocsr()


def test_the_rarity_is_that_of_scikit_learn_over_the_chosen_rows():
    chosen = np.array([True, True, True, True, False])
    theirs = TfidfTransformer().fit(COUNTS[:4]).idf_
    found = rarity(counts(), chosen)
    np.testing.assert_allclose(found[[PLACES[0], PLACES[2]]], theirs[[0, 2]], rtol=1e-12)


def test_what_fewer_than_three_conversations_hold_weighs_nothing():
    found = rarity(counts(), np.array([True, True, True, True, False]))
    assert FEWEST_ROWS == 3
    assert found[PLACES[1]] == 0
    assert np.flatnonzero(found).tolist() == [PLACES[0], PLACES[2]]


def test_generated_text_weighs_by_the_root_and_skeletons_lead():
    rare = rarity(counts(), np.ones(5, dtype=bool))
    weighed = skeletons_first(rare)
    assert weighed[PLACES[0]] == np.sqrt(rare[PLACES[0]])
    assert weighed[PLACES[2]] == SKELETON_WEIGHT * np.sqrt(rare[PLACES[2]])


def test_what_one_label_holds_oftener_weighs_more_by_the_logarithm_of_the_ratio():
    labels, all_rows = np.array([1, 0, 1, 0, 0]), np.ones(5, dtype=bool)
    found = distinction(counts(), labels, all_rows)
    # All of the 2 and all of the 3 hold the last feature, half a row added to each.
    assert found[PLACES[2]] == pytest.approx(2 + np.log((3.5 / 4) / (2.5 / 3)))
    # One of the 2 and two of the 3 hold the second.
    assert found[PLACES[1]] == pytest.approx(2 + np.log((2.5 / 4) / (1.5 / 3)))


def test_the_distinction_is_measured_on_the_chosen_rows_alone_and_has_a_limit():
    labels = np.array([1, 0, 1, 0, 0])
    chosen = np.array([True, True, False, True, False])
    found = distinction(counts(), labels, chosen)
    assert found[PLACES[1]] == pytest.approx(2 + np.log((1.5 / 2) / (1.5 / 3)))
    many = sparse.csr_array((np.ones(500), (np.arange(500), np.zeros(500, dtype=int))), (1_000, BUCKETS))
    told_apart = distinction(many, np.arange(1_000) < 500, np.ones(1_000, dtype=bool))
    assert told_apart[0] == 5


def test_what_tells_apart_by_itself_takes_the_weight_from_what_does_so_in_company():
    labels = np.arange(400) % 2
    alone = labels.astype(float)
    shared = np.where(np.arange(400) % 3 == 0, labels, 1.0 - labels) + 1.0
    columns = sparse.csr_array(np.column_stack([alone, shared]))
    matrix = sparse.csr_array((columns.data, columns.indices, columns.indptr), (400, BUCKETS))
    everything = np.ones(400, dtype=bool)
    rare = rarity(matrix, everything)
    plain, weighed = (
        fit_column(matrix, labels, np.ones(400), weight, c=1.0, seed=1).numbers.astype(float)
        for weight in (rare, rare * distinction(matrix, labels, everything))
    )
    assert abs(weighed[1] / weighed[0]) < abs(plain[1] / plain[0])
