"""The demo's conversations arrive as those of a platform would, whenever the demo is started."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from artemis_site.demo_arrivals import BUSY_DAYS, stretches

DAYS = 14
STARTS = ["2026-11-30T02:05", "2026-12-04T14:30", "2027-01-03T23:40"]


def _start(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("started", STARTS)
def test_nothing_comes_from_the_future_and_nothing_before_its_last_message(started: str):
    now, before = _start(started), datetime.min.replace(tzinfo=UTC)
    for stretch in stretches(["northwind", "lakeside"], now=now, days=DAYS):
        assert before <= stretch.at <= now
        before = stretch.at
        for conversations in stretch.sent.values():
            written = [message.sent_at for one in conversations for message in one.messages]
            assert max(at for at in written if at) <= stretch.at


@pytest.mark.parametrize("started", STARTS)
def test_sundays_are_quieter_and_the_last_days_do_not_tower(started: str):
    now, counted = _start(started), Counter[int]()
    for stretch in stretches(["northwind"], now=now, days=DAYS):
        back = int((now - stretch.at) / timedelta(days=1))
        counted[back] += len(stretch.sent["northwind"])
    assert set(counted) == set(range(DAYS))
    middle = sorted(counted[back] for back in range(BUSY_DAYS, DAYS))[DAYS // 2]
    assert max(counted[back] for back in range(BUSY_DAYS)) <= 3 * middle
    by_weekday = {(now - timedelta(days=back + 0.5)).weekday(): counted[back] for back in range(BUSY_DAYS, 9)}
    assert by_weekday[6] < by_weekday[2]


def test_no_account_writes_at_two_platforms_and_no_conversation_comes_twice():
    found = Counter[str]()
    for stretch in stretches(["northwind", "lakeside"], now=_start(STARTS[0]), days=DAYS):
        for slug, conversations in stretch.sent.items():
            found.update(f"{slug}/{one.id}" for one in conversations)
    assert set(found.values()) == {1}
