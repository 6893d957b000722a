"""The normaliser brings spellings together, keeps every offset, and takes any string."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.text import normalise, normalised_text

ANY_CHARACTER = st.characters(codec=None, exclude_categories=())
TRICKY = st.sampled_from("аеоhowa013@$.-_* \u200b\u0301\ufe0f\ud800\x00\u00adﬁㅤﷺ😀éЖ")
ANY_TEXT = st.text(st.one_of(ANY_CHARACTER, TRICKY))


@given(ANY_TEXT)
def test_any_string_is_taken_and_both_forms_agree(text):
    assert normalise(text).text == normalised_text(text)


@given(ANY_TEXT)
def test_each_character_knows_the_place_in_the_original_that_it_came_from(text):
    normalised = normalise(text)
    places = list(normalised.offsets)
    assert len(places) == len(normalised.text)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


@given(ANY_TEXT, st.data())
def test_a_span_of_the_normalised_text_lies_in_the_original(text, data):
    normalised = normalise(text)
    if normalised.text:
        start = data.draw(st.integers(0, len(normalised.text) - 1))
        end = data.draw(st.integers(start + 1, len(normalised.text)))
        first, last = normalised.original_span(start, end)
        assert 0 <= first < last <= len(text)


@given(st.text(st.sampled_from("abcdefghijklmnop ,.?"), max_size=60))
def test_plain_lower_case_words_keep_their_letters(text):
    kept = set(normalised_text(text)) - {" "}
    assert kept <= set(text)


@pytest.mark.parametrize(
    "spelling",
    [
        "how old are you",
        "HOW OLD ARE YOU",
        "ｈｏｗ ｏｌｄ ａｒｅ ｙｏｕ",
        "h\u200bow o\u00adld a\u2060re you",
        "hоw оld аrе уоu",
        "нow old are you",
        "h0w old are y0u",
        "howwww oldddd areee youuuu",
        "h o w  o l d  a r e  y o u",
        "h.o.w old a-r-e y_o_u",
        "hòẃ öld âre ÿou",
        "h\u0301o\u0302w old are you",
        "how   old\tare\nyou",
        "𝐡𝐨𝐰 𝓸𝓵𝓭 𝖆𝖗𝖊 𝚢𝚘𝚞",
    ],
)
def test_ways_of_hiding_a_question_come_out_the_same(spelling):
    assert normalised_text(spelling) == "how old are you"


@pytest.mark.parametrize("text", ["at 4pm", "on the ps5", "room 101", "u1042", "2nd of 3", "1000", "mp3 b4"])
def test_numbers_stay_numbers(text):
    assert normalised_text(text) == text


def test_a_word_in_another_script_stays_in_it():
    assert normalised_text("привет как дела") == "привет kak дела"
    assert normalised_text("καλημέρα") == "καλημερα"


def test_lone_surrogates_and_nul_vanish_or_become_blanks():
    normalised = normalise("a\ud800b\x00c")
    assert (normalised.text, list(normalised.offsets)) == ("ab c", [0, 2, 3, 4])


def test_a_span_points_at_the_characters_that_were_written():
    original = "ok, ｈｏwww о\u200bld?"
    normalised = normalise(original)
    start = normalised.text.index("how old")
    assert original[slice(*normalised.original_span(start, start + 7))] == "ｈｏwww о\u200bld"


def test_a_span_outside_the_text_is_refused():
    with pytest.raises(
        ValueError, match=r"A span must lie inside the text and hold at least one character\."
    ):
        normalise("abc").original_span(2, 4)


@pytest.mark.parametrize(
    "unit", ["a b ", "aa", "é", "0a", "\u0301", "о", "a.b-", "\u200b", "😀", "$@", "z\u0301\u0302", "  "]
)
def test_half_a_million_characters_take_bounded_time(unit):
    text = unit * (500_000 // len(unit))
    before = time.process_time()
    normalised_text(text)
    assert time.process_time() - before < 3
