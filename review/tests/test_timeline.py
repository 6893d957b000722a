"""Days and silences between turns."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from review.timeline import Day, Silence, Turn, in_words, timeline

EVENING = datetime(2026, 3, 3, 23, 50, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    sent_at: datetime | None


def kinds(*moments: datetime | None) -> list[str]:
    return [item.kind for item in timeline([Said(moment) for moment in moments])]


def test_a_conversation_begins_with_its_day():
    assert list(timeline([Said(EVENING)])) == [Day(EVENING.date()), Turn(Said(EVENING))]


def test_a_new_day_is_said_even_after_a_short_silence():
    assert kinds(EVENING, EVENING + timedelta(minutes=20)) == ["day", "turn", "day", "turn"]


def test_half_an_hour_of_silence_is_notable_and_less_is_not():
    noon = EVENING.replace(hour=12)
    assert kinds(noon, noon + timedelta(minutes=29)) == ["day", "turn", "turn"]
    assert kinds(noon, noon + timedelta(minutes=30)) == ["day", "turn", "silence", "turn"]


def test_days_of_silence_are_said_before_the_new_day():
    items = list(timeline([Said(EVENING), Said(EVENING + timedelta(days=6))]))

    assert items[2:4] == [Silence("6 days"), Day(EVENING.date() + timedelta(days=6))]


def test_messages_without_a_time_have_neither():
    assert kinds(None, None) == ["turn", "turn"]
    assert kinds(EVENING, None, EVENING) == ["day", "turn", "turn", "turn"]


def test_a_message_that_was_received_late_makes_no_silence():
    assert kinds(EVENING, EVENING - timedelta(minutes=40)) == ["day", "turn", "turn"]


def test_an_empty_conversation_has_an_empty_timeline():
    assert kinds() == []


@pytest.mark.parametrize(
    ("silence", "words"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=41), "41 minutes"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_silence_in_words(silence: timedelta, words: str):
    assert in_words(silence) == words
