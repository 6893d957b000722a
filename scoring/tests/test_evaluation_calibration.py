"""Whether probabilities come true: Brier score, calibration errors, reliability table."""

import numpy as np
import pytest

from scoring.evaluation import calibration_error
from scoring.evaluation_calibration import calibration_figures, equal_mass, equal_width
from scoring.tests.evaluated import apart


def test_brier_score_and_calibration_error_by_hand():
    labels, probabilities = np.array([1, 0, 1, 0]), np.array([0.95, 0.95, 0.25, 0.05])
    found = calibration_figures(labels, probabilities, apart(4))
    # (.05² + .95² + .75² + .05²) / 4
    assert found["brier"]["value"] == pytest.approx(0.3675)
    # bins: {.95, .95} 1.9 − 1, {.25} 1 − .25, {.05} .05: (.9 + .75 + .05) / 4
    assert found["ece"]["value"] == pytest.approx(0.425)
    assert found["ece"]["value"] == pytest.approx(calibration_error(labels, probabilities))


def test_a_calibrated_score_has_a_small_error_and_a_shifted_one_a_large_one():
    rng = np.random.default_rng(3)
    probabilities = rng.random(4_000)
    labels = (rng.random(4_000) < probabilities).astype(int)
    good = calibration_figures(labels, probabilities, apart(4_000))
    bad = calibration_figures(labels, probabilities**3, apart(4_000))
    assert good["ece"]["upper"] < 0.03
    assert bad["ece"]["lower"] > 0.15
    assert bad["ece_equal_mass"]["value"] > 0.15
    assert bad["ece"]["lower"] < bad["ece"]["value"] < bad["ece"]["upper"]


def test_the_table_has_a_row_for_each_bin_that_holds_any():
    labels = np.array([0, 0, 1, 1, 1])
    found = calibration_figures(labels, np.array([0.0, 0.09, 0.55, 0.58, 1.0]), apart(5))
    low, middle, high = found["bins"]
    assert (low["conversations"], low["positive"]["value"], low["predicted"]) == (2, 0, pytest.approx(0.045))
    assert (middle["from"], middle["to"], middle["positive"]["part"]) == (0.55, 0.58, 2)
    assert (high["conversations"], high["predicted"]) == (1, 1)


def test_bins_of_equal_width_and_of_equal_mass():
    assert equal_width(np.array([0, 0.099, 0.1, 0.999, 1])).tolist() == [0, 0, 1, 9, 9]
    assert np.bincount(equal_mass(np.linspace(0, 0.2, 100))).tolist() == [10] * 10
    assert len(set(equal_mass(np.array([0.3] * 50)).tolist())) == 1


def test_without_a_judged_conversation_there_are_no_figures():
    found = calibration_figures(np.zeros(0), np.zeros(0), apart(0))
    assert found["ece"] == {"value": None, "why": "no labelled conversation was judged"}
