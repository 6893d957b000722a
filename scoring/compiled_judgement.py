"""The loops that numba compiles for judging a conversation by its state; what they follow is said in `classifier.py`,
`rater.py` and `abstention.py`.

What is found for heads and peaks stands in two rows, one of whole numbers and one of floating point.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202

from math import exp, isnan, log, log1p, sqrt

import numpy as np

from scoring import abstention
from scoring.compiled_course import COURSE
from scoring.compiled_features import features
from scoring.compiled_state import (
    ALL_FOREIGN,
    ALL_GRAMS,
    ALL_KNOWN,
    ALL_LETTERS,
    ALL_PEAKS,
    ALL_WORDS,
    BEST,
    EVIDENCE,
    HAS_BEST,
    MESSAGES,
    PEAK,
    PEAK_FIELDS,
    READ,
    STRONGEST,
    WITH_WORDS,
)
from scoring.compiling import compiled
from scoring.features import SHRINKAGE

# What a classifier is made of, for these loops.
SCALE, POWER, NOISE_MEAN, NOISE_DEVIATION, WHOLE, WINDOW, PEAK_WEIGHT, SLOPE, OFFSET = range(9)

MOST_PEAKS = 10  # Of one account.
SATURATION = 20_000
MESSAGES_AT_PAR = 20

_FEWEST_MESSAGES, _FEWEST_WORDS = abstention.FEWEST_MESSAGES, abstention.FEWEST_WORDS
_WORDS_OF_A_SEGMENT = abstention.WORDS_OF_A_SEGMENT
_FOREIGN_SHARE, _KNOWN_SHARE = abstention.LARGEST_FOREIGN_SHARE, abstention.LARGE_KNOWN_SHARE


@compiled
def judge(state, parameters, base, weights, centres, scales, intercepts, found, real):
    """Judge a state as `compiled_state` says, by `parameters` [9], `base`, the `weights` and `centres` of the amount of
    text and of each feature of the course, [13] or none at all, nan for one that does not count, and the `scales` and
    `intercepts` of heads, [K]; all float64.

    Return whether it may be judged without more asking, the probability, the logit, the base with the course, the
    factors of the evidence of all messages and of the strongest window, its first and last message, the number of heads
    that rate, and of peaks.

    Fills `found`, [K + MOST_PEAKS] int64: the heads in the order of their ratings, then the numbers of the peaks; and
    `real`, [K + 13 or none + MOST_PEAKS] float64: the ratings, what amount and features give, nan for nothing, then
    what each peak exceeds the threshold by.
    """
    heads = scales.size
    given = state.view(np.float64)
    evidence, grams = state[EVIDENCE], state[ALL_GRAMS]
    first, last = 1, state[MESSAGES]
    if state[HAS_BEST]:
        first, last = state[BEST + 1], state[BEST + 2]
        evidence, grams = state[BEST + 3], state[BEST + 4]
    if weights.size:
        base += _weigh(state, weights, centres, real[heads:])
    whole = parameters[SCALE] * parameters[WHOLE] / whole_divisor(state[ALL_GRAMS], parameters[POWER])
    window = parameters[SCALE] * parameters[WINDOW] / (grams + SHRINKAGE)
    count, excess = _find_peaks(state, given, parameters, found[heads:], real[heads + weights.size :])
    logit = base + (whole * state[EVIDENCE] + window * evidence) + excess
    probability = _sigmoid(parameters[SLOPE] * logit + parameters[OFFSET])
    rated = _rate(state, given, scales, intercepts, found, real)
    return _is_enough(state), probability, logit, base, whole, window, first, last, rated, count


@compiled
def _weigh(state, weights, centres, parts):
    """Fill `parts` with what the amount of text and each feature give, and return their sum."""
    parts[0] = log1p(state[ALL_WORDS])
    features(state[state.size - COURSE :], True, parts[1:])
    total = 0.0
    for place in range(weights.size):
        parts[place] = weights[place] * (parts[place] - centres[place])
        if not isnan(parts[place]):
            total += parts[place]
    return total


@compiled
def whole_divisor(grams, power):
    """Return what the evidence of all messages is divided by: n-grams to a power, beyond 20,000 to the first.

    A power under 1 lets evidence add up over a conversation; beyond some sixty messages only the mean counts, so that
    unfamiliar chat does not creep upwards by its length.
    """
    size = grams + SHRINKAGE
    return size**power * max(1.0, size / SATURATION) ** (1 - power)


@compiled
def _sigmoid(value):
    """Return the logistic function, without an overflow on either side."""
    if value >= 0:
        return 1 / (1 + exp(-value))
    small = exp(value)
    return small / (1 + small)


@compiled
def _is_enough(state):
    """Whether nobody needs to ask for a reason to abstain: enough words, most of them known, in Latin letters."""
    words = state[ALL_WORDS]
    if words < _FEWEST_WORDS or (state[WITH_WORDS] < _FEWEST_MESSAGES and words < _WORDS_OF_A_SEGMENT):
        return False
    return (
        state[ALL_FOREIGN] <= _FOREIGN_SHARE * state[ALL_LETTERS] and state[ALL_KNOWN] >= _KNOWN_SHARE * words
    )


@compiled
def _find_peaks(state, given, parameters, peaks, over):
    """Find what the strongest messages of one account exceed the threshold by, the account with the highest sum.

    Return how many they are and the sum, with its weight. The peaks of a state stand strongest first.
    """
    scale = parameters[SCALE]
    threshold = parameters[NOISE_MEAN] + parameters[NOISE_DEVIATION] * sqrt(2 * log(max(1, state[READ])))
    count = 0
    while count < state[ALL_PEAKS] and given[PEAK + count * PEAK_FIELDS] > threshold / scale:
        count += 1
    best, chosen = 0.0, -1
    for first in range(count):
        account = state[PEAK + first * PEAK_FIELDS + 2]
        total, taken, is_new = 0.0, 0, True
        for place in range(count):
            if state[PEAK + place * PEAK_FIELDS + 2] != account:
                continue
            if place < first:
                is_new = False
                break
            if taken < MOST_PEAKS:
                total += scale * given[PEAK + place * PEAK_FIELDS] - threshold
                taken += 1
        if is_new and (chosen < 0 or total > best):
            best, chosen = total, first
    found, together = 0, 0.0
    for place in range(count):
        is_chosen = state[PEAK + place * PEAK_FIELDS + 2] == state[PEAK + chosen * PEAK_FIELDS + 2]
        if is_chosen and found < MOST_PEAKS:
            excess = parameters[PEAK_WEIGHT] * (scale * given[PEAK + place * PEAK_FIELDS] - threshold)
            peaks[found], over[found] = state[PEAK + place * PEAK_FIELDS + 1], excess
            together += excess
            found += 1
    return found, together


@compiled
def _rate(state, given, scales, intercepts, found, real):
    """Rate the conversation by each head, the highest first; return how many do, none where there is no message.

    The strongest message counts. Over 20 messages its odds are divided by n / 20: among many messages one looks like a
    behaviour by chance.
    """
    if not state[READ]:
        return 0
    crowd = log(max(1.0, state[READ] / MESSAGES_AT_PAR))
    for head in range(scales.size):
        odds = given[STRONGEST + head] * scales[head] + intercepts[head] - crowd
        rating = 1 / (1 + np.exp(-odds))
        place = head
        while place and real[place - 1] < rating:
            real[place], found[place] = real[place - 1], found[place - 1]
            place -= 1
        real[place], found[place] = rating, head
    return scales.size
