"""The loops that numba compiles for the state of a conversation: summing up messages, and merging two runs.

A state is one row of numbers of 64 bits, some of them read as floating point. First what `TOTALS` counts and how much
of the rest is filled; then the strongest window, the first and the last edge, the peaks, each head's strongest, and
the course as `compiled_course` says.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202

import numpy as np

from scoring.compiled import FOREIGN_LETTERS, GRAMS, KNOWN, LETTERS, WORDS
from scoring.compiled_course import ACCOUNT, COURSE, FIRST_NUMBER, follow, merge_courses
from scoring.compiling import compiled
from scoring.features import SHRINKAGE

WINDOW, PEAKS = 50, 40
# Totals: messages, those that hold something, evidence, n-grams; messages with words, and sums over words and letters.
MESSAGES, READ, EVIDENCE, ALL_GRAMS, WITH_WORDS, ALL_WORDS, ALL_KNOWN, ALL_LETTERS, ALL_FOREIGN = range(9)
TOTALS = 9
# How many of the first edge, the last edge and the peaks there are, and whether there is a window.
FIRST_EDGES, LAST_EDGES, ALL_PEAKS, HAS_BEST = range(9, 13)
# The strongest window: its value (floating point), first and last message, evidence, n-grams.
BEST, BEST_FIELDS = 13, 5
# A message near an end: its number, evidence, n-grams.
EDGE_FIELDS, EDGES = 3, WINDOW - 1
FIRST = BEST + BEST_FIELDS
LAST = FIRST + EDGES * EDGE_FIELDS
# One of the strongest messages: its value (floating point), its number, who wrote it.
PEAK_FIELDS = 3
PEAK = LAST + EDGES * EDGE_FIELDS
STRONGEST = PEAK + PEAKS * PEAK_FIELDS


@compiled
def summarise(state, first, products, counts, facts, scale, with_course):
    """Sum up messages that follow one another, the first of which has the number `first`.

    `products` [n, 1 + K] and `counts` [n, 5] int64 as the kernel gives them, `facts` [n, 3] int64 and `scale` float64
    as the course takes them, which is left out unless `with_course`. Fills `state`, [432 + K + COURSE] int64, which is
    all zeros.
    """
    real, course = state.view(np.float64), state.size - COURSE
    real[STRONGEST:course] = -np.inf
    if with_course and counts.shape[0]:
        follow(state[course:], first, facts, products, counts, scale)
    edges, filled = np.empty((counts.shape[0], EDGE_FIELDS), dtype=np.int64), 0
    state[MESSAGES] = counts.shape[0]
    for message in range(counts.shape[0]):
        grams = counts[message, GRAMS]
        state[WITH_WORDS] += counts[message, WORDS] > 0
        state[ALL_WORDS] += counts[message, WORDS]
        state[ALL_KNOWN] += counts[message, KNOWN]
        state[ALL_LETTERS] += counts[message, LETTERS]
        state[ALL_FOREIGN] += counts[message, FOREIGN_LETTERS]
        if not grams:
            continue
        state[EVIDENCE] += products[message, 0]
        state[ALL_GRAMS] += grams
        divisor = np.sqrt(grams + SHRINKAGE)
        for head in range(1, products.shape[1]):
            value = products[message, head] / divisor
            if value > real[STRONGEST + head - 1]:
                real[STRONGEST + head - 1] = value
        edges[filled, 0], edges[filled, 1], edges[filled, 2] = first + message, products[message, 0], grams
        filled += 1
        _insert(state, real, products[message, 0] / divisor, first + message, facts[message, ACCOUNT])
    state[READ] = filled
    near = min(filled, EDGES)
    state[FIRST_EDGES] = state[LAST_EDGES] = near
    for place in range(near):
        for part in range(EDGE_FIELDS):
            state[FIRST + place * EDGE_FIELDS + part] = edges[place, part]
            state[LAST + place * EDGE_FIELDS + part] = edges[filled - near + place, part]
    _find_best(state, real, edges, filled)


@compiled
def summarise_and_rate(state, first, products, counts, facts, scale, scales, intercepts):
    """Do both: `summarise` with the course, and `rate`."""
    summarise(state, first, products, counts, facts, scale, True)
    return rate(products, counts, scales, intercepts)


@compiled
def go_on_and_rate(earlier, state, first, products, counts, facts, scale, scales, intercepts):
    """Do the same where an earlier run stands in `earlier`: fill `state` with what both hold.

    Return whether the messages follow it directly, and the ratings.
    """
    state[:] = 0
    later = np.zeros(state.size, dtype=np.int64)
    ratings = summarise_and_rate(later, first, products, counts, facts, scale, scales, intercepts)
    return merge(earlier, later, state), ratings


@compiled
def rate(products, counts, scales, intercepts):
    """Return the rating of each message by each head, [n, K] float64 from 0 to 1; 0 where it holds nothing.

    `scales` and `intercepts` [K] turn products of vectors into log-odds.
    """
    ratings = np.zeros((counts.shape[0], scales.size))
    for message in range(counts.shape[0]):
        divisor = np.sqrt(counts[message, GRAMS] + SHRINKAGE)
        for head in range(scales.size if counts[message, GRAMS] else 0):
            odds = products[message, 1 + head] / divisor * scales[head] + intercepts[head]
            ratings[message, head] = 1 / (1 + np.exp(-odds))
    return ratings


@compiled
def merge(earlier, later, state):
    """Fill `state`, all zeros, with what both runs hold; all three int64. Return whether `later` follows directly."""
    real, before, after = state.view(np.float64), earlier.view(np.float64), later.view(np.float64)
    course = state.size - COURSE
    if not _follows(earlier, later, course):
        return False
    merge_courses(earlier[course:], later[course:], state[course:])
    for place in range(TOTALS):
        state[place] = earlier[place] + later[place]
    for place in range(STRONGEST, course):
        real[place] = max(before[place], after[place])
    _join(earlier, FIRST, earlier[FIRST_EDGES], later, FIRST, later[FIRST_EDGES], state, FIRST, False)
    _join(earlier, LAST, earlier[LAST_EDGES], later, LAST, later[LAST_EDGES], state, LAST, True)
    state[FIRST_EDGES] = min(EDGES, earlier[FIRST_EDGES] + later[FIRST_EDGES])
    state[LAST_EDGES] = min(EDGES, earlier[LAST_EDGES] + later[LAST_EDGES])
    _merge_peaks(earlier, before, later, after, state, real)
    _take_best(state, real, earlier, before)
    crossing = earlier[LAST_EDGES] + later[FIRST_EDGES]
    if crossing >= WINDOW:
        edges = np.empty((crossing, EDGE_FIELDS), dtype=np.int64)
        for place in range(crossing):
            own, number = (earlier, LAST) if place < earlier[LAST_EDGES] else (later, FIRST)
            number += EDGE_FIELDS * (place if place < earlier[LAST_EDGES] else place - earlier[LAST_EDGES])
            for part in range(EDGE_FIELDS):
                edges[place, part] = own[number + part]
        _find_best(state, real, edges, crossing)
    _take_best(state, real, later, after)
    return True


@compiled
def _follows(earlier, later, course):
    """Whether the later run begins where the earlier ends; without a course that is not known."""
    first, second = earlier[course + FIRST_NUMBER], later[course + FIRST_NUMBER]
    return not first or not second or first + earlier[MESSAGES] == second


@compiled
def _join(earlier, first, before, later, second, after, state, target, is_end):
    """Put the first, or the last, 49 edges of both into `state`."""
    skipped = max(0, before + after - EDGES) if is_end else 0
    kept = before - skipped
    _copy(earlier, first + EDGE_FIELDS * skipped, state, target, EDGE_FIELDS * kept)
    _copy(later, second, state, target + EDGE_FIELDS * kept, EDGE_FIELDS * min(after, EDGES - kept))


@compiled
def _copy(given, first, state, target, count):
    for place in range(count):
        state[target + place] = given[first + place]


@compiled
def _insert(state, real, value, number, account):
    """Keep the 40 strongest messages, strongest first, of equal ones the earliest; numbers come in their order."""
    place = state[ALL_PEAKS]
    if place == PEAKS and value <= real[PEAK + (PEAKS - 1) * PEAK_FIELDS]:
        return
    if place < PEAKS:
        state[ALL_PEAKS] += 1
    else:
        place -= 1
    while place and real[PEAK + (place - 1) * PEAK_FIELDS] < value:
        for part in range(PEAK_FIELDS):
            state[PEAK + place * PEAK_FIELDS + part] = state[PEAK + (place - 1) * PEAK_FIELDS + part]
        place -= 1
    real[PEAK + place * PEAK_FIELDS] = value
    state[PEAK + place * PEAK_FIELDS + 1], state[PEAK + place * PEAK_FIELDS + 2] = number, account


@compiled
def _merge_peaks(earlier, before, later, after, state, real):
    one, other = 0, 0
    count = min(PEAKS, earlier[ALL_PEAKS] + later[ALL_PEAKS])
    for place in range(count):
        mine, theirs = PEAK + one * PEAK_FIELDS, PEAK + other * PEAK_FIELDS
        is_mine = other == later[ALL_PEAKS] or (one < earlier[ALL_PEAKS] and before[mine] >= after[theirs])
        for part in range(PEAK_FIELDS):
            chosen = earlier[mine + part] if is_mine else later[theirs + part]
            state[PEAK + place * PEAK_FIELDS + part] = chosen
        one, other = one + is_mine, other + (not is_mine)
    state[ALL_PEAKS] = count


@compiled
def _find_best(state, real, edges, filled):
    """Put the strongest window of 50 messages into the state where it is stronger; of equal ones the earliest."""
    if filled < WINDOW:
        return
    evidence, grams = 0, 0
    for last in range(filled):
        evidence, grams = evidence + edges[last, 1], grams + edges[last, 2]
        if last >= WINDOW:
            # Whole numbers, so running sums are exact.
            evidence, grams = evidence - edges[last - WINDOW, 1], grams - edges[last - WINDOW, 2]
        if last < WINDOW - 1:
            continue
        value = evidence / (grams + SHRINKAGE)
        if not state[HAS_BEST] or value > real[BEST]:
            state[HAS_BEST], real[BEST] = 1, value
            state[BEST + 1], state[BEST + 2] = edges[last - WINDOW + 1, 0], edges[last, 0]
            state[BEST + 3], state[BEST + 4] = evidence, grams


@compiled
def _take_best(state, real, other, theirs):
    """Take the window of an earlier or later run where it is stronger than what is there."""
    if other[HAS_BEST] and (not state[HAS_BEST] or theirs[BEST] > real[BEST]):
        state[HAS_BEST] = 1
        state[BEST : BEST + BEST_FIELDS] = other[BEST : BEST + BEST_FIELDS]
