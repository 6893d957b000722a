"""Multiplies messages with all heads at once, fast, because a word's row of products is made once and kept.

Features are additive and those of a word do not depend on where it stands, so the sum over its some forty n-grams is
one row of 1 + K numbers. What is left for a message is one row for each word and one for each pair of neighbours.
Weights are whole numbers, so sums are exact: the same in any order, for a text alone and in any batch, and equal to
the reference, a sparse product with `features.count_matrix`.
"""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from scoring import compiled
from scoring.compiled import (
    BYTES_OF_A_LINE,
    COUNTS,
    FLAGS,
    GRAMS,
    IS_LETTER,
    KNOWN,
    LINE,
    MOST_NARROW,
    ROW,
    WIDE,
    WORDS,
)
from scoring.features import LONGEST_WORD, chunks
from scoring.text import is_single_letter, joined_tokens, tokens_words
from scoring.words import code_points, read_words, word_ends

# Tokens are kept up to so many, then forgotten together: odd input cannot fill the memory.
TOKENS_KEPT = 100_000
CHARACTERS_KEPT = 2_000_000
CHARACTERS_AT_ONCE = 200_000
# Smaller batches have their room at hand.
TOKENS_AT_HAND = 4_096


_INT64, _BOOL = np.dtype(np.int64), np.dtype(np.bool_)


class Read(NamedTuple):
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
        self._weights = _aligned((len(weights), -(-self._columns // LINE) * LINE), np.int16)
        self._weights[:, : self._columns] = weights
        self._vocabulary = vocabulary
        self._lock = Lock()
        self._room = _room(TOKENS_AT_HAND)
        self._end, self._in_a_row = np.zeros(1, _INT64), np.zeros(1, _BOOL)
        self._forget()

    def _forget(self) -> None:
        self._known = self._characters = 0
        self._slots = np.full(1, -1, dtype=np.int32)
        self._table = _aligned((0, self._weights.shape[1] // 2 + ROW), np.uint64)
        self._narrow = self._table.view(np.int32)
        self._wide = np.zeros((1, self._weights.shape[1]), dtype=np.int64)
        self._pool = np.empty(0, dtype=np.uint32)

    def read(self, texts: Sequence[str]) -> Read:
        """Read raw texts of messages; the same for a text alone and in any batch."""
        products = np.zeros((len(texts), self._weights.shape[1]), _INT64)
        counts = np.zeros((len(texts), COUNTS), _INT64)
        with self._lock:
            try:
                self._read(texts, products, counts)
            except BaseException:
                # A time limit may strike anywhere: a token that is numbered and has no row yet must not stay.
                self._forget()
                raise
        return Read(np.ascontiguousarray(products[:, : self._columns]), counts)

    def _read(self, texts: Sequence[str], products: np.ndarray, counts: np.ndarray) -> None:
        if len(texts) == 1:
            # What a live conversation grows by has its room at hand.
            in_a_row = self._in_a_row
            in_a_row[0] = False
        else:
            in_a_row = np.zeros(len(texts), _BOOL)
        if sum(map(len, texts)) < CHARACTERS_AT_ONCE:
            rows = self._add(texts, products, counts, in_a_row)
        else:
            rows = sum(
                [
                    self._add(texts[part], products[part], counts[part], in_a_row[part])
                    for part in _parts(texts)
                ]
            )
        for place in np.flatnonzero(in_a_row).tolist() if rows else ():
            part = slice(place, place + 1)
            products[part], counts[part] = 0, 0
            joined = " ".join(joined_tokens(texts[place]))
            self._add([joined], products[part], counts[part], in_a_row[part])

    def _add(
        self, texts: Sequence[str], products: np.ndarray, counts: np.ndarray, in_a_row: np.ndarray
    ) -> int:
        """Add up messages; return in how many single letters stand in a row."""
        text = "".join(texts)
        codes = code_points(text)
        most = codes.size // 2 + len(texts) + 1
        self._make_room(most, codes.size)
        tokens, odd = self._room if most + len(texts) <= TOKENS_AT_HAND else _room(most + len(texts))
        if len(texts) == 1:
            ends = self._end
            ends[0] = codes.size
        else:
            ends = word_ends(texts)
        count, self._known, self._characters, odds, rows = compiled.read(
            codes, ends, self._slots, self._table, self._wide, self._pool, self._known, self._weights,
            self._vocabulary, tokens, odd, products, counts, in_a_row,
        )  # fmt: skip
        if not odds:
            return int(rows)
        self._keep(text, odd[:odds])
        kept = self._table, self._wide, self._weights
        return int(compiled.add_up(tokens, count, *kept, products, counts, in_a_row))

    def _keep(self, text: str, odd: np.ndarray) -> None:
        """Make the rows of tokens that are not plain words; each is `odd` by its start, its end and its number."""
        tokens = [text[start:stop] for start, stop, _ in odd.tolist()]
        numbers, flags = odd[:, 2], self._narrow[:, FLAGS - 2 * ROW]
        words, sizes = tokens_words(tokens)
        start = 0
        for place, size in enumerate(sizes):
            if size == 1 and len(words[start]) == 1 and is_single_letter(tokens[place], [words[start]]):
                flags[numbers[place]] |= IS_LETTER
            start += size
        if len(max(words, key=len, default="")) > LONGEST_WORD:
            words, sizes = cut_words(words, sizes)
        found = read_words(words)
        found.counts[:, KNOWN] = self._vocabulary[found.places] & (found.counts[:, WORDS] > 0)
        ends = np.cumsum(sizes, dtype=np.int64)
        grams = np.append(0, found.counts[:, GRAMS].cumsum())[ends]
        self._widen(numbers, np.diff(grams, prepend=0))
        compiled.join_words(
            numbers, ends, found.buckets, found.ends, found.keys, found.counts, self._weights, self._table, self._wide
        )  # fmt: skip

    def _widen(self, numbers: np.ndarray, grams: np.ndarray) -> None:
        """Give a wide row to each token with more n-grams than add up in 32 bits."""
        wide = numbers[grams > MOST_NARROW]
        self._narrow[wide, WIDE - 2 * ROW] = np.arange(len(self._wide), len(self._wide) + len(wide))
        self._wide = _grown(self._wide, len(self._wide) + len(wide))

    def _make_room(self, tokens: int, characters: int) -> None:
        """Make sure that so many tokens more can be kept; forget all if they have become too many."""
        if self._known > TOKENS_KEPT or self._characters > CHARACTERS_KEPT:
            self._forget()
        needed, filled = self._known + tokens, self._characters + characters
        if needed > len(self._table):
            size = max(needed, 2 * len(self._table))
            table = _aligned((size, self._table.shape[1]), np.uint64)
            table[: self._known] = self._table[: self._known]
            self._table, self._narrow = table, table.view(np.int32)
            self._slots = np.full(1 << (2 * size - 1).bit_length(), -1, dtype=np.int32)
            compiled.fill_slots(self._slots, self._table, self._known)
        if filled > self._pool.size:
            self._pool = _grown(self._pool, max(filled, 2 * self._pool.size))


def _room(tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Return room for so many tokens of a batch, and for those that are not plain words."""
    return np.empty(tokens, dtype=np.int32), np.empty((tokens, 3), dtype=np.int64)


def _aligned(shape: tuple[int, int], kind: type[np.generic]) -> np.ndarray:
    """Return zeros of which each row begins at a line of the processor's cache: no fetch is for a part of a line."""
    size = shape[0] * shape[1] * np.dtype(kind).itemsize
    room = np.zeros(size + BYTES_OF_A_LINE, dtype=np.uint8)
    first = -room.ctypes.data % BYTES_OF_A_LINE
    return room[first : first + size].view(kind).reshape(shape)


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
    start, characters = 0, 0
    for place, text in enumerate(texts, start=1):
        characters += len(text)
        if characters >= CHARACTERS_AT_ONCE:
            yield slice(start, place)
            start, characters = place, 0
    if start < len(texts):
        yield slice(start, len(texts))
