"""The loops that numba compiles: finding tokens, the features of words, and adding up rows of products.

Arrays in, whole numbers out; no Python object is touched, so other threads run meanwhile. What a feature is, is said
in `features.py`, and what a word is, in `text.py`; the tests hold these loops to both. All are in one file, since a
compiled loop is kept until its own file changes.

A row of the table of tokens lies in whole lines of the processor's cache. First its products, two in each number of 64
bits; then four numbers of 64 bits and eight of 32, which the names below say.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202, SIM110

import numpy as np

from scoring import characters, features
from scoring.compiling import compiled, prefetch
from scoring.text import LONGEST_LETTER

_BASE, _SPREAD = np.uint64(features.BASE), np.uint64(features.SPREAD)
_ZERO, _ONE, _64 = np.uint64(0), np.uint64(1), np.uint64(64)
_WORD_BITS, _PAIR_BITS = np.uint64(features.WORD_BITS), np.uint64(features.PAIR_BITS)
_VOCABULARY_BITS = np.uint64(features.VOCABULARY_BITS)
_NAME, _SKELETON, _PAIR = np.uint64(features.NAME), np.uint64(features.SKELETON), np.uint64(features.PAIR)
# The n-grams of the longest word, its name and its skeleton.
_MOST_BUCKETS = 4 * features.LONGEST_WORD + 8
_BLANK = np.uint64(33)  # A blank's code point plus one.
_UPPER_A, _UPPER_Z, _TO_LOWER = np.uint32(65), np.uint32(90), np.uint32(32)
_DIGIT_0, _DIGIT_9 = np.uint32(48), np.uint32(57)

# So many alike in a row become one.
STRETCHED = 3
# The columns of whole numbers of a token or message, and a token's flags.
GRAMS, WORDS, KNOWN, LETTERS, FOREIGN_LETTERS = range(5)
COUNTS = 5
HAS_KEY, IS_LETTER = 1, 2
END = -1

# Weights in a line of the cache, 64 bytes; loops over so many are unrolled.
LINE, BYTES_OF_A_LINE = 32, 64
# How far ahead of what is added rows of tokens and weights of pairs are fetched, in tokens.
_TOKENS_AHEAD, _PAIRS_AHEAD = 12, 6
# What a token's row holds behind its products, in numbers of 64 bits and then of 32.
HASH, FIRST_KEY, LAST_KEY, BEGINS = range(4)
LENGTH, FLAGS, FIRST_COUNT, WIDE = 8, 9, 10, 15
ROW = 8
# So many n-grams and pairs of theirs add up in 32 bits; what holds more has a wide row.
MOST_NARROW = 40_000


@compiled
def _spread(value, kind, bits):
    return ((value + kind) * _SPREAD) >> (_64 - bits)


@compiled
def _lower(code):
    return code + _TO_LOWER if _UPPER_A <= code <= _UPPER_Z else code


@compiled
def _is_blank(code):
    return characters.BLANKS[min(code, characters.BLANKS.size - 1)]


@compiled
def read(
    codes, ends, slots, table, wide, pool, known, weights, vocabulary, tokens, odd, products, counts, in_a_row,
):  # fmt: skip
    """Find the tokens of messages, make the rows of new ones that are plain words, and add up if none is odd.

    `codes` [c] uint32 code points of messages after one another, `ends` [n] int64 where each ends. `slots` [a power of
    two] int32, `table` [t, …] uint64, `wide` [w, c] int64 and `pool` uint32 hold the `known` tokens and take in new
    ones; `weights` [buckets, c] int16, `vocabulary` [2²⁰] bool. Fills `tokens` int32 with their numbers and −1 at the
    end of each message, `odd` [m, 3] int64 with where new tokens stand that are not plain words, and their numbers; if
    there is none of these, it goes on and adds up. Returns how many entries of `tokens` are filled, how many tokens are
    known, how many characters they have, how many are odd, and in how many messages letters stand in a row.
    """
    narrow, mask = table.view(np.int32), np.uint64(slots.size - 1)
    hashes = weights.shape[1] // 2 + HASH
    word, buckets = np.empty(features.LONGEST_WORD, dtype=np.uint32), np.empty(_MOST_BUCKETS, dtype=np.int32)
    count, place, odds, rows = 0, 0, 0, 0
    for end in ends:
        while place < end:
            if _is_blank(codes[place]):
                place += 1
                continue
            start, value = place, _ZERO
            while place < end and not _is_blank(codes[place]):
                value = (value ^ np.uint64(_lower(codes[place]))) * _BASE
                value ^= value >> np.uint64(31)
                place += 1
            slot = (value * _SPREAD) >> np.uint64(24) & mask
            number = slots[slot]
            while number >= 0 and not (
                table[number, hashes] == value and _is_same(codes, start, place, pool, table, narrow, number)
            ):
                slot = (slot + _ONE) & mask
                number = slots[slot]
            if number < 0:
                number = slots[slot] = known
                table[number, hashes] = value
                begins = _keep(codes, start, place, pool, table, narrow, number)
                size = _plain_word(pool[begins : begins + place - start], word)
                if size:
                    _add_word(word[:size], buckets, weights, vocabulary, table, narrow, number)
                    if (
                        size == 1
                        and characters.ASCII_KINDS[word[0]] & characters.LETTER
                        and place - start <= LONGEST_LETTER
                    ):
                        narrow[number, 2 * (table.shape[1] - ROW) + FLAGS] |= IS_LETTER
                else:
                    odd[odds, 0], odd[odds, 1], odd[odds, 2] = start, place, number
                    odds += 1
                known += 1
            tokens[count] = number
            count += 1
        tokens[count] = END
        count += 1
    if not odds:
        rows = add_up(tokens, count, table, wide, weights, products, counts, in_a_row)
    return count, known, _kept(table, narrow, known), odds, rows


@compiled
def _is_same(codes, start, stop, pool, table, narrow, number):
    behind = table.shape[1] - ROW
    if narrow[number, 2 * behind + LENGTH] != stop - start:
        return False
    first = np.int64(table[number, behind + BEGINS])
    for place in range(stop - start):
        if pool[first + place] != _lower(codes[start + place]):
            return False
    return True


@compiled
def _keep(codes, start, stop, pool, table, narrow, number):
    """Keep the characters of a token behind those of the token before it; return where they begin."""
    behind, first = table.shape[1] - ROW, _kept(table, narrow, number)
    for place in range(stop - start):
        pool[first + place] = _lower(codes[start + place])
    table[number, behind + BEGINS], narrow[number, 2 * behind + LENGTH] = first, stop - start
    return first


@compiled
def _kept(table, narrow, known):
    """Return how many characters the first tokens have."""
    if not known:
        return 0
    behind = table.shape[1] - ROW
    return np.int64(table[known - 1, behind + BEGINS]) + narrow[known - 1, 2 * behind + LENGTH]


@compiled
def _plain_word(token, word):
    """Write what `text.py` makes of a token in small letters into `word`; return its length, 0 for an odd one.

    Plain is what at most loses stretched letters there: ASCII without signs that may stand for letters, and at most one
    letter that stands alone, and so cannot be set apart from another.
    """
    size, alike, before, run, alone, signs, letters = 0, 0, np.uint32(0), 0, 0, False, False
    for code in token:
        kind = characters.ASCII_KINDS[code] if code < characters.ASCII else 0
        if not kind & (characters.PLAIN | characters.SIGN):
            return 0
        alike = alike + 1 if code == before else 1
        if kind & characters.LETTER:
            if before and characters.ASCII_KINDS[before] & characters.LOOSE:
                return 0
            run += 1
        else:
            alone += run == 1
            run = 0
        signs, letters, before = (
            signs or kind & characters.SIGN != 0,
            letters or kind & characters.LETTER != 0,
            code,
        )
        if alike == STRETCHED and not _DIGIT_0 <= code <= _DIGIT_9:
            size -= 1
        elif alike < STRETCHED or _DIGIT_0 <= code <= _DIGIT_9:
            if size == features.LONGEST_WORD:
                return 0
            word[size] = code
            size += 1
    return 0 if (signs and letters) or alone + (run == 1) > 1 else size


@compiled
def _add_word(word, buckets, weights, vocabulary, table, narrow, number):
    """Make the row of a token that is one plain word."""
    columns, behind = weights.shape[1], table.shape[1] - ROW
    counts = narrow[number, 2 * behind + FIRST_COUNT : 2 * behind + FIRST_COUNT + COUNTS]
    filled, key, found = _read_word(
        word, characters.ASCII_BONES[word], characters.ASCII_KINDS[word], 0, word.size, buckets, 0, counts
    )
    counts[KNOWN] = counts[WORDS] and vocabulary[found]
    for bucket in buckets[:filled]:
        prefetch(weights, bucket, 0)
    for bucket in buckets[:filled]:
        _add(narrow[number, :columns], weights[bucket])
    if key:
        table[number, behind + FIRST_KEY] = table[number, behind + LAST_KEY] = key
        narrow[number, 2 * behind + FLAGS] |= HAS_KEY


@compiled
def fill_slots(slots, table, known):
    """Put the known tokens into an empty table of slots."""
    mask = np.uint64(slots.size - 1)
    for number in range(known):
        slot = (table[number, table.shape[1] - ROW + HASH] * _SPREAD) >> np.uint64(24) & mask
        while slots[slot] >= 0:
            slot = (slot + _ONE) & mask
        slots[slot] = number


@compiled
def read_words(codes, bones, kinds, ends, buckets, bucket_ends, keys, counts, places):
    """Find the features of words that stand after one another without blanks; `ends` [n] says where each ends.

    `bones` [c] uint64 and `kinds` [c] uint8 say what each character is. Fills `buckets` int32 and, for each word,
    `bucket_ends`, `keys` [n] uint64 (0 where it has none), `counts` [n, 5] but for the known, and `places` [n] in a
    vocabulary.
    """
    start, filled = 0, 0
    for word in range(ends.size):
        filled, key, place = _read_word(codes, bones, kinds, start, ends[word], buckets, filled, counts[word])
        bucket_ends[word], keys[word], places[word] = filled, key, place
        start = ends[word]


@compiled
def _read_word(codes, bones, kinds, start, end, buckets, filled, counts):
    """Return how far `buckets` is filled, the key, and the place in a vocabulary."""
    first, last, bits, before = end, start, _ZERO, filled
    for place in range(start, end):
        bits |= bones[place]
        if kinds[place] & characters.LETTER:
            counts[LETTERS] += 1
            counts[FOREIGN_LETTERS] += kinds[place] & characters.FOREIGN != 0
        if not kinds[place] & characters.PUNCTUATION:
            first, last = min(first, place), place + 1
    name = _ZERO
    for place in range(last - 1, first - 1, -1):
        name = name * _BASE + np.uint64(codes[place]) + _ONE
    filled = _ngrams(codes, start, end, buckets, filled)
    if first < last:
        buckets[filled] = _spread(name, _NAME, _WORD_BITS)
        filled += 1
    if bits:
        buckets[filled] = features.WORD_BUCKETS + np.int64(_spread(bits, _SKELETON, _PAIR_BITS))
        filled += 1
    counts[GRAMS] = filled - before
    counts[WORDS] = counts[LETTERS] > 0
    return filled, bits * _BASE if bits else name, _spread(name, _NAME, _VOCABULARY_BITS)


@compiled
def _ngrams(codes, start, end, buckets, filled):
    """Hash the n-grams of 2 to 5 characters of one word with a blank on both sides, from each first character."""
    for first in range(start - 1, end):
        value, power = _ZERO, _ONE
        for size in range(1, features.LONGEST + 1):
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


@compiled
def pair_bucket(first, second):
    """Return the bucket of two neighbours' keys, uint64 both."""
    return features.WORD_BUCKETS + np.int64(_spread(first * _BASE + second, _PAIR, _PAIR_BITS))


@compiled
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


@compiled
def join_words(numbers, word_ends, buckets, bucket_ends, word_keys, word_counts, weights, table, wide):
    """Make the rows of tokens from their words; `word_ends` [n] says where the words of each token end.

    `numbers` [n] of the tokens; the other arguments as above. A token's first and last key are what its neighbours
    see; pairs inside it join its row.
    """
    narrow, behind = table.view(np.int32), table.shape[1] - ROW
    word, bucket = 0, 0
    for place in range(word_ends.size):
        number, has_key = numbers[place], False
        counts = narrow[number, 2 * behind + FIRST_COUNT : 2 * behind + FIRST_COUNT + COUNTS]
        sums = np.zeros(weights.shape[1], dtype=np.int64)
        while word < word_ends[place]:
            for ahead in range(bucket, bucket_ends[word]):
                prefetch(weights, buckets[ahead], 0)
            while bucket < bucket_ends[word]:
                for column in range(weights.shape[1]):
                    sums[column] += weights[buckets[bucket], column]
                bucket += 1
            for column in range(COUNTS):
                counts[column] += word_counts[word, column]
            if word_keys[word]:
                if has_key:
                    pair = pair_bucket(table[number, behind + LAST_KEY], word_keys[word])
                    for column in range(weights.shape[1]):
                        sums[column] += weights[pair, column]
                    counts[GRAMS] += 1
                else:
                    table[number, behind + FIRST_KEY] = word_keys[word]
                    narrow[number, 2 * behind + FLAGS] |= HAS_KEY
                    has_key = True
                table[number, behind + LAST_KEY] = word_keys[word]
            word += 1
        if narrow[number, 2 * behind + WIDE]:
            wide[narrow[number, 2 * behind + WIDE]] = sums
        else:
            narrow[number, : weights.shape[1]] = sums


@compiled
def add_up(tokens, count, table, wide, weights, products, counts, in_a_row):
    """Add up each message's tokens and pairs: `products` [n, c] and `counts` [n, 5], both int64.

    `tokens` as `read` fills it. `in_a_row` [n] becomes true where two single letters follow one another; returns in how
    many messages.
    """
    narrow, behind = table.view(np.int32), table.shape[1] - ROW
    message, before, was_letter, rows = 0, END, False, 0
    for place in range(count):
        if place + _TOKENS_AHEAD < count:
            _fetch(tokens, place, table, weights)
        token = tokens[place]
        if token == END:
            rows += in_a_row[message]
            message, before, was_letter = message + 1, END, False
            continue
        if narrow[token, 2 * behind + WIDE]:
            products[message] += wide[narrow[token, 2 * behind + WIDE]]
        else:
            _add(products[message], narrow[token])
        for column in range(COUNTS):
            counts[message, column] += narrow[token, 2 * behind + FIRST_COUNT + column]
        flags = narrow[token, 2 * behind + FLAGS]
        if flags & HAS_KEY:
            if before != END:
                pair = pair_bucket(table[before, behind + LAST_KEY], table[token, behind + FIRST_KEY])
                _add(products[message], weights[pair])
                counts[message, GRAMS] += 1
            before = token
        is_letter = flags & IS_LETTER != 0
        in_a_row[message] |= is_letter and was_letter
        was_letter = is_letter
    return rows


@compiled
def _fetch(tokens, place, table, weights):
    """Ask for the row of a token further on, and for the weights of a pair that is nearer, before they are added."""
    ahead, behind = tokens[place + _TOKENS_AHEAD], table.shape[1] - ROW
    for line in range(0, table.strides[0] if ahead != END else 0, BYTES_OF_A_LINE):
        prefetch(table, ahead, line)
    one, other = tokens[place + _PAIRS_AHEAD - 1], tokens[place + _PAIRS_AHEAD]
    if one != END and other != END:
        prefetch(weights, pair_bucket(table[one, behind + LAST_KEY], table[other, behind + FIRST_KEY]), 0)


@compiled
def _add(sums, row):
    for first in range(0, sums.size, LINE):
        for column in range(LINE):
            sums[first + column] += row[first + column]
