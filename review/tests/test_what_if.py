"""What another threshold would bring: figures that can be checked by hand, on pages that say what is not known."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee, Policy
from licensees.onboarding import set_policy
from review.models import Case, Claim
from review.statistics import Share
from review.tests.acts import dismiss, escalated
from review.what_if import what_if
from scoring.arrivals import THRESHOLDS
from scoring.models import ArrivalsDay
from tests.factories import make_case

BrowserOf = Callable[[User], Client]


def day(licensee: Licensee, *, ago: int, **at: int) -> None:
    """`at` says how many reached a threshold, by its hundredth; lower ones were reached by as many at least."""
    reached = [0] * len(THRESHOLDS)
    for name, count in at.items():
        for place in range(int(name.removeprefix("at_"))):
            reached[place] = max(reached[place], count)
    when = timezone.now().date() - timedelta(days=ago)
    ArrivalsDay.objects.create(licensee=licensee, day=when, reached=reached)


def decided(
    licensee: Licensee, number: int, probability: float, act: Callable[..., object], by: User
) -> Case:
    case = make_case(licensee, external_id=f"w{number}", probability=probability)
    act(case, by)
    return case


def took(minutes: int) -> None:
    now = timezone.now()
    Claim.objects.update(claimed_at=now - timedelta(minutes=minutes), ended_at=now)


def lower(licensee: Licensee, threshold: float, by: User) -> None:
    policy = Policy.objects.in_force(licensee.pk)
    kept = ("imminent_threshold", "standard_due_hours", "imminent_due_hours", "hides_score")
    more = ("second_review_percent", "second_review_due_hours", "golden_percent")
    set_policy(
        licensee=licensee,
        by=by,
        reason="More people.",
        instead_of=policy.pk,
        flag_threshold=threshold,
        **{name: getattr(policy, name) for name in (*kept, *more)},
    )


def test_cases_a_day_are_means_of_whole_days(northwind: Licensee):
    day(northwind, ago=4, at_60=12, at_80=4)
    day(northwind, ago=1, at_60=8, at_80=4)
    day(northwind, ago=0, at_60=900)
    known = what_if(northwind)
    assert known.days == 4  # two of them brought nothing
    assert (known.at(0.6).a_day, known.at(0.8).a_day, known.at(0.81).a_day) == (5, 2, 0)


def test_today_counts_where_there_is_nothing_else(northwind: Licensee):
    day(northwind, ago=0, at_60=9)
    assert what_if(northwind).at(0.6).a_day == 9


def test_what_was_confirmed_and_what_not(northwind: Licensee, mara: User):
    decided(northwind, 1, 0.95, escalated, mara)
    decided(northwind, 2, 0.75, escalated, mara)
    decided(northwind, 3, 0.72, dismiss, mara)
    decided(northwind, 4, 0.9, dismiss, mara)
    known = what_if(northwind)
    assert (known.at(0.7).caught, known.at(0.7).right) == (Share(2, 2), Share(2, 4))
    assert (known.at(0.75).caught, known.at(0.75).right) == (Share(2, 2), Share(2, 3))
    assert (known.at(0.76).caught, known.at(0.76).right) == (Share(1, 2), Share(1, 2))
    assert known.at(0.96).caught == Share(0, 2)


def test_it_takes_as_many_people_as_the_hours_say(northwind: Licensee, mara: User):
    decided(northwind, 1, 0.95, dismiss, mara)
    took(minutes=30)
    day(northwind, ago=1, at_60=21, at_80=10)
    known = what_if(northwind)
    assert known.handling == pytest.approx(timedelta(minutes=30), abs=timedelta(seconds=1))
    # 21 cases of half an hour are more than two people's ten, and ten are exactly one person's five.
    assert (known.at(0.6).people, known.at(0.8).people, known.serving) == (3, 1, 1)


def test_without_decisions_nothing_is_invented(northwind: Licensee):
    day(northwind, ago=1, at_60=21)
    effect = what_if(northwind).at(0.6)
    assert (effect.people, effect.caught, effect.right) == (None, Share(), Share())


def test_under_the_lowest_threshold_nobody_looked(northwind: Licensee, adam: User):
    assert what_if(northwind).at(0.69).is_beyond
    lower(northwind, 0.5, adam)
    known = what_if(northwind)
    assert (known.in_force, known.lowest) == (0.5, 0.5)
    assert not known.at(0.5).is_beyond
    assert known.at(0.49).is_beyond


def test_the_page_warns_where_the_team_could_not_read_it(
    northwind: Licensee, mara: User, adam: User, browser_of: BrowserOf
):
    decided(northwind, 1, 0.95, dismiss, mara)
    took(minutes=30)
    day(northwind, ago=1, at_60=21, at_80=10)
    browser, address = browser_of(adam), reverse("review:what_if", args=["northwind"])
    too_much = browser.get(address, {"flag_threshold": "0.60"}).content.decode()
    assert "At 0.60 instead of 0.70" in too_much
    assert "take 3 moderators" in too_much
    assert (
        "More than the team can read" not in browser.get(address, {"flag_threshold": "0.80"}).content.decode()
    )
    part = browser.get(address, {"flag_threshold": "0.60"}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "take 3 moderators" in part.content.decode()


@pytest.mark.parametrize("said", ["", "nonsense", "nan", "7", "-1"])
def test_what_is_no_threshold_shows_the_one_in_force(
    northwind: Licensee, adam: User, browser_of: BrowserOf, said: str
):
    day(northwind, ago=1, at_60=21)
    page = browser_of(adam).get(reverse("review:what_if", args=["northwind"]), {"flag_threshold": said})
    assert "At 0.70, as now" in page.content.decode()


def test_a_supervisor_sees_only_their_own_licensees(
    northwind: Licensee, lakeside: Licensee, otto: User, browser_of: BrowserOf
):
    browser = browser_of(otto)
    assert browser.get(reverse("review:what_if", args=["northwind"])).status_code == 200
    assert browser.get(reverse("review:what_if", args=["lakeside"])).status_code == 404


def test_it_asks_no_more_where_more_was_decided(northwind: Licensee, mara: User):
    def asked() -> int:
        with CaptureQueriesContext(connection) as asking:
            what_if(northwind)
        return len(asking)

    day(northwind, ago=1, at_60=21)
    few = asked()
    for number in range(5):
        decided(northwind, number, 0.8, dismiss, mara)
        day(northwind, ago=2 + number, at_60=21)
    assert asked() == few <= 6
