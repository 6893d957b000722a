"""Conversations of odd accounts, times, texts and evidence, for the tests of the course."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from scoring.pipeline import Turn

START = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
TEXTS = st.sampled_from(
    ["no", "stop it", "why?", "please", "ok then", "I’d rather not", "", "no\ud800?", "😀"]
)
ZONES = st.one_of(
    st.none(), st.integers(-1_439, 1_439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
)
TIMES = st.one_of(
    st.none(),
    st.datetimes(timezones=ZONES),
    st.integers(0, 200_000).map(lambda seconds: START + timedelta(seconds=seconds)),
)
EVIDENCE = st.one_of(st.floats(-50, 50), st.floats())
ROWS = st.tuples(
    st.integers(0, 3), TIMES, st.one_of(TEXTS, st.text(max_size=30)), st.integers(0, 99), EVIDENCE
)
CROWDED_ROWS = st.tuples(st.integers(0, 99), TIMES, TEXTS, st.integers(0, 99), EVIDENCE)


def turns_of_rows(rows):
    """The messages of rows (account, time, text, words, evidence)."""
    return [Turn(str(place), f"u{row[0]}", row[1], row[2]) for place, row in enumerate(rows)]
