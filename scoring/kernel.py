"""Multiplies messages with all heads at once, fast, because a word's row of products is made once and kept.

Features are additive and those of a word do not depend on where it stands, so the sum over its some forty n-grams is
one row of 1 + K numbers. What is left for a message is one row for each word and one for each pair of neighbours.
Weights are whole numbers, so sums are exact: the same in any order, for a text alone and in any batch, and equal to
the reference, a sparse product with `features.count_matrix`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from scoring import compiled
from scoring.compiled import COUNTS, IS_LETTER, KNOWN, WORDS
from scoring.features import LONGEST_WORD, chunks
from scoring.text import is_single_letter, joined_tokens, tokens_words
from scoring.words import code_points, read_words, word_ends

# Tokens are kept up to so many, then forgotten together: odd input cannot fill the memory.
TOKENS_KEPT = 100_000
CHARACTERS_KEPT = 2_000_000
CHARACTERS_AT_ONCE = 200_000
# Weights of 16 bits in a line of the cache, 64 bytes.
LINE = 32

_LAST_BLANK = 0x3000
_BLANKS = np.array([chr(code).isspace() for code in range(_LAST_BLANK + 1)] + [False])


@dataclass(frozen=True)
class Read:
    """What n messages hold: `products` [n, 1 + K] int64 of their counts and the weights, `counts` [n, 5] int64.

    The columns of `counts`: features; words with a letter; those of them that training saw; letters; letters that are
    not Latin.
    """

    products: np.ndarray
    counts: np.ndarray


class Kernel:
    """Products of messages with one model's weights, [BUCKETS, 1 + K] int16; safe for threads."""

    def __init__(self, weights: np.ndarray, vocabulary: np.ndarray) -> None:
        """`vocabulary` [2²⁰] bool says by hash which words training saw."""
        self._columns = weights.shape[1]
        self._weights = _aligned(weights)
        self._vocabulary = vocabulary
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._known = 0
        self._slots = np.full(1, -1, dtype=np.int32)
        self._hashes = np.empty(0, dtype=np.uint64)
        self._pool_ends = np.zeros(1, dtype=np.int64)
        self._pool = np.empty(0, dtype=np.uint32)
        self._rows = np.zeros((0, self._weights.shape[1]), dtype=np.int64)
        self._counts = np.zeros((0, COUNTS), dtype=np.int64)
        self._keys = np.zeros((0, 2), dtype=np.uint64)
        self._flags = np.zeros(0, dtype=np.uint8)

    def read(self, texts: Sequence[str]) -> Read:
        """Read raw texts of messages; the same for a text alone and in any batch."""
        products = np.zeros((len(texts), self._weights.shape[1]), dtype=np.int64)
        counts = np.zeros((len(texts), COUNTS), dtype=np.int64)
        with self._lock:
            try:
                self._read(texts, products, counts)
            except BaseException:
                # A time limit may strike anywhere: a token that is numbered and has no row yet must not stay.
                self._forget()
                raise
        return Read(products[:, : self._columns], counts)

    def _read(self, texts: Sequence[str], products: np.ndarray, counts: np.ndarray) -> None:
        in_a_row = np.zeros(len(texts), dtype=np.bool_)
        for part in _parts(texts):
            self._add(texts[part], products[part], counts[part], in_a_row[part])
        for place in np.flatnonzero(in_a_row).tolist():
            part = slice(place, place + 1)
            products[part], counts[part] = 0, 0
            joined = " ".join(joined_tokens(texts[place]))
            self._add([joined], products[part], counts[part], in_a_row[part])

    def _add(
        self, texts: Sequence[str], products: np.ndarray, counts: np.ndarray, in_a_row: np.ndarray
    ) -> None:
        text = "".join(texts)
        codes = code_points(text)
        most = codes.size // 2 + len(texts) + 1
        self._make_room(most, codes.size)
        tokens = np.empty(most + len(texts), dtype=np.int32)
        fresh = np.empty((most, 2), dtype=np.int64)
        before = self._known
        count, self._known = compiled.find_tokens(
            codes, word_ends(texts), _BLANKS, self._slots, self._hashes,
            self._pool_ends, self._pool, before, tokens, fresh,
        )  # fmt: skip
        if self._known > before:
            starts, stops = fresh[: self._known - before].T.tolist()
            self._keep([text[start:stop] for start, stop in zip(starts, stops, strict=True)], before)
        compiled.add_up(
            tokens, count, self._rows, self._counts, self._keys, self._flags,
            self._weights, products, counts, in_a_row,
        )  # fmt: skip

    def _keep(self, tokens: Sequence[str], place: int) -> None:
        """Make the rows of tokens that are numbered from `place` on; a token is seldom more than one word."""
        words, sizes = tokens_words(tokens)
        start = 0
        for number, size in enumerate(sizes):
            if size == 1 and len(words[start]) == 1 and is_single_letter(tokens[number], [words[start]]):
                self._flags[place + number] |= IS_LETTER
            start += size
        if len(max(words, key=len, default="")) > LONGEST_WORD:
            words, sizes = cut_words(words, sizes)
        found = read_words(words)
        found.counts[:, KNOWN] = self._vocabulary[found.places] & (found.counts[:, WORDS] > 0)
        compiled.join_words(
            np.cumsum(sizes, dtype=np.int64), found.buckets, found.ends, found.keys, found.counts, self._weights,
            self._rows[place:], self._counts[place:], self._keys[place:], self._flags[place:],
        )  # fmt: skip

    def _make_room(self, tokens: int, characters: int) -> None:
        """Make sure that so many tokens more can be kept; forget all if they have become too many."""
        if self._known > TOKENS_KEPT or self._pool_ends[self._known] > CHARACTERS_KEPT:
            self._forget()
        needed, filled = self._known + tokens, int(self._pool_ends[self._known]) + characters
        if needed > self._hashes.size:
            size = max(needed, 2 * self._hashes.size)
            for name in ("_hashes", "_rows", "_counts", "_keys", "_flags"):
                setattr(self, name, _grown(getattr(self, name), size))
            self._pool_ends = _grown(self._pool_ends, size + 1)
            self._slots = np.full(1 << (2 * size - 1).bit_length(), -1, dtype=np.int32)
            compiled.fill_slots(self._slots, self._hashes, self._known)
        if filled > self._pool.size:
            self._pool = _grown(self._pool, max(filled, 2 * self._pool.size))


def _aligned(weights: np.ndarray) -> np.ndarray:
    """Copy weights so that each row begins at a line of the processor's cache: one fetch instead of two a feature."""
    columns = -(-weights.shape[1] // LINE) * LINE
    room = np.zeros(len(weights) * columns + LINE, dtype=np.int16)
    first = -(room.ctypes.data // room.itemsize) % LINE
    aligned = room[first : first + len(weights) * columns].reshape(len(weights), columns)
    aligned[:, : weights.shape[1]] = weights
    return aligned


def cut_words(words: Sequence[str], sizes: Sequence[int]) -> tuple[list[str], list[int]]:
    """Cut endless words into chunks, and count those of each token."""
    cut: list[str] = []
    counts, place = list(sizes), 0
    for number, size in enumerate(sizes):
        before = len(cut)
        cut += chunks(words[place : place + size])
        counts[number], place = len(cut) - before, place + size
    return cut, counts


def _grown(table: np.ndarray, size: int) -> np.ndarray:
    grown = np.zeros((size, *table.shape[1:]), dtype=table.dtype)
    grown[: len(table)] = table
    return grown


def _parts(texts: Sequence[str]) -> Iterator[slice]:
    """Group messages until a part holds `CHARACTERS_AT_ONCE` characters or more."""
    if sum(map(len, texts)) < CHARACTERS_AT_ONCE:
        yield slice(0, len(texts))
        return
    start, characters = 0, 0
    for place, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= CHARACTERS_AT_ONCE:
            yield slice(start, place)
            start, characters = place, 0
    if start < len(texts):
        yield slice(start, len(texts))
