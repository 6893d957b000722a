"""The course of a conversation is the same however it arrives, hand-checked, bounded, and holds no name or text."""

import math
import time
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scoring.dynamics import RANGES, Dynamics
from scoring.pipeline import Turn
from scoring.tests.courses import CROWDED_ROWS, ROWS, START, turns_of_rows

HOUR = 3_600


def course(rows, first=1):
    return Dynamics.of(turns_of_rows(rows), [row[3] for row in rows], [row[4] for row in rows], first)


def chat(*messages, words=None, evidence=None):
    """Messages as (account, seconds after the start, text); seconds may be None."""
    turns = [
        Turn(str(place), account, None if after is None else START + timedelta(seconds=after), text)
        for place, (account, after, text) in enumerate(messages)
    ]
    return Dynamics.of(turns, words, evidence)


def at(*seconds):
    """Two accounts in turn."""
    return chat(*(("ab"[place % 2], after, "hello there") for place, after in enumerate(seconds)))


def feature(dynamics, name):
    return dynamics.features()[name]


@settings(deadline=None)
@given(st.lists(ROWS, max_size=30), st.lists(st.integers(0, 30), max_size=6), st.integers(1, 10**9))
def test_any_split_into_runs_gives_the_very_same_summary(rows, cuts, first):
    assert merged_runs(rows, cuts, first) == course(rows, first)
    assert merged_runs(rows, cuts, first).features() == course(rows, first).features()
    assert merged_runs(rows, range(len(rows)), first) == course(rows, first)


@settings(deadline=None, max_examples=30)
@given(st.lists(CROWDED_ROWS, min_size=34, max_size=120), st.lists(st.integers(0, 120), max_size=6))
def test_a_crowd_of_accounts_splits_the_same(rows, cuts):
    assert merged_runs(rows, cuts) == course(rows)


def merged_runs(rows, cuts, first=1):
    places = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    merged = Dynamics()
    for start, end in pairwise(places):
        merged = merged.merge(course(rows[start:end], first + start))
    return merged


@settings(deadline=None)
@given(st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=12), st.lists(ROWS, max_size=12))
def test_merging_is_associative_and_the_empty_course_changes_nothing(one, two, three):
    a, b = course(one), course(two, 1 + len(one))
    c = course(three, 1 + len(one) + len(two))
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert a.merge(Dynamics()) == a == Dynamics().merge(a)


def test_a_run_that_does_not_follow_directly_is_refused():
    with pytest.raises(ValueError, match=r"Only a run of messages that follows directly can be merged\."):
        at(0, 1).merge(at(2, 3))


@settings(deadline=None)
@given(st.lists(st.one_of(ROWS, CROWDED_ROWS), max_size=60), st.sampled_from(["en", "de-AT", ""]))
@example(
    [(0, datetime.max.replace(tzinfo=UTC), "", 0, 0.0), (1, datetime.min.replace(tzinfo=UTC), "", 0, 0.0)]
    * 9,
    "en",
)
def test_every_feature_is_in_its_range_or_none_and_every_course_has_words(rows, language):
    features = course(rows).features(language=language)
    assert list(features) == list(RANGES)
    for name, value in features.items():
        assert value is None or RANGES[name][0] <= value <= RANGES[name][1]
    assert all(sentence.endswith(".") for sentence in course(rows).sentences(language=language))


def test_neither_names_nor_texts_are_kept():
    dynamics = chat(*[("margaret", 0, "no thanks"), ("theodore", 9, "wednesday")] * 9)
    kept = repr(dynamics)
    assert not any(word in kept for word in ("margaret", "theodore", "thanks", "wednesday"))


def test_an_account_whose_name_is_no_unicode_is_taken():
    assert len(chat(("\ud800", 0, "hi"), ("\x00", 1, "hi")).accounts.rows) == 2


def test_too_little_is_none():
    assert set(Dynamics().features().values()) == {None}
    assert set(chat(("a", 0, "no")).features().values()) == {None}
    assert Dynamics().sentences() == ()


def test_lengths_and_numbers_must_fit():
    with pytest.raises(ValueError, match=r"2 messages need as many counts of words and as much evidence\."):
        chat(("a", 0, "x"), ("b", 1, "y"), words=[1])
    with pytest.raises(ValueError, match=r"Messages are numbered from 1\."):
        Dynamics.of([Turn("1", "a", None, "x")], first=0)


def test_shares_of_messages_and_of_words_are_of_the_account_with_most():
    dynamics = chat(*[("a", 0, "one two")] * 6, *[("b", 0, "one two three four five six seven eight")] * 2)
    assert feature(dynamics, "message_share") == 6 / 8
    assert feature(dynamics, "word_share") == 16 / 28
    assert feature(chat(*[("a", 0, "x")] * 9), "message_share") is None


def test_a_crowd_beyond_thirty_two_gives_a_share_that_is_at_most_too_high():
    dynamics = chat(*[("a", 0, "x")] * 100, *((f"u{number}", 0, "x") for number in range(100)))
    assert dynamics.accounts.crowded
    assert 0.5 <= feature(dynamics, "message_share") < 0.56
    exact = chat(*[("a", 0, "x")] * 31, *((f"u{number}", 0, "x") for number in range(31)))
    assert feature(exact, "message_share") == 0.5


def test_initiation_is_who_writes_first_after_six_hours():
    pauses = [("a", 0), ("b", 1), ("a", 7), ("b", 14), ("b", 15), ("a", 21), ("b", 26.9), ("a", 40)]
    dynamics = chat(*((account, hours * HOUR, "hello") for account, hours in pauses))
    assert feature(dynamics, "initiation_share") == 3 / 4
    assert feature(dynamics, "sittings") == math.log2(5)
    assert feature(at(*range(9)), "initiation_share") is None
    assert feature(at(*range(9)), "sittings") == 0


@pytest.mark.parametrize("seconds", [1, 5, 40, 600, 21_000])
def test_reply_latency_is_the_median_to_half_a_doubling(seconds):
    dynamics = at(*(seconds * place for place in range(12)))
    median = 2 ** feature(dynamics, "reply_latency") - 1
    assert seconds / math.sqrt(2) <= median <= seconds * math.sqrt(2)


def test_half_of_the_replies_are_quicker_than_the_median():
    dynamics = at(0, 1.2, 2.4, 3.6, 100, 200, 10_000)
    assert 1 <= dynamics.times.median_reply() <= 2
    assert 60 <= at(0, 1, 2, 100, 200, 300, 10_000).times.median_reply() <= 128


def test_a_clock_of_full_minutes_tells_no_reply_under_a_minute():
    assert at(*[0] * 6, *[60] * 3).times.median_reply() == 60
    assert "Half of the replies to another account came within about 1 minute." in at(*[0] * 9).sentences()


def test_a_message_of_the_same_account_or_after_six_hours_is_no_reply():
    assert feature(chat(*(("a", 9 * place, "x") for place in range(9))), "reply_latency") is None
    assert feature(at(*(7 * HOUR * place for place in range(9))), "reply_latency") is None


def test_burstiness_is_that_of_goh_and_barabasi():
    assert feature(at(0, 10, 20, 30, 40, 50), "burstiness") == -1
    # Gaps 1, 1, 1, 1, 6 have mean 2 and deviation 2.
    assert feature(at(0, 1, 2, 3, 4, 10), "burstiness") == 0
    # Gaps 0, 0, 0, 0, 9 have mean 9/5 and deviation 18/5.
    assert feature(at(0, 0, 0, 0, 0, 9), "burstiness") == pytest.approx(1 / 3, abs=1e-12)
    assert feature(at(0, 0, 0, 0, 0, 0), "burstiness") is None


def test_night_is_by_the_offset_that_the_time_carries():
    zone = timezone(timedelta(hours=-7))
    hours = [21, 22, 23, 0, 5, 6]
    turns = [
        Turn(str(hour), "ab"[hour % 2], datetime(2026, 3, 2, hour, 30, tzinfo=zone), "x") for hour in hours
    ]
    assert feature(Dynamics.of(turns), "night_share") == 4 / 6


def test_questions_of_the_most_asking_account_and_how_far_the_others_are_behind():
    asked = chat(*[("a", 0, "why?"), ("a", 0, "so")] * 5, *[("b", 0, "so")] * 4, ("b", 0, "so？"))
    assert feature(asked, "question_ratio") == 5 / 10
    assert feature(asked, "question_difference") == pytest.approx(5 / 10 - 1 / 5)
    assert feature(chat(*[("a", 0, "why?")] * 5, ("b", 0, "so")), "question_difference") is None


def test_the_escalation_slope_is_the_rise_for_each_doubling_of_the_number():
    def slope(evidence):
        return feature(chat(*[("a", 0, "x")] * len(evidence), evidence=evidence), "escalation_slope")

    rising = [2 * math.log2(number) + 1 for number in range(1, 65)]
    assert slope(rising) == pytest.approx(2, abs=1e-3)
    assert slope([-value for value in rising]) == pytest.approx(-2, abs=1e-3)
    assert slope([3.0] * 64) == 0
    assert slope([100 * value for value in rising]) == 8
    assert slope(rising[:9]) is None
    assert slope([math.nan] * 64) is None
    unread = [value if number % 2 else math.nan for number, value in enumerate(rising)]
    assert slope(unread) == pytest.approx(2, abs=1e-2)


def test_without_evidence_there_is_no_slope():
    assert feature(at(*range(20)), "escalation_slope") is None


def test_the_longest_gap_is_in_doublings():
    assert feature(at(0, 5, 68), "longest_gap") == 6


def test_a_wrong_clock_moves_only_its_neighbours():
    far = [Turn("1", "a", datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))), "x")]
    far += [Turn("2", "b", datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "x")]
    near = [Turn(str(place), "ab"[place % 2], START + timedelta(minutes=place), "x") for place in range(9)]
    dynamics = Dynamics.of([*near, *far, *near])
    assert (dynamics.times.gaps, dynamics.times.longest) == (19, 366 * 86_400_000)
    assert dynamics.accounts.openings == 2
    assert dynamics.times.median_reply() < 120


def test_times_that_run_backwards_are_gaps_of_nothing():
    assert at(100, 50, 20, 10, 5, 0).times.longest == 0


def test_a_time_without_a_zone_is_no_time():
    turns = [Turn(str(place), "ab"[place % 2], datetime(2026, 3, 2, 16, place), "x") for place in range(9)]  # noqa: DTZ001
    assert Dynamics.of(turns) == Dynamics.of([Turn(turn.id, turn.sender, None, "x") for turn in turns])


def test_the_course_is_told_in_plain_words():
    messages = []
    for day in range(4):
        begin = day * 24 * HOUR + 5 * HOUR
        messages += [
            ("a", begin, "hello, how was it?"),
            ("b", begin + 40, "it was good"),
            ("a", begin + 80, "no, what?"),
        ]
        messages += [("a", begin + 2 * HOUR, "and then?"), ("b", begin + 2 * HOUR + 40, "no thanks")]
    assert chat(*messages, evidence=list(range(20))).sentences() == (
        "One account wrote 60 % of the messages and 62 % of the words.",
        "One account asked in 100 % of its messages, the other in 0 %.",
        "After pauses of six hours or more, one account wrote first 3 of 3 times.",
        "There were 3 pauses of six hours or more; the longest lasted 22 hours.",
        "Half of the replies to another account came within about 39 seconds.",
        "Messages came in quick runs with long pauses between them.",
        "40 % of the messages were sent between 22:00 and 06:00 in UTC, the only clock that the source gives.",
        "Later messages weigh more in the score than earlier ones.",
        "4 messages said no or stop; soon after 3 of them another account asked something.",
    )


def test_words_of_a_source_without_times_say_so():
    assert chat(*[("a", None, "hello there")] * 9).sentences() == (
        "Only one account wrote.",
        "The source gives no times of sending.",
    )


def test_a_third_at_night_is_said_by_the_clock_of_the_conversation():
    zone = timezone(timedelta(hours=2))
    turns = [
        Turn(str(hour), "ab"[hour % 2], datetime(2026, 3, 2, hour, tzinfo=zone), "x") for hour in range(2, 14)
    ]
    said = "About a third of the messages were sent between 22:00 and 06:00 by the clock of the conversation."
    assert said in Dynamics.of(turns).sentences()


@pytest.mark.parametrize("text", ["did you see the match yesterday, it was great", "stop 😀"])
def test_two_hundred_thousand_messages_take_bounded_time(text):
    turns = [
        Turn("1", "ab"[place % 3 % 2], START + timedelta(seconds=place), text) for place in range(200_000)
    ]
    before = time.process_time()
    Dynamics.of(turns, evidence=[0.5] * len(turns))
    assert time.process_time() - before < 8


@pytest.mark.parametrize("unit", ["no ", "?", "a", "😀", "please stop ", "?aaaa", " "])
def test_a_message_of_a_megabyte_takes_bounded_time(unit):
    before = time.process_time()
    chat(("a", 0, unit * (1_000_000 // len(unit))), ("b", 1, "no"))
    assert time.process_time() - before < 2
