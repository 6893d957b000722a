"""A conversation is scored as the exact sum of its messages, the same alone and in any batch."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.characteristics import BY_KEY
from scoring.pipeline import Turn, band
from scoring.tests.trained import held_out, small_corpus, small_model, turns_of

CHATTER = (
    "did you see the match yesterday, it was great",
    "no, I had to help my uncle with the garden all day",
    "the bus was late again and it rained",
    "we had soup for lunch and it was cold",
)
TEXTS = st.one_of(st.sampled_from(CHATTER), st.text(max_size=80))
TURNS = st.lists(st.tuples(st.sampled_from(["u1", "u2", "u3"]), TEXTS), max_size=12).map(
    lambda rows: tuple(Turn(str(i), sender, None, text) for i, (sender, text) in enumerate(rows))
)


def chat(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn(str(place), f"u{place % 2}", None, text) for place, text in enumerate(texts))


@settings(max_examples=60, deadline=None)
@given(TURNS)
def test_base_and_contributions_are_the_logit(turns):
    scored = small_model().score(turns)
    if scored.abstained:
        assert (scored.probability, scored.logit, scored.messages) == (None, None, ())
        return
    given = sum(message.contribution for message in scored.messages)
    assert scored.base + given == pytest.approx(scored.logit, abs=1e-9)
    assert 0 <= scored.probability <= 1
    assert [message.id for message in scored.messages] == [turn.id for turn in turns]


@settings(max_examples=25, deadline=None)
@given(st.lists(TURNS, max_size=5))
def test_a_batch_gives_what_each_conversation_gives_alone(conversations):
    together = small_model().score_many(conversations)
    alone = [small_model().score(turns) for turns in conversations]
    assert together == alone
    assert [one.messages for one in together] == [one.messages for one in alone]


def test_probability_rises_with_the_logit():
    scored = small_model().score_many([turns for _, turns in held_out()])
    judged = sorted((one.logit, one.probability) for one in scored if one.probability is not None)
    assert len(judged) > 50
    assert [probability for _, probability in judged] == sorted(probability for _, probability in judged)


def test_conversations_in_unseen_phrases_are_told_apart():
    labels, conversations = zip(*held_out(), strict=True)
    scored = small_model().score_many(conversations)
    positive = [
        s.probability for s, label in zip(scored, labels, strict=True) if label and s.probability is not None
    ]
    benign = [
        s.probability
        for s, label in zip(scored, labels, strict=True)
        if not label and s.probability is not None
    ]
    above = sum(high > low for high in positive for low in benign) / (len(positive) * len(benign))
    assert above > 0.9


def test_ratings_are_named_and_between_0_and_1():
    scored = small_model().score(turns_of(small_corpus()[0]))
    for message in scored.messages:
        assert set(message.ratings) == set(small_model().rater.keys) <= set(BY_KEY)
        assert all(0 <= rating <= 1 for rating in message.ratings.values())
    assert [rating for _, rating in scored.characteristics] == sorted(
        (rating for _, rating in scored.characteristics), reverse=True
    )


def test_nothing_is_rated_that_the_sample_corpus_has_no_text_for():
    untrained = {"sexualisation", "desensitisation_normalisation", "media_request", "coercion_threat"}
    assert untrained <= set(small_model().header["untrained"])
    assert not untrained & set(small_model().rater.keys)


def test_the_order_and_the_time_of_messages_do_not_change_the_sum():
    turns = turns_of(small_corpus()[3])
    forth, back = small_model().score(turns), small_model().score(turns[::-1])
    assert forth.logit == pytest.approx(back.logit, abs=1e-9)


def test_a_benign_conversation_does_not_creep_upwards_by_its_length():
    benign = [
        turns_of(record) for record in small_corpus() if record["label"] == 0 and len(record["messages"]) > 30
    ]
    joined = [replace(turn, id=f"{n}-{turn.id}") for n, turns in enumerate(benign) for turn in turns]
    assert len(joined) > 3_000
    assert small_model().score(joined).probability < 0.2


def test_a_signal_among_small_talk_raises_the_score_and_is_the_strongest_message():
    said = "Please do not tell your parents about us, this is our secret."
    plain, marked = small_model().score_many([chat(*CHATTER * 3), chat(*CHATTER * 3, said)])
    assert marked.logit > plain.logit
    strongest = max(marked.messages, key=lambda message: message.contribution)
    assert strongest.id == "12"
    assert max(strongest.ratings, key=strongest.ratings.__getitem__) == "secrecy_request"


@pytest.mark.parametrize(
    "turns",
    [(), chat(""), chat("hello", "hi", "bye"), chat("😀" * 50, "😀", "🎉", "…"), chat("\ud800", "\x00", " ")],
    ids=["nothing", "empty", "three words", "only emoji", "no characters"],
)
def test_too_little_to_judge_is_said_and_not_scored_low(turns):
    scored = small_model().score(turns)
    assert (scored.abstained, scored.probability) == ("too_short", None)


def test_one_long_segment_is_judged():
    assert small_model().score(chat(" ".join(CHATTER * 3))).abstained is None


def test_another_script_is_not_judged():
    scored = small_model().score(chat(*["привет, чем ты занимаешься сегодня вечером"] * 6))
    assert scored.abstained == "unsupported_language"


def test_a_model_of_another_script_judges_that_script():
    model = small_model()
    other = replace(model, header=model.header | {"languages": ["ru-RU"]})
    assert other.score(chat(*["привет, чем ты занимаешься сегодня вечером"] * 6)).abstained is None


def test_english_in_look_alike_letters_is_judged():
    hidden = [text.translate(str.maketrans("aeopcyx", "аеорсух")) for text in CHATTER]
    there, plain = small_model().score(chat(*hidden)), small_model().score(chat(*CHATTER))
    assert (there.judgement, there.messages) == (plain.judgement, plain.messages)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "word " * 200_000,
        "é\u0301" * 100_000,
        "\ud800\x00" * 100_000 + "hello there",
        "א" * 10_000,
    ],
    ids=["one word", "many words", "marks", "not characters", "right to left"],
)
def test_a_hostile_message_is_scored_or_declined_with_finite_numbers(text):
    scored = small_model().score(chat(*CHATTER, text))
    assert scored.abstained or math.isfinite(scored.logit)


def test_twenty_thousand_messages_are_scored():
    scored = small_model().score(chat(*CHATTER * 5_000))
    assert len(scored.messages) == 20_000
    assert scored.probability < 0.2


def test_the_band_follows_the_two_thresholds_of_the_licensee():
    named = [band(probability, 0.6, 0.9) for probability in (0, 0.29, 0.3, 0.59, 0.6, 0.89, 0.9, 1)]
    assert named == ["low", "low", "medium", "medium", "high", "high", "imminent", "imminent"]


@pytest.mark.parametrize("thresholds", [(0, 0.5), (0.7, 0.6), (0.5, 1.1)])
def test_thresholds_out_of_order_are_refused(thresholds):
    with pytest.raises(
        ValueError, match="The thresholds must be over 0 and at most 1, the imminent one not under"
    ):
        band(0.5, *thresholds)
