"""A spelling attack changes how a text is written and never what a reader reads; the same again for the same seed."""

import re
import time
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.attacks import ATTACKS, CYRILLIC, GREEK, INVISIBLE, LEET

TEXT = "Could you please bring the yellow umbrella tomorrow, it isn't far."
LONG = re.compile(r"[^\W\d_]{4,}")
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))

every_attack = pytest.mark.parametrize("name", ATTACKS)


def attacked(name, text=TEXT, seed=5, share=1.0):
    return ATTACKS[name](text, Random(seed), share)


@every_attack
@given(text=ANY_TEXT, seed=st.integers(0, 9), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_any_string_is_taken(name, text, seed, share):
    assert isinstance(attacked(name, text, seed, share), str)


@every_attack
def test_the_same_seed_gives_the_same_spelling_and_another_seed_another(name):
    assert attacked(name, seed=1) == attacked(name, seed=1)
    assert attacked(name) != TEXT
    if name != "tight_spacing":
        assert len({attacked(name, seed=seed) for seed in range(20)}) > 1


@every_attack
def test_no_share_changes_no_word(name):
    assert attacked(name, share=0).split() == TEXT.split()


@every_attack
def test_half_the_share_changes_about_half_of_the_words(name):
    text = " ".join(["basket", "seaside"] * 500)
    attack, rng = ATTACKS[name], Random(2)
    changed = sum(attack(word, rng, 0.5) != word for word in text.split())
    assert 350 < changed < 600


@every_attack
def test_short_words_stay_save_where_letters_are_spaced(name):
    text = "a big red bus is on the way"
    assert (attacked(name, text) == text) == ("spacing" not in name)


@every_attack
@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(name, share):
    with pytest.raises(ValueError, match=r"The share of the words to misspell must lie between 0 and 1\."):
        attacked(name, share=share)


def test_leet_undoes_to_the_word():
    for seed in range(20):
        for before, after in zip(TEXT, attacked("leet", seed=seed), strict=True):
            assert after == before or after in LEET[before]


def test_homoglyphs_undo_to_the_word():
    back = {drawn: letter for table in (CYRILLIC, GREEK) for letter, drawn in table.items()}
    for seed in range(20):
        drawn = attacked("homoglyphs", seed=seed)
        assert not drawn.isascii()
        assert unicodedata.normalize("NFKC", drawn.translate(back)) == TEXT


def test_zero_width_characters_are_all_that_is_added():
    drawn = attacked("zero_width")
    assert drawn.translate(str.maketrans("", "", INVISIBLE)) == TEXT
    assert len(drawn) == len(TEXT) + sum(len(word) - 1 for word in LONG.findall(TEXT))


def test_spaced_words_keep_a_wider_gap_between_them():
    seen = {attacked("spacing", "where is it", seed=seed) for seed in range(30)}
    assert seen == {"w h e r e   i s   i t", "w.h.e.r.e i.s i.t", "w-h-e-r-e i-s i-t"}


def test_tightly_spaced_words_lose_their_borders():
    assert attacked("tight_spacing", "where  isn't it") == "w h e r e i s n t i t"


def test_repeats_stretch_one_letter():
    for word in LONG.findall(TEXT):
        longer = attacked("repeats", word)
        assert len(word) < len(longer) <= len(word) + 5
        assert set(longer) == set(word)


def test_swaps_keep_the_letters_and_change_two_neighbours():
    for seed in range(30):
        drawn = attacked("swaps", "bring", seed=seed)
        places = [place for place in range(5) if drawn[place] != "bring"[place]]
        assert sorted(drawn) == sorted("bring")
        assert places == [places[0], places[0] + 1]


def test_swaps_sometimes_reach_the_first_letter():
    assert 20 < sum(attacked("swaps", "bring", seed=seed)[0] == "r" for seed in range(200)) < 90


def test_dropped_vowels_leave_the_first_letter_and_the_consonants():
    drawn = [attacked("dropped_vowels", "umbrella", seed=seed) for seed in range(20)]
    assert {re.sub("[aeo]", "", one) for one in drawn} == {"umbrll"}
    assert sum(map(len, drawn)) < 20 * 7


def test_mixed_uses_every_kind():
    text = " ".join(["seaside"] * 400)
    kinds = set(attacked("mixed", text).split())
    assert {"s.e.a.s.i.d.e", "s-e-a-s-i-d-e", "sasd"} & kinds
    assert len(kinds) > 100


@every_attack
def test_a_million_characters_take_little_time(name):
    text = (TEXT + " ") * 15_000
    before = time.process_time()
    attacked(name, text)
    assert time.process_time() - before < 5
