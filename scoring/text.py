"""Brings the many ways of spelling the same word to one, and remembers where each character came from.

A text is split at blanks into tokens, and each token becomes words by itself, so that the words of a token can be
kept. Steps: one table for every single character (NFKC, case folding, marks and invisible characters dropped),
then look-alike letters, letters set apart by dots or dashes, signs that stand for letters (`leet.py`), and
stretched letters. Only letters set apart by blanks are looked for across tokens, in texts that hold single letters
in a row. Every step is linear in the length of the text and total on any `str`, lone surrogates and NUL included.
The form is NFKC by character: sequences of conjoining Hangul or of two-part Indic vowels are not recomposed.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from scoring import leet
from scoring.confusables import DRESSED, LOOK_ALIKES, MIXED_LOOK_ALIKES

TABLE_LIMIT = 100_000
# A letter with invisible characters and marks around it; a longer token is not taken for one.
LONGEST_LETTER = 16

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
_LATIN_LETTER = re.compile("[a-z]")
_WORD = re.compile(r"[^\W\d_]+")
_APART = re.compile(r"(?<![^\W_])[a-z](?:([.\-_*·•])[a-z](?:\1[a-z])*|([~|/])[a-z](?:\2[a-z])+)(?![^\W_])")
# Two letters make a word only where wider gaps set it apart.
_SPACED = re.compile(
    r"(?<!\S)[a-z](?: [a-z])+ [a-z](?![^\W_])|(?<=  )[a-z] [a-z](?=[.,?!]?(?:  |\Z))|\A[a-z] [a-z](?=[.,?!]?  )"
)
_TOKEN = re.compile(r"\S+")
_STRETCHED = re.compile(r"([^\W\d]|[^\w\s])\1{2,}")
_INVISIBLE_CATEGORIES = {"Cf", "Cs", "Me"}
_INVISIBLE_LETTERS = set("\u115f\u1160\u17b4\u17b5\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text; `offsets[i]` is the index in the original of the character that became `text[i]`."""

    text: str
    offsets: "array[int]"
    original_length: int

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open span of the original that became `text[start:end]`."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError("A span must lie inside the text and hold at least one character.")
        last = self.offsets[end] if end < len(self.text) else self.original_length
        return self.offsets[start], max(last, self.offsets[end - 1] + 1)


def _fold(character: str) -> str:
    category = unicodedata.category(character)
    if category in _INVISIBLE_CATEGORIES or character in _INVISIBLE_LETTERS:
        return ""
    if category == "Cc" or character.isspace() or character == "\u2800":
        return " "
    return _fold_letter(character)


def _fold_letter(character: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    if not folded.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", folded))
        folded = unicodedata.normalize("NFKC", bare)
        folded = "".join([DRESSED.get(letter, letter) for letter in folded])
    return " ".join(folded.split()) or folded[:1]


class _Table(dict[int, str]):
    """A translation table that learns one character at a time; bounded by the number of characters kept."""

    def __missing__(self, codepoint: int) -> str:
        folded = _fold(chr(codepoint))
        if len(self) < TABLE_LIMIT:
            self[codepoint] = folded
        return folded


_TABLE = _Table({codepoint: _fold(chr(codepoint)) for codepoint in range(0x80)})


def _latin(found: re.Match[str]) -> str:
    """Replace look-alikes only where the whole word then is Latin, so that Russian stays Russian."""
    word = found[0]
    if word.isascii():
        return word
    table = MIXED_LOOK_ALIKES if _LATIN_LETTER.search(word) else LOOK_ALIKES
    latin = "".join(table.get(letter, letter) for letter in word)
    return latin if latin.isascii() else word


def _without_separators(found: re.Match[str]) -> str:
    return found[0][::2]


def _first(found: re.Match[str]) -> str:
    return found[0][0]


# Each replacement is evenly spaced over what it replaces: every character, every second one, or the first.
_Step: TypeAlias = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_SPACED_STEP: _Step = (_SPACED, _without_separators)
_STEPS: tuple[_Step, ...] = (
    (_WORD, _latin),
    (_APART, _without_separators),
    (leet.RUN, leet.as_letters),
    (_STRETCHED, _first),
)


def tokens_words(tokens: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the normalised words of all tokens and how many each gives; mostly one, none for invisible characters.

    All are folded together, since no step crosses a blank.
    """
    folded = "\n".join([token.translate(_TABLE) for token in tokens])
    for pattern, replacement in _STEPS[1:] if folded.isascii() else _STEPS:
        folded = pattern.sub(replacement, folded)
    words = folded.split()
    if len(words) == len(tokens) and " " not in folded and "" not in (lines := folded.split("\n")):
        return lines, [1] * len(lines)
    return words, [len(line.split()) for line in folded.split("\n")] if tokens else []


def token_words(token: str) -> list[str]:
    """Return the normalised words of one token."""
    return tokens_words([token])[0]


def is_single_letter(token: str, words: Sequence[str]) -> bool:
    """Whether a token's words are one letter from a to z, which may be one of a word set apart by blanks."""
    return len(words) == 1 and len(words[0]) == 1 and "a" <= words[0] <= "z" and len(token) <= LONGEST_LETTER


def text_tokens(text: str) -> list[str]:
    """Return the tokens of a text, letters set apart by blanks joined; `token_words` gives each one's words."""
    tokens = text.split()
    return joined_tokens(text) if _has_single_letters_in_a_row(tokens) else tokens


def joined_tokens(text: str) -> list[str]:
    """Return the tokens of a text that holds single letters in a row, after joining three or more of them."""
    return _SPACED.sub(_without_separators, text.translate(_TABLE)).split()


def _has_single_letters_in_a_row(tokens: Sequence[str]) -> bool:
    return any(
        _may_be_letter(first)
        and _may_be_letter(second)
        and is_single_letter(first, token_words(first))
        and is_single_letter(second, token_words(second))
        for first, second in pairwise(tokens)
    )


def _may_be_letter(token: str) -> bool:
    """Whether a token is one character, or short with characters of which some may be dropped."""
    plain = token.isascii() and token.isprintable()
    return len(token) == 1 or (len(token) <= LONGEST_LETTER and not plain)


def normalised_text(text: str) -> str:
    """Return the normalised text alone, its words apart by one blank; equal to `normalise(text).text`."""
    return " ".join(word for token in text_tokens(text) for word in token_words(token))


def normalise(text: str) -> Normalised:
    """Return the normalised text with the place in the original of each of its characters."""
    folded = [_TABLE[ord(character)] for character in text]
    offsets = array("Q", (place for place, letters in enumerate(folded) for _ in letters))
    current = "".join(folded)
    if _has_single_letters_in_a_row(text.split()):
        current, offsets = _replace(current, offsets, *_SPACED_STEP)
    for step in _STEPS:
        current, offsets = _replace(current, offsets, *step)
    current, offsets = _single_blanks(current, offsets)
    return Normalised(current, offsets, len(text))


def _single_blanks(text: str, offsets: "array[int]") -> "tuple[str, array[int]]":
    words: list[str] = []
    places = array("Q")
    for found in _TOKEN.finditer(text):
        if words:
            places.append(offsets[found.start() - 1])
        words.append(found[0])
        places += offsets[found.start() : found.end()]
    return " ".join(words), places


def _replace(
    text: str,
    offsets: "array[int]",
    pattern: re.Pattern[str],
    replacement: Callable[[re.Match[str]], str],
) -> "tuple[str, array[int]]":
    pieces: list[str] = []
    places = array("Q")
    done = 0
    for found in pattern.finditer(text):
        letters = replacement(found)
        step = -(-len(found[0]) // len(letters))
        pieces += (text[done : found.start()], letters)
        places += offsets[done : found.start()] + offsets[found.start() : found.end() : step]
        done = found.end()
    return "".join(pieces) + text[done:], places + offsets[done:]
