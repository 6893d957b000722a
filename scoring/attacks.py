"""Misspells a text on purpose, the ways in which people hide words from filters: for training and evaluation."""

import re
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Protocol

FEWEST_LETTERS = 4

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()
_HIDEABLE = re.compile(rf"[^\W\d_]{{{FEWEST_LETTERS},}}")
_ANY_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_APOSTROPHES = str.maketrans("", "", "'’")
_GAP = re.compile(r"\s+")
_VOWELS = frozenset("aeiouAEIOU")

_SIGNS = {
    "a": "4@",
    "b": "8",
    "e": "3",
    "g": "9",
    "i": "1!|",
    "l": "1|",
    "o": "0",
    "s": "5$",
    "t": "7+",
    "z": "2",
}
LEET = _SIGNS | {letter.upper(): signs for letter, signs in _SIGNS.items()}
LEET_CHANCE = 0.7
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e"
SEPARATORS = " .-"
LONGEST_STRETCH = 6
FIRST_LETTER_CHANCE = 0.25
VOWEL_CHANCE = 0.8


def _alphabet(upper: int, lower: int) -> dict[int, int]:
    """A translation to an alphabet whose capitals and small letters begin at two code points."""
    letters = zip(_UPPER + _LOWER, (*range(upper, upper + 26), *range(lower, lower + 26)), strict=True)
    return {ord(letter): codepoint for letter, codepoint in letters}


CYRILLIC = str.maketrans("aceijopsxyhdABCEHIJKMOPSTXY", "асеіјорѕхуһԁАВСЕНІЈКМОРЅТХҮ")
GREEK = str.maketrans("aikoptuvxABEHIKMNOPTXYZ", "αικορτυνχΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
FULLWIDTH = _alphabet(0xFF21, 0xFF41)
# Bold, bold script, bold fraktur, sans-serif, monospace: those of Unicode's styles that have no holes.
MATHEMATICAL = tuple(_alphabet(first, first + 26) for first in (0x1D400, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D670))
# Look-alikes of other scripts as often as letters that are Latin in another dress.
HOMOGLYPHS = (*(CYRILLIC,) * 4, *(GREEK,) * 2, FULLWIDTH, *MATHEMATICAL)


class Attack(Protocol):
    """Misspells about `share` (0 to 1) of the words of four letters or more; of all words where letters are spaced.

    Total on any `str`; the same for the same state of `rng`. Raises ValueError for a share outside 0 to 1.
    """

    def __call__(self, text: str, rng: Random, share: float = 1.0) -> str: ...


Spelling = Callable[[str, Random], str]


def _leet(word: str, rng: Random) -> str:
    draw = rng.random
    drawn = [
        signs[int(draw() * len(signs))] if (signs := LEET.get(letter)) and draw() < LEET_CHANCE else letter
        for letter in word
    ]
    return "".join(drawn)


def _homoglyphs(word: str, rng: Random) -> str:
    """Draw the whole word in one other alphabet, as generators of fancy letters do."""
    return word.translate(HOMOGLYPHS[int(rng.random() * len(HOMOGLYPHS))])


def _zero_width(word: str, rng: Random) -> str:
    draw = rng.random
    return word[0] + "".join([INVISIBLE[int(draw() * len(INVISIBLE))] + letter for letter in word[1:]])


def _repeats(word: str, rng: Random) -> str:
    """Write one letter two to six times."""
    place = int(rng.random() * len(word))
    times = 2 + int(rng.random() * (LONGEST_STRETCH - 1))
    return word[:place] + word[place] * times + word[place + 1 :]


def _swaps(word: str, rng: Random) -> str:
    """Swap two neighbours after the first letter or, one time in four, the first with the second."""
    place = 0 if rng.random() < FIRST_LETTER_CHANCE else 1 + int(rng.random() * (len(word) - 2))
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _dropped_vowels(word: str, rng: Random) -> str:
    draw = rng.random
    kept = [letter for letter in word[1:] if letter not in _VOWELS or draw() >= VOWEL_CHANCE]
    return word[0] + "".join(kept)


def _parted(word: str, rng: Random) -> str:
    return (".", "-")[rng.random() < 0.5].join(word)


_WORD_SPELLINGS: tuple[Spelling, ...] = (
    _leet, _homoglyphs, _zero_width, _repeats, _swaps, _dropped_vowels, _parted,
)  # fmt: skip


def _mixed(word: str, rng: Random) -> str:
    return _WORD_SPELLINGS[int(rng.random() * len(_WORD_SPELLINGS))](word, rng)


def _respell(spelling: Spelling, text: str, rng: Random, share: float = 1.0) -> str:
    _check(share)

    def respelled(found: re.Match[str]) -> str:
        return spelling(found[0], rng) if rng.random() < share else found[0]

    return _HIDEABLE.sub(respelled, text)


def spacing(text: str, rng: Random, share: float = 1.0) -> str:
    """Part the letters of words by blanks, dots or hyphens; words stay apart by a wider gap."""
    _check(share)
    separator = SEPARATORS[int(rng.random() * len(SEPARATORS))]
    return _space(text, rng, share, separator, "   " if separator == " " else " ")


def tight_spacing(text: str, rng: Random, share: float = 1.0) -> str:
    """Part the letters of words by the same single blank that parts the words."""
    _check(share)
    return _space(text, rng, share, " ", " ")


def _space(text: str, rng: Random, share: float, separator: str, gap: str) -> str:
    def spaced(found: re.Match[str]) -> str:
        return separator.join(found[0].translate(_APOSTROPHES)) if rng.random() < share else found[0]

    return _ANY_WORD.sub(spaced, _GAP.sub(gap, text))


def _check(share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError("The share of the words to misspell must lie between 0 and 1.")


ATTACKS: dict[str, Attack] = {
    "leet": partial(_respell, _leet),
    "homoglyphs": partial(_respell, _homoglyphs),
    "zero_width": partial(_respell, _zero_width),
    "spacing": spacing,
    "tight_spacing": tight_spacing,
    "repeats": partial(_respell, _repeats),
    "swaps": partial(_respell, _swaps),
    "dropped_vowels": partial(_respell, _dropped_vowels),
    "mixed": partial(_respell, _mixed),
}
