"""Finds the features of many words at once, by the compiled loops."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from scoring import compiled
from scoring.features import PUNCTUATION, bone, is_latin


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
    return np.fromiter(accumulate(map(len, words)), dtype=np.int64, count=len(words))


def code_points(text: str) -> np.ndarray:
    """Return the code points of a text, [n] uint32; lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _kinds_of(character: str) -> tuple[int, int]:
    letter = compiled.LETTER | (0 if is_latin(character) else compiled.FOREIGN) if character.isalpha() else 0
    return bone(character), letter | (compiled.PUNCTUATION if character in PUNCTUATION else 0)


_ASCII = [_kinds_of(chr(code)) for code in range(128)]
_BONES = np.array([bits for bits, _ in _ASCII], dtype=np.uint64)
_KINDS = np.array([kind for _, kind in _ASCII], dtype=np.uint8)


def _characters(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bit in the skeleton and the kind of each character."""
    plain = np.minimum(codes, 127)
    bones, kinds = _BONES[plain], _KINDS[plain]
    others = np.flatnonzero(codes > 127)
    if others.size:
        found, inverse = np.unique(codes[others], return_inverse=True)
        known = [_kinds_of(chr(code)) for code in found.tolist()]
        bones[others] = np.array([bits for bits, _ in known], dtype=np.uint64)[inverse]
        kinds[others] = np.array([kind for _, kind in known], dtype=np.uint8)[inverse]
    return bones, kinds
