"""The compiled course is the course that `dynamics.py` says, to the bit, in one run and in any merged runs."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scoring.compiled import COUNTS, GRAMS, WORDS
from scoring.compiled_course import COURSE
from scoring.compiled_features import FEATURES, features
from scoring.dynamics import RANGES, Dynamics
from scoring.dynamics_facts import facts_of
from scoring.features import SHRINKAGE
from scoring.state import ConversationState, Messages
from scoring.tests.courses import CROWDED_ROWS, ROWS, START, turns_of_rows

SCALE = 1e-3
# As many n-grams as a message may have, and sums of their weights; none is a message that holds nothing.
READ = st.tuples(st.integers(0, 3) | st.integers(0, 10**6), st.integers(-(10**12), 10**12))


def messages_of(rows, read, first):
    counts = np.zeros((len(rows), COUNTS), dtype=np.int64)
    counts[:, GRAMS] = [grams for grams, _ in read]
    counts[:, WORDS] = [row[3] for row in rows]
    products = np.array([[product] for _, product in read], dtype=np.int64)
    return Messages(first, products, counts, facts_of(turns_of_rows(rows)), SCALE)


def reference(rows, read, first):
    evidence = [
        SCALE * (product / np.sqrt(grams + SHRINKAGE)) if grams else np.nan for grams, product in read
    ]
    return Dynamics.of(turns_of_rows(rows), [row[3] for row in rows], evidence, first)


def features_of(state):
    """The compiled features by name, None where there is too little."""
    found = np.empty(FEATURES)
    features(state.numbers[-COURSE:], True, found)
    return {
        name: None if np.isnan(value) else value for name, value in zip(RANGES, found.tolist(), strict=True)
    }


def merged(rows, read, cuts, first):
    places = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    state = None
    for start, end in pairwise(places):
        part = ConversationState.of(messages_of(rows[start:end], read[start:end], first + start))
        state = part if state is None else ConversationState.from_bytes(state.to_bytes()).merge(part)
    return state


@st.composite
def conversations(draw, kind, *, smallest=1, most=60):
    rows = draw(st.lists(kind, min_size=smallest, max_size=most))
    read = draw(st.lists(READ, min_size=len(rows), max_size=len(rows)))
    cuts = draw(st.one_of(st.just(range(len(rows))), st.lists(st.integers(0, len(rows)), max_size=6)))
    return rows, read, cuts, draw(st.integers(1, 10**9))


@settings(deadline=None, max_examples=200)
@given(conversations(ROWS) | conversations(CROWDED_ROWS, smallest=34, most=120))
def test_any_runs_give_the_course_of_the_reference(one):
    rows, read, cuts, first = one
    expected = reference(rows, read, first)
    whole = ConversationState.of(messages_of(rows, read, first))
    assert whole.dynamics == expected
    found = expected.features()
    known = {name: value for name, value in features_of(whole).items() if value is not None}
    assert known == pytest.approx({n: v for n, v in found.items() if v is not None}, rel=1e-6, abs=1e-6)
    parts = merged(rows, read, cuts, first)
    assert parts.dynamics == expected
    assert parts == whole


def test_squares_of_the_longest_gaps_and_of_the_strongest_evidence_are_exact():
    ends = [START.replace(year=1), START.replace(year=9999)] * 300
    rows = [(place % 2, at, "why?", 9, 0.0) for place, at in enumerate(ends)]
    read = [(1, (-1) ** place * 10**15) for place in range(len(rows))]
    expected = reference(rows, read, 10**9)
    assert expected.times.squares > 2**70
    assert expected.trend.yy > 2**64
    assert merged(rows, read, [1, 250, 251], 10**9).dynamics == expected


def test_a_run_that_does_not_follow_directly_is_refused():
    rows = [(0, START, "hello", 1, 0.0)] * 3
    one, later = (ConversationState.of(messages_of(rows, [(1, 1)] * 3, first)) for first in (1, 5))
    with pytest.raises(ValueError, match=r"Only a run of messages that follows directly can be merged\."):
        one.merge(later)


@given(st.binary(max_size=700))
@example(b"")
@example(b"\3\0\1\0" + b"\xff" * 5_000)
@example(b"\3\0\1\0" + bytes(8_000))
def test_damaged_bytes_are_refused_in_words(data):
    with pytest.raises(ValueError, match=r"^The state was written in another form"):
        ConversationState.from_bytes(data)


def test_the_largest_state_is_small():
    rows = [(place % 32, START, "no" if place % 3 else "why?", 9, 0.0) for place in range(5_000)]
    state = ConversationState.of(messages_of(rows, [(9, place) for place in range(5_000)], 1))
    assert len(state.dynamics.accounts.rows) == 32
    assert len(state.to_bytes()) < 6_000
