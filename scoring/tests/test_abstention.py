"""The technique abstains, and says why, where a low score would read as safe: too little text, another language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.abstention import Abstention, Amount, reason
from scoring.language import Language, identify
from scoring.tests.test_language import ELSEWHERE, ENGLISH
from scoring.tests.trained import small_model
from scoring.turn import Turn

ENOUGH = Amount(messages_with_words=6, words=60, known_words=50, letters=240)
UNKNOWN = Amount(messages_with_words=6, words=60, known_words=12, letters=240)
COUNTS = st.integers(0, 1_000)
AMOUNTS = st.builds(Amount, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)


def never() -> Language:
    raise AssertionError("The language was looked at where the words were known.")


def german(share_of_english: float = 0.0) -> Language:
    return Language(
        "de", 1 - share_of_english, {"de": 1 - share_of_english, "en": share_of_english, "und": 0.0}
    )


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_amounts_of_parts_add_up_in_any_grouping(first, second, third):
    assert (first + second) + third == first + (second + third)
    assert first + second == second + first
    assert first + Amount() == first


@pytest.mark.parametrize(
    ("messages", "words", "short"),
    [
        (0, 0, True),
        (3, 11, True),
        (3, 12, False),
        (2, 39, True),
        (2, 40, False),
        (1, 40, False),
        (11, 11, True),
    ],
)
def test_too_little_text_is_not_judged(messages, words, short):
    found = reason(Amount(messages, words, words, words * 4), languages=["en"], identify=never)
    assert found == (Abstention("too_short") if short else None)


@pytest.mark.parametrize(
    ("languages", "foreign", "refused"),
    [
        (["en"], 72, False), (["en"], 73, True), (["en", "es"], 200, True), (["ru"], 200, False),
        (["en", "uk-UA"], 200, False), (["und"], 200, False), (["en"], 0, False),
    ],
)  # fmt: skip
def test_a_script_that_the_model_was_not_evaluated_on_is_not_judged(languages, foreign, refused):
    amount = Amount(messages_with_words=6, words=60, known_words=60, letters=240, foreign_letters=foreign)
    found = reason(amount, languages=languages, identify=never)
    assert found == (Abstention("unsupported_language") if refused else None)


@pytest.mark.parametrize(("known", "asked"), [(42, False), (60, False), (41, True), (0, True)])
def test_the_language_is_looked_at_only_where_few_words_are_known(known, asked):
    amount = Amount(messages_with_words=6, words=60, known_words=known, letters=240)
    found = reason(amount, languages=["en"], identify=german if asked else never)
    assert found == (Abstention("unsupported_language", "de") if asked else None)


def test_without_anybody_to_ask_few_known_words_are_judged():
    assert reason(UNKNOWN, languages=["en"]) is None


@pytest.mark.parametrize(("share", "judged"), [(0.0, False), (0.09, False), (0.1, True), (0.5, True)])
def test_a_fair_share_of_a_language_of_the_model_is_judged(share, judged):
    assert (reason(UNKNOWN, languages=["en"], identify=lambda: german(share)) is None) == judged


@pytest.mark.parametrize("languages", [["de"], ["de-AT"], ["en", "de"], ["tlh"], ["und"], []])
def test_a_language_that_was_declared_or_could_not_be_named_is_judged(languages):
    assert reason(UNKNOWN, languages=languages, identify=german) is None


def test_a_language_that_is_only_guessed_is_judged():
    guessed = Language("de", 0.04, {"de": 0.04, "en": 0.03, "und": 0.02})
    assert reason(UNKNOWN, languages=["en"], identify=lambda: guessed) is None


@pytest.mark.parametrize(
    ("abstention", "sentence"),
    [
        (Abstention("too_short"), "There is too little text to judge."),
        (
            Abstention("unsupported_language"),
            "The text is mostly in a language or a script that this model was not evaluated on.",
        ),
        (
            Abstention("unsupported_language", "de"),
            "The text is mostly in German, which this model was not evaluated on.",
        ),
        (
            Abstention("unsupported_language", "wuu"),
            "The text is mostly in the language with the code wuu, which this model was not evaluated on.",
        ),
    ],
)
def test_the_reason_is_a_sentence_for_a_person(abstention, sentence):
    assert abstention.sentence == sentence


@pytest.mark.parametrize("code", ELSEWHERE)
def test_a_conversation_in_another_language_is_not_judged_by_an_english_model(code):
    texts = ELSEWHERE[code] * 4
    assert reason(UNKNOWN, languages=["en"], identify=lambda: identify(texts)) == Abstention(
        "unsupported_language", code
    )
    assert reason(UNKNOWN, languages=[code], identify=lambda: identify(texts)) is None


def test_an_english_conversation_of_unknown_words_is_judged():
    assert reason(UNKNOWN, languages=["en-US"], identify=lambda: identify(ENGLISH)) is None
    assert reason(UNKNOWN, languages=["de"], identify=lambda: identify(ENGLISH)) == Abstention(
        "unsupported_language", "en"
    )


@pytest.mark.parametrize(
    ("texts", "languages", "key"),
    [
        (ENGLISH, ["en"], None),
        (ENGLISH[:1], ["en"], "too_short"),
        (ELSEWHERE["ru"] * 3, ["en"], "unsupported_language"),
        (ELSEWHERE["ru"] * 3, ["ru-RU"], None),
        (ELSEWHERE["de"] * 3, ["en"], None),
    ],
)
def test_texts_alone_are_told_apart_by_length_and_script(texts, languages, key):
    turns = [Turn(str(place), "u1", None, text) for place, text in enumerate(texts)]
    found = reason(small_model().read(turns).state.amount, languages=languages)
    assert (found.key if found else None) == key
