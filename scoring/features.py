"""Turns each message into a hashed vector of character and word n-grams; no n-gram crosses a message or a word boundary.

Character n-grams of 2 to 5 are taken inside each word padded by a blank (scikit-learn's `char_wb`); word n-grams are the
words without surrounding punctuation and pairs of neighbours. Hashing is stateless (Weinberger et al. 2009, feature hashing),
so a model is its weights and nothing else.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer

BUCKETS = 2**18
SHRINKAGE = 6.0
SHORTEST, LONGEST = 2, 5
PUNCTUATION = ".,;:!?\"'()[]{}<>*~-_/\\|"
LONGEST_WORD = 64

Matrix = sparse.csr_array


@lru_cache(maxsize=50_000)
def _characters(word: str) -> tuple[str, ...]:
    return tuple(gram for gram, _ in character_grams(word))


def character_grams(word: str) -> Iterator[tuple[str, int]]:
    """Yield the character n-grams of one word with the place of each in the word (−1 is the blank before it)."""
    padded = f" {word} "
    for size in range(SHORTEST, LONGEST + 1):
        if len(padded) <= size:
            yield padded, -1
            return
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size], start - 1


def chunks(text: str) -> list[str]:
    """Split at blanks; a word over 64 characters is cut, so that one endless word is many bounded ones."""
    return [
        word[start : start + LONGEST_WORD]
        for word in text.split()
        for start in range(0, len(word), LONGEST_WORD)
    ]


def word_of(chunk: str) -> str:
    """Return the chunk as a word n-gram sees it: with a mark in front, without punctuation around it; or nothing."""
    return chunk.strip(PUNCTUATION)


def ngrams(text: str) -> list[str]:
    """Return every n-gram of one normalised message, repeated as often as it occurs. Word n-grams begin with a tab."""
    parts = chunks(text)
    grams = [gram for part in parts for gram in _characters(part)]
    words = [word for word in map(word_of, parts) if word]
    grams += ["\t" + word for word in words]
    grams += [
        f"\t{first}\t{second}" for first, second in zip(words, words[1:], strict=False)
    ]
    return grams


_VECTORISER = HashingVectorizer(
    analyzer=ngrams,
    n_features=BUCKETS,
    norm=None,
    alternate_sign=True,
    dtype=np.float64,
)


def count_matrix(texts: Iterable[str]) -> Matrix:
    """Return signed n-gram counts of normalised texts: one row a text, `BUCKETS` columns, float64."""
    return _VECTORISER.transform(texts)


def message_vectors(texts: Iterable[str]) -> tuple[Matrix, np.ndarray]:
    """Return each normalised message as a vector and its weight, the divisor that made the vector from its counts.

    The divisor is √(‖counts‖² + 6²): near the Euclidean norm for a sentence, and more for one or two words, which
    therefore carry less evidence. A message without n-grams is a row of zeros with weight 0.
    """
    counts = count_matrix(texts)
    squares = np.asarray(counts.multiply(counts).sum(axis=1)).ravel()
    weights = np.where(squares > 0, np.sqrt(squares + SHRINKAGE**2), 0.0)
    scale = np.divide(1.0, weights, out=np.zeros_like(weights), where=weights > 0)
    counts.data *= np.repeat(scale, np.diff(counts.indptr))
    return counts, weights
