"""Turns each message into a hashed vector of character and word n-grams; no n-gram crosses a message or a
word boundary.

Character n-grams of 2 to 5 are taken inside each word padded by a blank (scikit-learn's `char_wb`); word
n-grams are the words without surrounding punctuation and pairs of neighbours. Hashing is stateless
(Weinberger et al. 2009, feature hashing), so a model is its weights and nothing else.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import HashingVectorizer

BUCKETS = 2**18
SHRINKAGE = 6.0
SHORTEST, LONGEST = 2, 5
PUNCTUATION = ".,;:!?\"'()[]{}<>*~-_/\\|"
LONGEST_WORD = 64
# Common words are kept with their n-grams; longer ones are not, so that odd input cannot fill the memory.
WORDS_KEPT, LONGEST_KEPT = 20_000, 16

_UNBROKEN = re.compile(r"\S+")

Matrix: TypeAlias = Any  # scipy.sparse.csr_array; SciPy has no types


Gram = tuple[str, int, int]


def character_ngrams(word: str) -> tuple[str, ...]:
    """Return the character n-grams of one word; a word shorter than a size gives itself once, with its blanks."""
    return _kept_ngrams(word) if len(word) <= LONGEST_KEPT else _made_ngrams(word)


def _made_ngrams(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    sizes = range(SHORTEST, min(LONGEST, len(padded)) + 1)
    return tuple(padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1))


_kept_ngrams = lru_cache(maxsize=WORDS_KEPT)(_made_ngrams)


def chunks(text: str) -> list[str]:
    """Split at blanks; a word over 64 characters is cut, so that one endless word is many bounded ones."""
    return [
        word[start : start + LONGEST_WORD]
        for word in text.split()
        for start in range(0, len(word), LONGEST_WORD)
    ]


def chunk_places(text: str) -> list[tuple[int, int]]:
    """Return where each of `chunks(text)` stands, as half-open spans of characters."""
    return [
        (start, min(start + LONGEST_WORD, found.end()))
        for found in _UNBROKEN.finditer(text)
        for start in range(found.start(), found.end(), LONGEST_WORD)
    ]


def ngrams(text: str) -> list[str]:
    """Return every n-gram of one normalised message, repeated as often as it occurs. Word n-grams begin with
    a tab.
    """
    parts = chunks(text)
    grams = [gram for part in parts for gram in character_ngrams(part)]
    words = [word for part in parts if (word := part.strip(PUNCTUATION))]
    grams += ["\t" + word for word in words]
    grams += [f"\t{first}\t{second}" for first, second in pairwise(words)]
    return grams


def located_ngrams(text: str) -> list[Gram]:
    """Return the same n-grams as `ngrams`, each with the numbers of the first and the last chunk that it is
    made of.
    """
    parts = chunks(text)
    grams = [(gram, place, place) for place, part in enumerate(parts) for gram in character_ngrams(part)]
    words = [(word, place) for place, part in enumerate(parts) if (word := part.strip(PUNCTUATION))]
    grams += [("\t" + word, place, place) for word, place in words]
    grams += [(f"\t{first}\t{second}", one, other) for (first, one), (second, other) in pairwise(words)]
    return grams


_HASHING = {"n_features": BUCKETS, "alternate_sign": True, "dtype": np.float64}
_VECTORISER = HashingVectorizer(analyzer=ngrams, norm=None, **_HASHING)
_HASHER = FeatureHasher(input_type="string", **_HASHING)


def count_matrix(texts: Iterable[str]) -> Matrix:
    """Return signed n-gram counts of normalised texts: one row a text, `BUCKETS` columns, float64."""
    return _VECTORISER.transform(texts)


def gram_matrix(grams: Iterable[str]) -> Matrix:
    """Return each single n-gram as a row with 1 or −1 in its bucket; the rows of a text's n-grams sum to its
    counts.
    """
    return _HASHER.transform([gram] for gram in grams)


def message_vectors(texts: Iterable[str]) -> tuple[Matrix, np.ndarray]:
    """Return each normalised message as a vector and its weight, the divisor that made the vector from its
    counts.

    The divisor is √(‖counts‖² + 6²): near the Euclidean norm for a sentence, and more for one or two words,
    which therefore carry less evidence. A message without n-grams is a row of zeros with weight 0.
    """
    counts = count_matrix(texts)
    squares = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
    weights = np.where(squares > 0, np.sqrt(squares + SHRINKAGE**2), 0.0)
    scale = np.divide(1.0, weights, out=np.zeros_like(weights), where=weights > 0)
    counts.data *= np.repeat(scale, np.diff(counts.indptr))
    return counts, weights
