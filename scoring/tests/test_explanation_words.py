"""What a page says of a score, sentence by sentence: plain, neutral, and only what is known."""

from dataclasses import replace
from typing import Any

import pytest

from scoring.abstention import Amount
from scoring.characteristics import READ_KEYS
from scoring.explanation_words import (
    DEMONSTRATION,
    WITHOUT_EVALUATION,
    Basis,
    Reliability,
    Totals,
    WeighedTurn,
    against,
    how_sure,
    reliability_of,
    reliable,
    summary,
    why,
)

SECRECY = WeighedTurn(5, "m5", 3.0, {"secrecy_request": 0.9, "age_probe": 0.3})
PLAIN = WeighedTurn(7, "m7", 1.0, {})
BASIS = Basis(
    probability=0.91,
    base=0.0,
    messages=12,
    characteristics=(("secrecy_request", 0.9), ("age_probe", 0.8), ("isolation", 0.1)),
    turns=(SECRECY, PLAIN),
    totals=Totals(raised=8.0, raising=4),
    trained=READ_KEYS,
)


def known(**fields: Any) -> Basis:
    return replace(BASIS, **fields)


def row(predicted: float, conversations: int, share: float, **ends: float) -> dict[str, Any]:
    return {"conversations": conversations, "predicted": predicted, "positive": {"value": share, **ends}}


# --- In short ------------------------------------------------------------------------------------


def test_a_summary_names_the_number_the_turns_and_the_clearest():
    assert summary(BASIS) == (
        "Probability 0.91. 2 of 12 messages gave 50 % of what raised it. "
        "Clearest: “Asks for secrecy”, “Asks about age”."
    )


def test_a_summary_of_a_long_conversation_names_the_passage():
    assert summary(known(messages=400, window=(120, 169), characteristics=())) == (
        "Probability 0.91. 2 of 400 messages gave 50 % of what raised it. "
        "No characteristic is clear. Turns 120 to 169 weighed most."
    )


def test_a_summary_where_nothing_raised_it():
    assert summary(known(turns=(), totals=Totals(lowered=-2.0, lowering=12), probability=0.01)) == (
        "Probability 0.01. 0 of 12 messages gave 0 % of what raised it. "
        "Clearest: “Asks for secrecy”, “Asks about age”."
    )


def test_why_a_turn_weighed():
    assert why(SECRECY, 0.375) == (
        "Read as “Asks for secrecy” (strong, 0.90); it gave 38 % of what raised the score."
    )
    assert why(PLAIN, 0.125) == (
        "No single characteristic stands out, but it gave 12 % of what raised the score: "
        "its wording is nearer to the positive examples."
    )


# --- What spoke against --------------------------------------------------------------------------


def test_nothing_spoke_against_it():
    assert list(against(BASIS)) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"totals": Totals(8.0, -2.0, 4, 8)},
            "8 messages lowered the score; together they took back 25 % of what raised it.",
        ),
        (
            {"totals": Totals(8.0, -9.0, 4, 1)},
            "1 message lowered the score; together they took back all that raised it.",
        ),
        ({"base": -2.0}, "Every conversation starts low; that took back 25 % of what raised it."),
        ({"characteristics": ()}, "No characteristic is clear or strong."),
        (
            {"characteristics": (("age_probe", 0.8),)},
            "Only one characteristic is clear, “Asks about age”; alone it is common in ordinary chat.",
        ),
        ({"totals": Totals(3.0, 0.0, 1, 0)}, "Only one message raised the score."),
        ({"totals": Totals(4.0, 0.0, 2, 0)}, "Turn 5 alone gave 75 % of what raised the score."),
        (
            {"amount": Amount(12, 200, 120)},
            "The model knows only 60 % of the words; it weighs the others by their spelling alone.",
        ),
        (
            {"parts": {"amount": -0.5, "night_share": 0.2}},
            "The amount of text spoke against: conversations of this length are less often positive.",
        ),
        (
            {"parts": {"amount": 0.5, "night_share": -0.2}},
            "The course of the conversation spoke against: who wrote how much, how fast and when.",
        ),
    ],
)
def test_what_spoke_against_it(fields: dict[str, Any], sentence: str):
    assert list(against(known(**fields))) == [sentence]


# --- How sure ------------------------------------------------------------------------------------


def test_without_an_evaluation_nobody_knows_how_often_the_number_comes_true():
    assert list(how_sure(BASIS)) == [WITHOUT_EVALUATION]
    assert WITHOUT_EVALUATION == (
        "No evaluation of this model is kept, so nobody knows how often this number comes true."
    )


def test_the_number_beside_the_evaluation():
    assert reliable(Reliability(312, 0.97, 0.93, 0.99, positive_of_all=0.5)) == (
        "Of 100 conversations that got about this number in the evaluation, about 97 were positive "
        "(93 to 99, from 312 conversations). There 50 % of all were; where fewer are, the number comes true less often."
    )


def test_an_evaluation_with_few_such_conversations_says_nothing():
    assert reliable(Reliability(3, 1.0, 0.4, 1.0, positive_of_all=0.5)) == (
        "In the evaluation 3 conversations got about this number: too few to say how often it comes true."
    )
    assert reliable(Reliability(0, None, None, None, positive_of_all=0.5)) == (
        "In the evaluation no conversation got about this number: too few to say how often it comes true."
    )


def test_a_probability_finds_its_bin_in_the_card():
    bins = [row(0.03, 300, 0.0), row(0.96, 100, 0.9, lower=0.8, upper=0.95)]
    assert reliability_of(bins, 0.91) == Reliability(100, 0.9, 0.8, 0.95, 0.225)
    assert reliability_of(bins, 1.0) == reliability_of(bins, 0.91)
    assert reliability_of(bins, 0.5) == Reliability(0, None, None, None, 0.225)
    assert reliability_of([], 0.5) is None
    assert reliability_of(None, 0.5) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"demonstration": True}, DEMONSTRATION),
        (
            {"threshold": 0.85},
            "The probability lies 0.06 over the threshold for a flag, 0.85; a few messages may move it across.",
        ),
        (
            {"threshold": 0.95},
            "The probability lies 0.04 under the threshold for a flag, 0.95; a few messages may move it across.",
        ),
        (
            {"threshold": 0.91},
            "The probability lies at the threshold for a flag, 0.91; a few messages may move it across.",
        ),
        ({"messages": 8}, "The conversation is short: 8 messages."),
        (
            {"trained": set(READ_KEYS) - {"sexualisation", "media_request"}},
            "The model was not trained to rate 2 of 28 characteristics: “Asks for pictures”, “Sexual content”.",
        ),
        (
            {"amount": Amount(12, 400, 340)},
            "The language was checked in one way only: the model knows 85 % of the words.",
        ),
        (
            {"amount": Amount(12, 400, 240)},
            "Few of the words are known, and a second check did not find another language either.",
        ),
    ],
)
def test_why_it_is_not_surer(fields: dict[str, Any], sentence: str):
    assert list(how_sure(known(**fields))) == [WITHOUT_EVALUATION, sentence]


def test_a_short_conversation_is_measured_in_words_where_they_were_counted():
    assert "The conversation is short: 12 messages with 60 words." in list(
        how_sure(known(amount=Amount(12, 60, 58)))
    )


def test_far_from_the_threshold_nothing_is_said_of_it():
    assert list(how_sure(known(threshold=0.5))) == [WITHOUT_EVALUATION]
