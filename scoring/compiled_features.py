"""The loops that numba compiles for the features of a conversation's course: the functions of `dynamics*.py` that have
their names, computed in floating point from the same whole numbers; the tests hold them to those.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202

from math import isnan, log2, nan, sqrt

from scoring import dynamics_accounts, dynamics_times, dynamics_trend
from scoring.compiled_course import (
    ALL_ACCOUNTS,
    DECIDED,
    ENDS,
    EXACT,
    FIRST_NUMBER,
    GAPS,
    LONGEST,
    NIGHT,
    PRESSED,
    READ_MESSAGES,
    REFUSES,
    REPLIES,
    ROW,
    ROWS,
    SQUARES,
    TAIL,
    TIMED,
    TOTAL,
    WIDE,
    XX,
    XY,
    X,
    Y,
    is_pressed,
)  # fmt: skip
from scoring.compiling import compiled

_SECOND, _PAUSE = dynamics_times.SECOND, dynamics_times.PAUSE
_BINS_A_DOUBLING = dynamics_times.BINS_A_DOUBLING
_ALONG, _STEPS = dynamics_trend.STEPS_A_DOUBLING, dynamics_trend.STEPS_OF_EVIDENCE
FEATURES = 12
_FEWEST, _FEWEST_OPENINGS = dynamics_accounts.FEWEST, dynamics_accounts.FEWEST_OPENINGS
_FEWEST_MESSAGES, _STEEPEST = dynamics_trend.FEWEST_MESSAGES, dynamics_trend.STEEPEST
_A_MINUTE, _MOST_SITTINGS = dynamics_times.A_MINUTE, dynamics_times.MOST_SITTINGS
# Sums over fewer messages multiply within 63 bits.
_SMALL = 100_000


@compiled
def features(course, reads_refusals, found):
    """Fill `found`, [12] float64, with the features in the order of `dynamics.RANGES`; nan where there is too little.

    `reads_refusals` says that the language is one whose refusals are read.
    """
    found[:] = nan
    if not course[FIRST_NUMBER]:
        return
    _shares(course, found)
    if course[TIMED] >= _FEWEST:
        found[5] = course[NIGHT] / course[TIMED]
    _questions(course, found)
    found[3] = _reply_latency(course)
    found[4] = _burstiness(course)
    found[8] = _slope(course)
    if course[GAPS]:
        openings = 0
        for place in range(ROWS, ROWS + ROW * course[ALL_ACCOUNTS], ROW):
            openings += course[place + 4]
        found[9] = log2(1 + course[LONGEST] / _SECOND)
        found[10] = min(log2(1 + openings), _MOST_SITTINGS)
    if reads_refusals and course[ALL_ACCOUNTS] > 1 and course[ENDS] >= _FEWEST:
        found[11] = _persistence(course)


@compiled
def _shares(course, found):
    """The share of messages, of words and of openings of the account that has most of them."""
    for column, feature, fewest in ((1, 0, _FEWEST), (2, 1, _FEWEST), (4, 2, _FEWEST_OPENINGS)):
        total, most = 0, 0
        for place in range(ROWS, ROWS + ROW * course[ALL_ACCOUNTS], ROW):
            total += course[place + column]
            most = max(most, course[place + column])
        if total >= fewest and course[ALL_ACCOUNTS] > 1 and not (column == 2 and isnan(found[0])):
            found[feature] = most / total


@compiled
def _questions(course, found):
    """The share of messages that ask of the most asking account, and how far all others together are behind."""
    best, chosen, messages, questions = -1.0, -1, 0, 0
    for place in range(ROWS, ROWS + ROW * course[ALL_ACCOUNTS], ROW):
        messages += course[place + 1]
        questions += course[place + 3]
        if course[place + 1] < _FEWEST:
            continue
        ratio = course[place + 3] / course[place + 1]
        if ratio > best or (ratio == best and course[place + 1] > course[chosen + 1]):
            best, chosen = ratio, place
    if chosen < 0:
        return
    found[6] = best
    others = messages - course[chosen + 1]
    if others >= _FEWEST:
        found[7] = best - (questions - course[chosen + 3]) / others


@compiled
def _reply_latency(course):
    total = 0
    for place in range(REPLIES, ROWS):
        total += course[place]
    if total < _FEWEST:
        return nan
    counted, place = 0, REPLIES - 1
    while counted < total / 2:
        place += 1
        counted += course[place]
    within = 1 - (counted - total / 2) / course[place]
    begin = _begins(place - REPLIES)
    end = min(_begins(place - REPLIES + 1), _PAUSE / _SECOND)
    median = begin + within * (end - begin)
    return log2(1 + (median if course[EXACT] else max(median, _A_MINUTE)))


@compiled
def _begins(number):
    return 2 ** ((number - 1) / _BINS_A_DOUBLING) if number else 0.0


@compiled
def _burstiness(course):
    if course[GAPS] < _FEWEST or not course[TOTAL]:
        return nan
    total = float(course[TOTAL])
    squares = course[SQUARES] * 2.0**WIDE + course[SQUARES + 1]
    deviation = sqrt(max(0.0, course[GAPS] * squares - total * total))
    return (deviation - total) / (deviation + total)


@compiled
def _slope(course):
    count, x, y = float(course[READ_MESSAGES]), float(course[X]), float(course[Y])
    if course[READ_MESSAGES] < _FEWEST_MESSAGES:
        return nan
    spread = count * course[XX] - x * x
    if course[READ_MESSAGES] < _SMALL:
        spread = float(course[READ_MESSAGES] * course[XX] - course[X] * course[X])
    if not spread:
        return nan
    steps = (count * (course[XY] * 2.0**WIDE + course[XY + 1]) - x * y) / spread
    return min(max(steps * _ALONG / _STEPS, -_STEEPEST), _STEEPEST)


@compiled
def _persistence(course):
    refusals, pressed, ends = course[DECIDED], course[PRESSED], course[ENDS]
    for place in range(ends):
        if course[TAIL + 2 * place + 1] & REFUSES:
            refusals += 1
            tail = course[TAIL + 2 * place : TAIL + 2 * ends]
            pressed += is_pressed(tail[::2], tail[1::2], ends - place)
    return pressed / (refusals + 1)
