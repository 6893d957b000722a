"""The loops that numba compiles for the course of a conversation: summing up messages, and merging two runs.

The course is one row of whole numbers of 64 bits. What each of them means is said in `dynamics.py` and the files that
it is made of, which these loops follow; the tests hold them to those. A wide sum takes two numbers, of which the second
counts from 0 to 2⁶⁰ and the first what is beyond.
"""
# The types of the arguments are those that numba finds; each docstring says which they are.
# ruff: noqa: ANN001, ANN201, ANN202

from math import log2, sqrt

from scoring import dynamics_accounts, dynamics_refusals, dynamics_times, dynamics_trend
from scoring.compiled import GRAMS, WORDS
from scoring.compiling import compiled
from scoring.features import SHRINKAGE

# What is known of a message: the key of its account, when it was sent in milliseconds, and flags.
ACCOUNT, AT, FLAGS = range(3)
FACTS = 3
NO_TIME = -(2**62)
IS_NIGHT, IS_ZONED, IS_EXACT, HAS_MARK, REFUSES, ASKS = (1 << bit for bit in range(6))

# The number of the first message; whether there is a crowd of accounts, and how many rows of them.
FIRST_NUMBER, CROWDED, ALL_ACCOUNTS = range(3)
TIMED, NIGHT, ZONED, EXACT, GAPS, TOTAL, LONGEST, SQUARES = range(3, 11)
FIRST_AT, LAST_AT = 12, 13
READ_MESSAGES, X, XX, Y, XY, YY = 14, 15, 16, 17, 18, 20
DECIDED, PRESSED, ENDS = 22, 23, 24
# Account and flags of the first eight messages, and of the last eight.
REACH, NEXT_MESSAGES = dynamics_refusals.REACH, dynamics_refusals.NEXT_MESSAGES
HEAD = 25
TAIL = HEAD + 2 * REACH
REPLIES = TAIL + 2 * REACH
# Of each account its key, messages, words, messages that ask, sittings opened.
ROWS = REPLIES + dynamics_times.BINS
ROW = 5
COURSE = ROWS + ROW * dynamics_accounts.MOST_ACCOUNTS

_MOST_ACCOUNTS = dynamics_accounts.MOST_ACCOUNTS
_CROWD_SHIFT = dynamics_accounts.KEY_BITS - dynamics_accounts.CROWD_BITS
_SECOND, _PAUSE, _LONGEST_GAP = dynamics_times.SECOND, dynamics_times.PAUSE, dynamics_times.LONGEST_GAP
_BINS_A_DOUBLING = dynamics_times.BINS_A_DOUBLING
_ALONG, _STEPS = dynamics_trend.STEPS_A_DOUBLING, dynamics_trend.STEPS_OF_EVIDENCE
_MOST_EVIDENCE = dynamics_trend.MOST_EVIDENCE
WIDE, _LOW = 60, 2**60 - 1


@compiled
def follow(course, first, facts, products, counts, scale):
    """Sum up messages that follow one another, at least one, of which the first has the number `first`.

    `facts` [n, 3], `products` [n, 1 + K] and `counts` [n, 5] int64; `scale` float64 turns whole numbers into evidence.
    Fills `course`, [COURSE] int64, which is all zeros.
    """
    messages = facts.shape[0]
    course[FIRST_NUMBER] = first
    course[FIRST_AT], course[LAST_AT] = facts[0, AT], facts[messages - 1, AT]
    for message in range(messages):
        account, flags = facts[message, ACCOUNT], facts[message, FLAGS]
        opens = False
        if facts[message, AT] != NO_TIME:
            course[TIMED] += 1
            course[NIGHT] += (flags & IS_NIGHT) != 0
            course[ZONED] += (flags & IS_ZONED) != 0
            course[EXACT] += (flags & IS_EXACT) != 0
        if message:
            between = _gap(facts[message - 1, AT], facts[message, AT])
            _add_gap(course, between)
            opens = between >= _PAUSE
            if account != facts[message - 1, ACCOUNT]:
                _add_reply(course, between)
        _add_account(course, account, 1, counts[message, WORDS], (flags & HAS_MARK) != 0, opens)
        grams = counts[message, GRAMS]
        if grams:
            _add_evidence(course, first + message, scale * (products[message, 0] / sqrt(grams + SHRINKAGE)))
    _end(course, facts)


@compiled
def merge_courses(earlier, later, course):
    """Fill `course`, all zeros, with what both runs hold, of which `later` follows directly; all three [COURSE] int64.

    A run whose first message has the number 0 holds nothing.
    """
    if not earlier[FIRST_NUMBER] or not later[FIRST_NUMBER]:
        course[:] = earlier if earlier[FIRST_NUMBER] else later
        return
    for place in range(TIMED, TOTAL + 1):
        course[place] = earlier[place] + later[place]
    for place in range(READ_MESSAGES, Y + 1):
        course[place] = earlier[place] + later[place]
    for place in range(REPLIES, ROWS):
        course[place] = earlier[place] + later[place]
    course[FIRST_NUMBER] = earlier[FIRST_NUMBER]
    course[LONGEST] = max(earlier[LONGEST], later[LONGEST])
    course[FIRST_AT], course[LAST_AT] = earlier[FIRST_AT], later[LAST_AT]
    _merge_wide(course, SQUARES, earlier, later)
    _merge_wide(course, XY, earlier, later)
    _merge_wide(course, YY, earlier, later)
    before = earlier[TAIL + 2 * (earlier[ENDS] - 1)]
    after = later[HEAD]
    between = _gap(earlier[LAST_AT], later[FIRST_AT])
    _add_gap(course, between)
    if before != after:
        _add_reply(course, between)
    _merge_accounts(course, earlier, later)
    if between >= _PAUSE:
        _add_account(course, after, 0, 0, 0, 1)
    _merge_ends(course, earlier, later)


# --- Times ---------------------------------------------------------------------------------------


@compiled
def _gap(before, after):
    """Return the milliseconds between two messages; −1 where one has no time."""
    if before == NO_TIME or after == NO_TIME:
        return -1
    return min(max(after - before, 0), _LONGEST_GAP)


@compiled
def _add_gap(course, between):
    if between < 0:
        return
    course[GAPS] += 1
    course[TOTAL] += between
    course[LONGEST] = max(course[LONGEST], between)
    # The square has up to 70 bits.
    high, low = between >> 18, between & (2**18 - 1)
    square = high * high
    _add_wide(
        course, SQUARES, square >> 24, ((square & (2**24 - 1)) << 36) + ((2 * high * low) << 18) + low * low
    )


@compiled
def _add_reply(course, between):
    if 0 <= between < _PAUSE:
        chosen = 0 if between < _SECOND else 1 + int(_BINS_A_DOUBLING * log2(between / _SECOND))
        course[REPLIES + chosen] += 1


# --- Wide sums -----------------------------------------------------------------------------------


@compiled
def _add_wide(course, place, high, low):
    low += course[place + 1]
    course[place] += high + (low >> WIDE)
    course[place + 1] = low & _LOW


@compiled
def _merge_wide(course, place, earlier, later):
    _add_wide(course, place, earlier[place], earlier[place + 1])
    _add_wide(course, place, later[place], later[place + 1])


# --- Evidence along the conversation -------------------------------------------------------------


@compiled
def _add_evidence(course, number, value):
    along = round(log2(number) * _ALONG)
    read = round(min(max(value, -_MOST_EVIDENCE), _MOST_EVIDENCE) * _STEPS)
    course[READ_MESSAGES] += 1
    course[X] += along
    course[XX] += along * along
    course[Y] += read
    _add_wide(course, XY, 0, along * read)
    _add_wide(course, YY, 0, read * read)


# --- Accounts ------------------------------------------------------------------------------------


@compiled
def _add_account(course, key, messages, words, questions, openings):
    """Add to the row of an account; the thirty-third one makes them a crowd."""
    if course[CROWDED]:
        key = _short(key)
    elif course[ALL_ACCOUNTS] == _MOST_ACCOUNTS and _row(course, key) < 0:
        _crowd(course)
        key = _short(key)
    _put(course, key, messages, words, questions, openings)


@compiled
def _put(course, key, messages, words, questions, openings):
    place = _row(course, key)
    if place < 0:
        place = ROWS + ROW * course[ALL_ACCOUNTS]
        course[ALL_ACCOUNTS] += 1
        course[place] = key
    course[place + 1] += messages
    course[place + 2] += words
    course[place + 3] += questions
    course[place + 4] += openings


@compiled
def _row(course, key):
    for number in range(course[ALL_ACCOUNTS]):
        if course[ROWS + ROW * number] == key:
            return ROWS + ROW * number
    return -1


@compiled
def _short(key):
    return key if key < _MOST_ACCOUNTS else key >> _CROWD_SHIFT


@compiled
def _crowd(course):
    """Count accounts together whose keys begin alike."""
    if course[CROWDED]:
        return
    rows, count = course[ROWS:].copy(), course[ALL_ACCOUNTS]
    course[ROWS:] = 0
    course[CROWDED], course[ALL_ACCOUNTS] = 1, 0
    for place in range(0, ROW * count, ROW):
        _put(course, _short(rows[place]), rows[place + 1], rows[place + 2], rows[place + 3], rows[place + 4])


@compiled
def _merge_accounts(course, earlier, later):
    count = earlier[ALL_ACCOUNTS]
    course[CROWDED], course[ALL_ACCOUNTS] = earlier[CROWDED], count
    course[ROWS : ROWS + ROW * count] = earlier[ROWS : ROWS + ROW * count]
    if later[CROWDED]:
        _crowd(course)
    for place in range(ROWS, ROWS + ROW * later[ALL_ACCOUNTS], ROW):
        row = later[place : place + ROW]
        _add_account(course, row[0], row[1], row[2], row[3], row[4])


# --- Refusals ------------------------------------------------------------------------------------


@compiled
def _end(course, facts):
    """Keep the messages at both ends, and decide the refusals that eight messages follow."""
    messages = facts.shape[0]
    course[ENDS] = min(REACH, messages)
    for place in range(course[ENDS]):
        last = messages - course[ENDS] + place
        course[HEAD + 2 * place] = facts[place, ACCOUNT]
        course[HEAD + 2 * place + 1] = facts[place, FLAGS] & (REFUSES | ASKS)
        course[TAIL + 2 * place] = facts[last, ACCOUNT]
        course[TAIL + 2 * place + 1] = facts[last, FLAGS] & (REFUSES | ASKS)
    for place in range(messages - REACH):
        if facts[place, FLAGS] & REFUSES:
            course[DECIDED] += 1
            course[PRESSED] += is_pressed(facts[place:, ACCOUNT], facts[place:, FLAGS], REACH + 1)


@compiled
def is_pressed(accounts, flags, count):
    """Whether another account's next or second next message among `count` asks; the first of them refuses."""
    for place in range(1, count):
        if not flags[place] & ASKS or accounts[place] == accounts[0]:
            continue
        before = 0
        for other in range(place):
            before += accounts[other] == accounts[place]
        if before < NEXT_MESSAGES:
            return True
    return False


@compiled
def _merge_ends(course, earlier, later):
    before, after = earlier[ENDS], later[ENDS]
    joined = earlier[: 4 * REACH].copy()
    joined[: 2 * before] = earlier[TAIL : TAIL + 2 * before]
    joined[2 * before : 2 * (before + after)] = later[HEAD : HEAD + 2 * after]
    left = max(0, before + after - REACH)
    course[DECIDED], course[PRESSED] = earlier[DECIDED] + later[DECIDED], earlier[PRESSED] + later[PRESSED]
    for place in range(left):
        if joined[2 * place + 1] & REFUSES:
            course[DECIDED] += 1
            count = min(REACH + 1, before + after - place)
            course[PRESSED] += is_pressed(joined[2 * place :: 2], joined[2 * place + 1 :: 2], count)
    ends = min(REACH, before + after)
    course[ENDS] = ends
    if before == REACH:
        course[HEAD:TAIL] = earlier[HEAD:TAIL]
    else:
        course[HEAD : HEAD + 2 * ends] = joined[: 2 * ends]
    if after == REACH:
        course[TAIL:REPLIES] = later[TAIL:REPLIES]
    else:
        course[TAIL : TAIL + 2 * ends] = joined[2 * left : 2 * (left + ends)]
