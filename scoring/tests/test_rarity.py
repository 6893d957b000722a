"""How much a feature weighs by how rare it is: all of it for text that people wrote, its root for generated text."""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from scoring.features import BUCKETS, WORD_BUCKETS, Matrix
from scoring.fitting_linear import FEWEST_ROWS, SKELETON_WEIGHT, rarity, skeletons_first

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
