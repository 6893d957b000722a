"""Finds the features of many words at once, by the compiled loops."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring import compiled
from scoring.characters import ASCII, ASCII_BONES, ASCII_KINDS, kind_of
from scoring.features import bone

_INT64, _UINT32 = np.dtype(np.int64), np.dtype(np.uint32)


@dataclass(frozen=True)
class Words:
    """The features of n words: `buckets` of all, `ends` [n] where those of each end, `keys` [n] uint64 (0 where it has
    none), `counts` [n, 5], `places` [n] in a vocabulary.
    """

    buckets: np.ndarray
    ends: np.ndarray
    keys: np.ndarray
    counts: np.ndarray
    places: np.ndarray


def read_words(words: Sequence[str]) -> Words:
    """Find the features of words, each at most 64 characters long."""
    codes = code_points("".join(words))
    ends = word_ends(words)
    found = Words(
        buckets=np.empty(4 * codes.size + 8 * ends.size, dtype=np.int32),
        ends=np.empty(ends.size, dtype=np.int64),
        keys=np.empty(ends.size, dtype=np.uint64),
        counts=np.zeros((ends.size, compiled.COUNTS), dtype=np.int64),
        places=np.empty(ends.size, dtype=np.int64),
    )
    bones, kinds = _characters(codes)
    compiled.read_words(
        codes, bones, kinds, ends, found.buckets, found.ends, found.keys, found.counts, found.places
    )
    return found


def word_ends(words: Sequence[str]) -> np.ndarray:
    """Return where each of some texts ends when they stand after one another, [n] int64."""
    return np.fromiter(map(len, words), _INT64, len(words)).cumsum()


def code_points(text: str) -> np.ndarray:
    """Return the code points of a text, [n] uint32; lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), _UINT32)


def _characters(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bit in the skeleton and the kind of each character."""
    plain = np.minimum(codes, ASCII - 1)
    bones, kinds = ASCII_BONES[plain], ASCII_KINDS[plain]
    others = np.flatnonzero(codes >= ASCII)
    if others.size:
        found, inverse = np.unique(codes[others], return_inverse=True)
        characters = list(map(chr, found.tolist()))
        bones[others] = np.array(list(map(bone, characters)), dtype=np.uint64)[inverse]
        kinds[others] = np.array(list(map(kind_of, characters)), dtype=np.uint8)[inverse]
    return bones, kinds
