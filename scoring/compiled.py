"""The loops that numba compiles: finding tokens, the features of words, and adding up rows of products.

Arrays in, whole numbers out; no Python object is touched, so other threads run meanwhile. What a feature is, is said
in `features.py`, which the tests hold these loops to.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202, SIM110

import numpy as np
from numba import njit

from scoring.features import (
    BASE,
    LONGEST,
    NAME,
    PAIR,
    PAIR_BITS,
    SKELETON,
    SPREAD,
    VOCABULARY_BITS,
    WORD_BITS,
    WORD_BUCKETS,
)

_BASE, _SPREAD = np.uint64(BASE), np.uint64(SPREAD)
_ZERO, _ONE, _64 = np.uint64(0), np.uint64(1), np.uint64(64)
_WORD_BITS, _PAIR_BITS, _VOCABULARY_BITS = (
    np.uint64(WORD_BITS),
    np.uint64(PAIR_BITS),
    np.uint64(VOCABULARY_BITS),
)
_NAME, _SKELETON, _PAIR = np.uint64(NAME), np.uint64(SKELETON), np.uint64(PAIR)
_BLANK = np.uint64(33)  # A blank's code point plus one.
_UPPER_A, _UPPER_Z, _TO_LOWER = np.uint32(65), np.uint32(90), np.uint32(32)

# What a character is: bits of `kinds`.
PUNCTUATION, LETTER, FOREIGN = 1, 2, 4
# The columns of whole numbers of a token or message, and a token's flags.
GRAMS, WORDS, KNOWN, LETTERS, FOREIGN_LETTERS = range(5)
COUNTS = 5
HAS_KEY, IS_LETTER = 1, 2
END = -1


def _compiled(function):
    """Compile a loop when it is first called, and keep the result beside the code or in the user's cache.

    Where neither may be written to, as in a container that runs read-only, each process compiles for itself.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def _spread(value, kind, bits):
    return ((value + kind) * _SPREAD) >> (_64 - bits)


@_compiled
def _lower(code):
    return code + _TO_LOWER if _UPPER_A <= code <= _UPPER_Z else code


@_compiled
def _is_blank(code, blanks):
    return blanks[min(code, blanks.size - 1)]


@_compiled
def find_tokens(codes, ends, blanks, slots, hashes, pool_ends, pool, known, tokens, fresh):
    """Find the tokens of messages and number them; capital letters of ASCII are small ones.

    `codes` [c] uint32 code points of messages after one another, `ends` [n] int64 where each ends, `blanks` bool which
    code points are blanks, the last entry for all beyond. `slots` [a power of two] int32, `hashes`, `pool_ends` and
    `pool` hold the `known` tokens and take in new ones. Fills `tokens` int32 with their numbers and −1 at the end of
    each message, `fresh` [m, 2] with where new ones stand. Returns how many entries of `tokens` are filled, and how
    many tokens are known.
    """
    mask = np.uint64(slots.size - 1)
    count, place, new = 0, 0, 0
    for end in ends:
        while place < end:
            if _is_blank(codes[place], blanks):
                place += 1
                continue
            start, value = place, _ZERO
            while place < end and not _is_blank(codes[place], blanks):
                value = (value ^ np.uint64(_lower(codes[place]))) * _BASE
                value ^= value >> np.uint64(31)
                place += 1
            slot = (value * _SPREAD) >> np.uint64(24) & mask
            number = slots[slot]
            while number >= 0 and not (
                hashes[number] == value and _is_same(codes, start, place, pool_ends, pool, number)
            ):
                slot = (slot + _ONE) & mask
                number = slots[slot]
            if number < 0:
                number = known
                slots[slot], hashes[number] = number, value
                _keep(codes, start, place, pool_ends, pool, number)
                fresh[new, 0], fresh[new, 1] = start, place
                known, new = known + 1, new + 1
            tokens[count] = number
            count += 1
        tokens[count] = END
        count += 1
    return count, known


@_compiled
def _is_same(codes, start, stop, pool_ends, pool, number):
    first = pool_ends[number]
    if pool_ends[number + 1] - first != stop - start:
        return False
    for place in range(stop - start):
        if pool[first + place] != _lower(codes[start + place]):
            return False
    return True


@_compiled
def _keep(codes, start, stop, pool_ends, pool, number):
    first = pool_ends[number]
    for place in range(stop - start):
        pool[first + place] = _lower(codes[start + place])
    pool_ends[number + 1] = first + stop - start


@_compiled
def fill_slots(slots, hashes, known):
    """Put the known tokens into an empty table of slots."""
    mask = np.uint64(slots.size - 1)
    for number in range(known):
        slot = (hashes[number] * _SPREAD) >> np.uint64(24) & mask
        while slots[slot] >= 0:
            slot = (slot + _ONE) & mask
        slots[slot] = number


@_compiled
def read_words(codes, bones, kinds, ends, buckets, bucket_ends, keys, counts, places):
    """Find the features of words that stand after one another without blanks; `ends` [n] says where each ends.

    `bones` [c] uint64 and `kinds` [c] uint8 say what each character is. Fills `buckets` int32 and, for each word,
    `bucket_ends`, `keys` [n] uint64 (0 where it has none), `counts` [n, 5] but for the known, and `places` [n] in a
    vocabulary.
    """
    start, filled = 0, 0
    for word in range(ends.size):
        end = ends[word]
        first, last, bits, before = end, start, _ZERO, filled
        for place in range(start, end):
            bits |= bones[place]
            if kinds[place] & LETTER:
                counts[word, LETTERS] += 1
                counts[word, FOREIGN_LETTERS] += kinds[place] & FOREIGN != 0
            if not kinds[place] & PUNCTUATION:
                first, last = min(first, place), place + 1
        name = _ZERO
        for place in range(last - 1, first - 1, -1):
            name = name * _BASE + np.uint64(codes[place]) + _ONE
        filled = _ngrams(codes, start, end, buckets, filled)
        if first < last:
            buckets[filled] = _spread(name, _NAME, _WORD_BITS)
            filled += 1
        if bits:
            buckets[filled] = WORD_BUCKETS + np.int64(_spread(bits, _SKELETON, _PAIR_BITS))
            filled += 1
        counts[word, GRAMS] = filled - before
        counts[word, WORDS] = counts[word, LETTERS] > 0
        keys[word] = bits * _BASE if bits else name
        places[word] = _spread(name, _NAME, _VOCABULARY_BITS)
        bucket_ends[word] = filled
        start = end


@_compiled
def _ngrams(codes, start, end, buckets, filled):
    """Hash the n-grams of 2 to 5 characters of one word with a blank on both sides, from each first character."""
    for first in range(start - 1, end):
        value, power = _ZERO, _ONE
        for size in range(1, LONGEST + 1):
            place = first + size - 1
            if place > end:
                break
            inside = start <= place < end
            value += (np.uint64(codes[place]) + _ONE if inside else _BLANK) * power
            power *= _BASE
            if size > 1:
                buckets[filled] = _spread(value, np.uint64(size), _WORD_BITS)
                filled += 1
    return filled


@_compiled
def pair_bucket(first, second):
    """Return the bucket of two neighbours' keys, uint64 both."""
    return WORD_BUCKETS + np.int64(_spread(first * _BASE + second, _PAIR, _PAIR_BITS))


@_compiled
def find_pairs(word_keys, ends, buckets, owners):
    """Find the pairs of neighbours; `ends` [n] says where the words of each message end.

    Fills `buckets` and `owners`, which message each is of. Returns how many there are.
    """
    filled, start = 0, 0
    for message in range(ends.size):
        before = _ZERO
        for word in range(start, ends[message]):
            if word_keys[word]:
                if before:
                    buckets[filled], owners[filled] = pair_bucket(before, word_keys[word]), message
                    filled += 1
                before = word_keys[word]
        start = ends[message]
    return filled


@_compiled
def join_words(word_ends, buckets, bucket_ends, word_keys, word_counts, weights, rows, counts, keys, flags):
    """Make the rows of tokens from their words; `word_ends` [n] says where the words of each token end.

    A token's first and last key are what its neighbours see; pairs inside it join its row.
    """
    word, bucket = 0, 0
    for token in range(word_ends.size):
        while word < word_ends[token]:
            while bucket < bucket_ends[word]:
                for column in range(weights.shape[1]):
                    rows[token, column] += weights[buckets[bucket], column]
                bucket += 1
            for column in range(COUNTS):
                counts[token, column] += word_counts[word, column]
            if word_keys[word]:
                if flags[token] & HAS_KEY:
                    pair = pair_bucket(keys[token, 1], word_keys[word])
                    for column in range(weights.shape[1]):
                        rows[token, column] += weights[pair, column]
                    counts[token, GRAMS] += 1
                else:
                    keys[token, 0] = word_keys[word]
                    flags[token] |= HAS_KEY
                keys[token, 1] = word_keys[word]
            word += 1


@_compiled
def add_up(tokens, count, rows, row_counts, keys, flags, weights, products, counts, in_a_row):
    """Add up each message's tokens and pairs: `products` [n, c] and `counts` [n, 5], both int64.

    `tokens` as `find_tokens` fills it; the table of tokens: `rows` int64, `row_counts`, `keys` [t, 2] first and last,
    `flags`. `in_a_row` [n] becomes true where two single letters follow one another.
    """
    message, before, was_letter = 0, END, False
    for place in range(count):
        token = tokens[place]
        if token == END:
            message, before, was_letter = message + 1, END, False
            continue
        for column in range(rows.shape[1]):
            products[message, column] += rows[token, column]
        for column in range(COUNTS):
            counts[message, column] += row_counts[token, column]
        if flags[token] & HAS_KEY:
            if before != END:
                bucket = pair_bucket(keys[before, 1], keys[token, 0])
                for column in range(weights.shape[1]):
                    products[message, column] += weights[bucket, column]
                counts[message, GRAMS] += 1
            before = token
        is_letter = flags[token] & IS_LETTER != 0
        in_a_row[message] |= is_letter and was_letter
        was_letter = is_letter
