"""The compiled judgement is what `classifier.py`, `rater.py` and `abstention.py` say of the same state."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.abstention import reason
from scoring.classifier import READINGS, Noise, peak_excess, readings_of, strongest_window
from scoring.compiled import COUNTS, GRAMS, KNOWN, LETTERS, WORDS
from scoring.compiled_course import ACCOUNT, FACTS
from scoring.pipeline import Model
from scoring.state import ConversationState, Messages
from scoring.tests.trained import small_model

MESSAGE = st.tuples(st.integers(0, 60), st.integers(-(10**7), 10**7), st.integers(0, 3), st.integers(0, 9))


def state_of(rows, heads):
    """A state of messages (n-grams, product, account, words), of which each head reads another part."""
    counts = np.zeros((len(rows), COUNTS), dtype=np.int64)
    facts = np.zeros((len(rows), FACTS), dtype=np.int64)
    for place, (grams, _, account, words) in enumerate(rows):
        counts[place, [GRAMS, WORDS, KNOWN, LETTERS]] = grams, words, max(0, words - 2), 5 * words
        facts[place, ACCOUNT] = account
    products = np.array([[product // (1 + head % 3) for head in range(1 + heads)] for _, product, *_ in rows])
    return ConversationState.of(Messages(1, products, counts, facts, 1.0))


def noisy(model: Model, deviation: float) -> Model:
    return replace(model, classifier=replace(model.classifier, noise=Noise(0.0, deviation), centres={}))


@settings(deadline=None, max_examples=150)
@given(st.lists(MESSAGE, min_size=1, max_size=130), st.sampled_from([0.01, 1.0, 9.0]))
def test_a_state_is_judged_as_its_readings_say(rows, deviation):
    model = noisy(small_model(), deviation)
    classifier, state = model.classifier, state_of(rows, len(model.rater.keys))
    judged = model.judge(state)
    assert (judged.abstained is None) == (reason(state.amount, languages=model.languages) is None)
    if judged.logit is None:
        return
    readings = readings_of(state, classifier.scale, classifier.power, classifier.noise)
    given = sum(classifier.weights[name] * value for name, value in zip(READINGS, readings, strict=True))
    assert judged.logit == pytest.approx(classifier.intercept + given, rel=1e-9, abs=1e-9)
    assert judged.probability == pytest.approx(classifier.calibration.probability(judged.logit), rel=1e-12)
    excess = peak_excess(state, classifier.scale, classifier.noise)
    weight = classifier.weights["peak"]
    assert judged.peaks == {number: weight * over for number, over in excess.items()}
    window = strongest_window(state)
    assert (judged.window_first, judged.window_last) == (window.first, window.last)


@settings(deadline=None, max_examples=60)
@given(st.lists(MESSAGE, min_size=20, max_size=60))
def test_heads_rate_by_their_strongest_message_highest_first(rows):
    model = noisy(small_model(), 1.0)
    rater, state = model.rater, state_of(rows, len(model.rater.keys))
    judged = model.judge(state)
    if judged.logit is None:
        return
    crowd = np.log(max(1.0, state.totals.read / 20))
    ratings = 1 / (1 + np.exp(-(state.strongest * rater.scales + rater.intercepts - crowd)))
    assert dict(judged.characteristics) == pytest.approx(
        dict(zip(rater.keys, ratings, strict=True)), abs=1e-12
    )
    values = [rating for _, rating in judged.characteristics]
    assert values == sorted(values, reverse=True)


def test_extreme_logits_give_a_probability_and_no_overflow():
    model = noisy(small_model(), 1.0)
    for sign in (-1, 1):
        state = state_of([(9, sign * 10**15, 0, 20)] * 60, len(model.rater.keys))
        assert model.judge(state).probability == pytest.approx(float(sign > 0), abs=1e-9)
