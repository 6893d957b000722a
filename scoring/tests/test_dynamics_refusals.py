"""What counts as a question, a no and a request, and when a request follows a no."""

import pytest

from scoring.dynamics import Dynamics
from scoring.dynamics_refusals import is_question, is_refusal, is_request
from scoring.pipeline import Turn


def chat(*messages):
    """Messages without times, as (account, text)."""
    return Dynamics.of(
        [Turn(str(place), account, None, text) for place, (account, text) in enumerate(messages)]
    )


@pytest.mark.parametrize(
    "text", ["why?", "really?!", "¿qué?", "لماذا؟", "何？", "τι\u037e", "see https://a.b/c?d=1 ok?"]
)
def test_a_question_mark_of_any_script_asks(text):
    assert is_question(text)


@pytest.mark.parametrize("text", ["why", "a; b", "https://a.example/search?q=1&page=2", ""])
def test_no_question_mark_is_no_question(text):
    assert not is_question(text)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "No.",
        "NOOO",
        "nope",
        "nah",
        "no thanks",
        "no, i have to go",
        "ｎｏ",
        "stop",
        "please stop it",
        "stoppp!",
        "I do not want to",
        "I don't want to talk about it",
        "i dont wanna",
        "I don’t want to",
        "I'd rather not say",
    ],
)
def test_a_short_no_is_a_refusal(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "no problem",
        "no idea",
        "nobody",
        "not yet",
        "I know",
        "nonsense",
        "the bus stop is there",
        "now",
        "no, I had to help my uncle with the garden all day",
        "stop by later",
        "please stop by",
        "n" * 99,
        "no " * 9,
    ],
)
def test_other_words_are_no_refusal(text):
    assert not is_refusal(text)


@pytest.mark.parametrize(
    "text", ["why not", "but why", "WHY", "hоw come", "pleeease", "just this once, please", "can we"]
)
def test_an_english_question_or_please_is_a_request(text):
    assert is_request(text)


@pytest.mark.parametrize(
    "text", ["", "…", "ok", "ok then", "that is fine", "I was there when it rained", "😀 " * 99]
)
def test_a_statement_is_no_request(text):
    assert not is_request(text)


ASKED, DECLINED, OTHER = ("a", "can you come?"), ("b", "no thanks"), ("b", "it rained here")


@pytest.mark.parametrize(
    ("after", "pressed"),
    [
        ([("a", "please come")], 1),
        ([("a", "hm"), ("a", "why not")], 1),
        ([("a", "hm"), ("a", "fine"), ("a", "why not")], 0),
        ([("a", "fine"), ("a", "we play tomorrow")], 0),
        ([*[OTHER] * 7, ASKED], 1),
        ([*[OTHER] * 8, ASKED], 0),
        ([("b", "why not ask them")], 0),
        ([("a", "no, please stop")], 0),
        ([("c", "hm"), ("d", "hm"), ASKED], 1),
    ],
)
def test_a_refusal_is_pressed_by_another_accounts_next_request(after, pressed):
    messages = [OTHER, OTHER, ASKED, DECLINED, *after]
    assert chat(*messages).refusals.counted() == (1 + ("stop" in after[0][1]), pressed)
    assert chat(*messages, *[OTHER] * 30).refusals.counted()[1] == pressed


def test_persistence_rises_with_what_is_pressed_and_is_zero_without_a_refusal():
    def persistence(*messages, language="en"):
        return chat(*messages).features(language=language)["persistence"]

    assert persistence(ASKED, OTHER, ASKED, OTHER, OTHER) == 0
    assert persistence(*[ASKED, DECLINED] * 3, OTHER) == 2 / 4
    assert persistence(*[ASKED, DECLINED, ASKED] * 5) == 5 / 6
    assert persistence(*[ASKED, DECLINED] * 3, language="en-GB") is not None
    assert persistence(*[ASKED, DECLINED] * 3, language="de") is None
    assert persistence(*[DECLINED] * 9) is None
