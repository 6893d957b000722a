"""Reasons are the score itself in plain words: they point at the original characters and judge nobody."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.explanation import Explanation, basis_of, explain, strongest_spans, word_weights
from scoring.explanation_words import DEMONSTRATION, WITHOUT_EVALUATION
from scoring.features import divisors
from scoring.pipeline import Turn
from scoring.tests.trained import held_out, small_corpus, small_model, turns_of
from scoring.text import normalised_text

GUILT = re.compile(
    r"guilt|predator|offender|victim|groom|perpetrator|abuser|suspect|criminal|danger", re.IGNORECASE
)


def explained():
    for record in small_corpus()[:25]:
        turns = turns_of(record)
        scored = small_model().score(turns)
        yield turns, scored, explain(small_model(), scored, turns)


@settings(max_examples=50, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("ab ,.")), max_size=80))
def test_the_weights_of_words_sum_to_the_head(text):
    model = small_model()
    read = model.kernel.read([text])
    vector = read.products[0] / divisors(read.counts[0, :1])
    for column, scale in enumerate([model.classifier.scale, *model.rater.scales[:2]]):
        places, weights = word_weights(normalised_text(text), model, column)
        assert len(places) == len(weights)
        assert weights.sum() == pytest.approx(scale * vector[column], abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=80))
def test_spans_lie_in_the_original_text_and_do_not_overlap(text):
    spans = strongest_spans(small_model(), text)
    assert len(spans) <= 3
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


def test_a_span_points_at_the_signal_as_it_was_spelt():
    text = "The weather was fine on Sunday. Is aný\u200bone at hоme with you right now?"
    spans = strongest_spans(small_model(), text, "supervision_probe")
    marked = [text[span.start : span.end] for span in spans]
    assert any("aný\u200bone" in part or "hоme" in part for part in marked)
    assert all(span.start >= text.index("Is aný") for span in spans)


def test_reasons_are_the_strongest_messages_with_their_exact_contributions():
    for _, scored, explanation in explained():
        raised = sorted((m.contribution for m in scored.messages if m.contribution > 0), reverse=True)
        assert [reason.contribution for reason in explanation.reasons] == raised[:10]
        assert sum(reason.share for reason in explanation.reasons) == pytest.approx(
            sum(raised[:10]) / sum(raised)
        )


def test_no_sentence_quotes_the_text_or_speaks_of_guilt():
    for turns, _, explanation in explained():
        said = [
            explanation.summary,
            *explanation.against,
            *explanation.sure,
            *explanation.course,
            *(reason.why for reason in explanation.reasons),
        ]
        assert not GUILT.search(" ".join(said))
        long = [turn.text for turn in turns if len(turn.text) > 12]
        assert not any(text in sentence for text in long for sentence in said)


def test_a_case_is_summed_up_in_one_line_with_what_spoke_against():
    _, turns = max(held_out(), key=lambda pair: (pair[0], len(pair[1])))
    scored = small_model().score(turns)
    explanation = explain(small_model(), scored, turns)
    assert re.fullmatch(
        r"Probability \d\.\d\d\. \d+ of \d+ messages gave (over 99|\d+) % of what raised it\. "
        r"(Clearest: .*|No characteristic is clear)\.( Turns \d+ to \d+ weighed most\.)?",
        explanation.summary,
    )
    assert any("lowered the score" in sentence for sentence in explanation.against)
    assert [c.rating for c in explanation.characteristics] == [rating for _, rating in scored.characteristics]


def test_how_sure_names_the_demonstration_and_what_was_not_trained():
    _, _, explanation = next(explained())
    assert explanation.sure[:2] == (WITHOUT_EVALUATION, DEMONSTRATION)
    assert any(
        sentence.startswith("The model was not trained to rate ") and "“Sexual content”" in sentence
        for sentence in explanation.sure
    )


def test_the_course_is_that_of_the_conversation():
    _, scored, explanation = next(explained())
    assert explanation.course == scored.state.dynamics.sentences()
    assert explanation.course


def test_base_and_totals_are_the_whole_logit():
    for _, scored, _ in explained():
        basis = basis_of(small_model(), scored)
        assert basis is not None
        assert basis.base + basis.totals.raised + basis.totals.lowered == pytest.approx(
            scored.logit, abs=1e-9
        )


def test_each_reason_points_into_its_own_message():
    for turns, _, explanation in explained():
        for reason in explanation.reasons:
            turn = turns[reason.number - 1]
            assert reason.id == turn.id
            assert all(0 <= span.start < span.end <= len(turn.text) for span in reason.spans)


def test_what_was_not_judged_says_why():
    turns = (Turn("1", "u1", None, "hello"),)
    explanation = explain(small_model(), small_model().score(turns), turns)
    assert explanation == Explanation("Not judged. There is too little text to judge.")


def test_a_head_that_was_not_trained_has_no_spans():
    with pytest.raises(ValueError, match="no head for sexualisation"):
        strongest_spans(small_model(), "any text", "sexualisation")


def test_words_of_one_kind_are_one_span():
    spans = strongest_spans(small_model(), "Our little secret")
    assert all(np.isfinite(span.weight) for span in spans)
