"""Says what a model reads in a message: hashed n-grams, the same wherever a word stands; none crosses a message.

For every word: its character n-grams of 2 to 5 inside the word padded by a blank (scikit-learn's `char_wb`), the
word without surrounding punctuation, and its *skeleton*, the set of its consonants and digits, which outlasts
swapped letters, dropped vowels and doubled letters. For neighbours: the pair of their skeletons. Hashing is
stateless (Weinberger et al. 2009, feature hashing), so a model is its weights and nothing else; every feature counts
+1. This file is the plain definition, one feature at a time; `kernel.py` is tested against it.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from scoring.text import text_tokens, token_words

WORD_BITS, PAIR_BITS, VOCABULARY_BITS = 18, 17, 20
# Buckets of what changes with the spelling of a word; those of skeletons and their pairs follow behind them.
WORD_BUCKETS = 2**WORD_BITS
BUCKETS = WORD_BUCKETS + 2**PAIR_BITS
SHORTEST, LONGEST = 2, 5
PUNCTUATION = ".,;:!?\"'()[]{}<>*~-_/\\|"
LONGEST_WORD = 64
# Added to the count of n-grams under the root: one or two words carry less evidence than a sentence.
SHRINKAGE = 36.0

# A text is hashed as a polynomial of its code points modulo 2⁶⁴ (Karp and Rabin 1987), then spread by an odd
# multiplier of which the upper bits are taken (Dietzfelbinger et al. 1997, multiply-shift).
HASHES = 2**64
BASE = 0x9E3779B97F4A7C15
SPREAD = 0xD6E8FEB86659FD93
# What kind of feature it is: character n-grams by their size, then these.
NAME, SKELETON, PAIR = 6, 7, 8

Matrix: TypeAlias = Any  # scipy.sparse.csr_array; SciPy has no types


def chunks(words: Iterable[str]) -> list[str]:
    """Cut a word over 64 characters, so that one endless word is many bounded ones."""
    cut: list[str] = []
    for word in words:
        if len(word) <= LONGEST_WORD:
            cut.append(word)
        else:
            cut += [word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD)]
    return cut


def message_words(text: str) -> list[str]:
    """Return the normalised words of a message, punctuation and all, each at most 64 characters long."""
    return chunks(word for token in text_tokens(text) for word in token_words(token))


def bare(word: str) -> str:
    """Return a word without surrounding punctuation; empty where it holds nothing else."""
    return word.strip(PUNCTUATION)


@lru_cache(maxsize=4_096)
def bone(character: str) -> int:
    """Return the bit of a consonant or digit in a skeleton, 0 for a vowel and for signs.

    Latin letters and digits have a bit each; letters of other scripts share 28.
    """
    if character in "aeiou" or not character.isalnum():
        return 0
    if "a" <= character <= "z":
        return 1 << (ord(character) - ord("a"))
    return 1 << (26 + int(character)) if "0" <= character <= "9" else 1 << (36 + ord(character) % 28)


def skeleton(word: str) -> int:
    """Return the set of a word's consonants and digits as bits, 0 where it has none."""
    bits = 0
    for character in word:
        bits |= bone(character)
    return bits


def hashed(text: str) -> int:
    """Return the polynomial hash of a text, 0 to 2⁶⁴ − 1: Σ (code point + 1) · BASE^place."""
    value = 0
    for character in reversed(text):
        value = (value * BASE + ord(character) + 1) % HASHES
    return value


def spread(value: int, kind: int, bits: int) -> int:
    """Spread a hash of one kind over 2^bits buckets."""
    return ((value + kind) * SPREAD % HASHES) >> (64 - bits)


def character_ngrams(word: str) -> list[str]:
    """Return the character n-grams of one word with its blanks; none of a size that is longer than all of it."""
    padded = f" {word} "
    sizes = range(SHORTEST, min(LONGEST, len(padded)) + 1)
    return [padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1)]


def word_buckets(word: str) -> list[int]:
    """Return the bucket of everything that one word gives by itself."""
    buckets = [spread(hashed(gram), len(gram), WORD_BITS) for gram in character_ngrams(word)]
    if stripped := bare(word):
        buckets.append(spread(hashed(stripped), NAME, WORD_BITS))
    if bits := skeleton(word):
        buckets.append(WORD_BUCKETS + spread(bits, SKELETON, PAIR_BITS))
    return buckets


def key(word: str) -> int:
    """Return what a word gives to a pair: its skeleton's hash, or its name's where it has vowels only."""
    bits = skeleton(word)
    return bits * BASE % HASHES if bits else hashed(bare(word))


def pair_bucket(first: int, second: int) -> int:
    """Return the bucket of two neighbours' keys, among those of skeletons."""
    return WORD_BUCKETS + spread((first * BASE + second) % HASHES, PAIR, PAIR_BITS)


def vocabulary_place(word: str) -> int:
    """Return where the bit of a word stands in a vocabulary, 0 to 2²⁰ − 1."""
    return spread(hashed(bare(word)), NAME, VOCABULARY_BITS)


@lru_cache(maxsize=4_096)
def is_latin(letter: str) -> bool:
    """Whether a letter is of the Latin script, by its Unicode name."""
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def located_buckets(words: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return each feature of one message's words as (bucket, first word, last word)."""
    located = [(found, place, place) for place, word in enumerate(words) for found in word_buckets(word)]
    keyed = [(place, key(word)) for place, word in enumerate(words) if bare(word)]
    located += [(pair_bucket(a, b), first, last) for (first, a), (last, b) in pairwise(keyed)]
    return located


def count_matrix(texts: Sequence[str]) -> Matrix:
    """Return the counts of all features of raw texts, [n, BUCKETS] float64: the plain reference."""
    places = [
        (row, found) for row, text in enumerate(texts) for found, _, _ in located_buckets(message_words(text))
    ]
    rows, columns = np.array(places, dtype=np.int32).reshape(-1, 2).T
    return sparse.csr_array((np.ones(len(places)), (rows, columns)), shape=(len(texts), BUCKETS))


def divisors(grams: np.ndarray) -> np.ndarray:
    """Return what turns a message's counts into its vector, √(n-grams + 36), from its count of n-grams."""
    return np.sqrt(grams + SHRINKAGE)
