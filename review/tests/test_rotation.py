"""After three severe cases in a row comes a milder one, where nobody in danger waits longer for it."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from licensees.models import Licensee
from review.models import Case
from review.queue import claim_next
from review.rotation import milder_next
from review.tests.acts import dismiss
from tests.factories import later, make_case

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recent", "minutes_left", "milder"),
    [
        ([], 60, False),
        ([True, True], 60, False),
        ([True, True, True], 60, True),
        ([True, True, True, False], 60, True),
        ([False, True, True, True], 60, False),
        ([True, False, True, True], 60, False),
        ([True, True, True], 30, True),
        ([True, True, True], 29, False),
        ([True, True, True], -5, False),
    ],
)
def test_when_to_look_for_a_milder_case(recent: list[bool], minutes_left: int, milder: bool):
    due_at = NOON + timedelta(minutes=minutes_left)
    assert milder_next(recent, most_urgent_due_at=due_at, now=NOON) is milder


def three_severe(northwind: Licensee, by: User) -> None:
    for number in range(3):
        dismiss(make_case(northwind, external_id=f"severe-{number}", probability=0.99), by)


def test_the_fourth_is_a_milder_one_and_then_the_severe_one(northwind: Licensee, mara: User, ines: User):
    three_severe(northwind, mara)
    severe = make_case(northwind, external_id="next", probability=0.99)
    mild = make_case(northwind, external_id="mild")

    assert claim_next(by=mara) == mild
    dismiss(mild, mara)
    assert claim_next(by=mara) == severe


def test_never_where_the_severe_one_would_be_late(northwind: Licensee, mara: User):
    three_severe(northwind, mara)
    severe = make_case(northwind, external_id="next", probability=0.99)
    make_case(northwind, external_id="mild")
    Case.objects.filter(pk=severe.pk).update(due_at=later(minutes=20))

    assert claim_next(by=mara) == severe


def test_without_a_milder_one_the_severe_one_is_offered(northwind: Licensee, mara: User):
    three_severe(northwind, mara)
    severe = make_case(northwind, external_id="next", probability=0.99)

    assert claim_next(by=mara) == severe


def test_who_asks_for_the_imminent_lane_gets_it(northwind: Licensee, mara: User):
    three_severe(northwind, mara)
    severe = make_case(northwind, external_id="next", probability=0.99)
    make_case(northwind, external_id="mild")

    assert claim_next(by=mara, lane=Case.Lane.IMMINENT) == severe
