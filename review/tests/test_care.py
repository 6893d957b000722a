"""How much a person reads in a day, and when the queue says that it is enough."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.care import RestFirst, check_may_be_given, team_exposure
from review.exposure import Stretch, exposure, working_since
from review.models import Case, Claim, Pause, Reveal
from review.queue import claim, claim_next, release
from review.tests.acts import dismiss, revision_of
from review.tests.racing import race
from review.workflow import reveal
from tests.factories import TEXTS, later, make_case
from tests.people import make_person

BrowserOf = Callable[[User], Client]
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.ARTEMIS_DAILY_MESSAGES = 400
    settings.ARTEMIS_DAILY_SEVERE_CASES = 25
    settings.ARTEMIS_REVIEW_MINUTES = 90
    settings.ARTEMIS_PAUSE_MINUTES = 10


@pytest.fixture
def imminent(northwind: Licensee) -> Case:
    return make_case(northwind, external_id="imminent", probability=0.99)


def read(case: Case, by: User, numbers: range = range(1, 4)) -> None:
    claim(case_id=case.pk, by=by)
    reveal(case_id=case.pk, numbers=numbers, by=by)


def began(case: Case, *, minutes: int) -> None:
    """The claim began so long ago, and has been extended since."""
    ago = timezone.now() - timedelta(minutes=minutes)
    Claim.objects.filter(case=case, ended_at=None).update(claimed_at=ago)


# --- What was read -------------------------------------------------------------------------------


def test_revealed_messages_and_imminent_cases_are_counted(case: Case, imminent: Case, mara: User, ines: User):
    read(imminent, mara, range(1, 6))
    release(case_id=imminent.pk, by=mara)
    read(case, mara, range(1, 3))
    reveal(case_id=case.pk, numbers=[1, 2], by=mara)  # again: the same messages

    assert (exposure(mara).revealed, exposure(mara).severe) == (7, 1)
    assert (exposure(ines).revealed, exposure(ines).severe) == (0, 0)


def test_what_was_read_yesterday_is_not_of_today(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    message = case.conversation.messages.get(number=1)
    yesterday = timezone.now() - timedelta(days=1)
    Reveal.objects.create(case=case, message=message, revealed_by=mara, revealed_at=yesterday)

    assert exposure(mara).revealed == 0


def test_it_costs_one_query_whatever_was_read(case: Case, mara: User):
    counts = []
    for number in (1, 8):
        read(case, mara, range(1, number + 1))
        with CaptureQueriesContext(connection) as captured:
            exposure(mara)
        counts.append(len(captured))
    assert counts == [1, 1]


def minutes(*, began: int, ended: int) -> Stretch:
    """From and to so many minutes before noon."""
    return Stretch(NOON - timedelta(minutes=began), NOON - timedelta(minutes=ended), severe=False)


@pytest.mark.parametrize(
    ("stretches", "rested", "since"),
    [
        ([], None, None),
        ([minutes(began=60, ended=0)], None, 60),
        ([minutes(began=90, ended=61), minutes(began=60, ended=0)], None, 90),
        ([minutes(began=90, ended=60), minutes(began=50, ended=0)], None, 50),
        ([minutes(began=90, ended=10)], None, None),
        ([minutes(began=90, ended=9)], None, 90),
        # A long one that a short one lies inside of.
        ([minutes(began=90, ended=0), minutes(began=80, ended=70)], None, 90),
        ([minutes(began=90, ended=0)], 30, 30),
        ([minutes(began=90, ended=5)], 5, None),
        ([minutes(began=90, ended=0)], 120, 90),
    ],
)
def test_since_when_somebody_has_been_reading(
    stretches: list[Stretch], rested: int | None, since: int | None
):
    before = lambda ago: None if ago is None else NOON - timedelta(minutes=ago)  # noqa: E731
    answer = working_since(stretches, now=NOON, rest=timedelta(minutes=10), rested_at=before(rested))
    assert answer == before(since)


# --- When it is enough ---------------------------------------------------------------------------


def test_who_has_read_enough_gets_no_further_case(case: Case, northwind: Licensee, mara: User, settings: Any):
    settings.ARTEMIS_DAILY_MESSAGES = 8
    other = make_case(northwind, external_id="other")
    read(case, mara, range(1, 9))
    dismiss(case, mara)

    for act in (partial(claim_next, by=mara), partial(claim, case_id=other.pk, by=mara)):
        with pytest.raises(RestFirst) as refusal:
            act()
        assert refusal.value.sentence == (
            "You have read 8 messages today. "
            "That is enough for one day; the queue goes on without you until tomorrow."
        )
    other.refresh_from_db()
    assert other.state == Case.State.WAITING
    assert not Claim.objects.filter(case=other).exists()


def test_a_held_case_may_be_finished(case: Case, mara: User, settings: Any, browser_of: BrowserOf):
    settings.ARTEMIS_DAILY_MESSAGES = 2
    read(case, mara, range(1, 4))

    assert reveal(case_id=case.pk, numbers=[8], by=mara) == {8: TEXTS[7]}
    assert claim_next(by=mara) == case
    page = browser_of(mara).get(reverse("review:today")).content.decode()
    assert "What you hold you may finish" in page
    dismiss(case, mara)


def test_after_enough_imminent_cases_only_milder_ones_are_offered(
    case: Case, imminent: Case, northwind: Licensee, mara: User, settings: Any
):
    settings.ARTEMIS_DAILY_SEVERE_CASES = 1
    second = make_case(northwind, external_id="second", probability=0.99)
    read(imminent, mara)
    dismiss(imminent, mara)
    sentence = (
        "You have read 1 imminent case today. "
        "That is enough of them for one day; milder ones are still open to you."
    )

    with pytest.raises(RestFirst, match=sentence):
        claim(case_id=second.pk, by=mara)
    with pytest.raises(RestFirst, match=sentence):
        claim_next(by=mara, lane=Case.Lane.IMMINENT)
    assert claim_next(by=mara) == case
    dismiss(case, mara)
    with pytest.raises(RestFirst, match=sentence):
        claim_next(by=mara)
    assert not Claim.objects.filter(case=second).exists()


def test_a_limit_of_nought_is_none(case: Case, mara: User, settings: Any):
    settings.ARTEMIS_DAILY_MESSAGES = settings.ARTEMIS_DAILY_SEVERE_CASES = 0
    settings.ARTEMIS_REVIEW_MINUTES = settings.ARTEMIS_PAUSE_MINUTES = 0
    assert claim_next(by=mara) == case


def test_a_pause_is_due_after_ninety_minutes_and_recorded_once(
    case: Case, northwind: Licensee, mara: User, browser_of: BrowserOf
):
    make_case(northwind, external_id="other")
    claim(case_id=case.pk, by=mara)
    began(case, minutes=91)
    dismiss(case, mara)

    for _ in range(2):
        with pytest.raises(RestFirst) as refusal:
            claim_next(by=mara)
    pause = Pause.objects.get()
    assert pause.ends_at - pause.began_at == timedelta(minutes=10)
    assert f"Your pause lasts until {pause.ends_at:%H:%M}" in refusal.value.sentence
    assert AuditEvent.objects.filter(verb=Verb.PAUSE_BEGUN, actor=mara.actor_name).count() == 1

    browser = browser_of(mara)
    answer = browser.post(reverse("review:next"))
    assert answer["Location"] == reverse("review:care")
    page = browser.get(reverse("review:care")).content.decode()
    assert f"A pause until {pause.ends_at:%H:%M}" in page


def test_after_the_pause_the_queue_goes_on(case: Case, northwind: Licensee, mara: User):
    other = make_case(northwind, external_id="other")
    claim(case_id=case.pk, by=mara)
    began(case, minutes=91)
    dismiss(case, mara)
    Pause.objects.create(person=mara, began_at=later(minutes=-10), ends_at=later(seconds=-1))

    assert claim_next(by=mara) == other


def test_deciding_and_taking_the_next_leads_to_ones_own_day(
    case: Case, northwind: Licensee, mara: User, browser_of: BrowserOf, settings: Any
):
    settings.ARTEMIS_DAILY_MESSAGES = 1
    make_case(northwind, external_id="other")
    read(case, mara, range(1, 2))
    said = {
        "disposition": "no_action",
        "reason": "peers",
        "seen_revision": revision_of(case),
        "then": "next",
    }
    browser = browser_of(mara)
    answer = browser.post(reverse("review:decide", args=[case.reference]), said)

    assert answer["Location"] == reverse("review:care")
    case.refresh_from_db()
    assert case.state == Case.State.DECIDED
    # Where the last decision of the day is taken back like any other.
    back = reverse("review:take_back", args=[case.reference])
    assert f'method="post" action="{back}"' in browser.get(answer["Location"]).content.decode()
    assert browser.post(back)["Location"] == reverse("review:case", args=[case.reference])
    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW


def test_claiming_by_name_leads_to_ones_own_day_too(case: Case, mara: User, browser_of: BrowserOf):
    Pause.objects.create(person=mara, began_at=timezone.now(), ends_at=later(minutes=10))
    answer = browser_of(mara).post(reverse("review:claim", args=[case.reference]))

    assert answer["Location"] == reverse("review:care")
    assert not Claim.objects.exists()


def test_a_hand_over_to_somebody_who_rests_does_not_say_why(case: Case, ines: User):
    check_may_be_given(ines, case)
    Pause.objects.create(person=ines, began_at=timezone.now(), ends_at=later(minutes=10))
    with pytest.raises(NotPossible) as refusal:
        check_may_be_given(ines, case)
    assert refusal.value.sentence == (
        "Ines takes no further case at the moment. Choose somebody else, or release the case."
    )


@pytest.mark.django_db(transaction=True)
def test_claims_at_the_same_instant_begin_one_pause(northwind: Licensee, mara: User):
    case, other = make_case(northwind), make_case(northwind, external_id="other")
    claim(case_id=case.pk, by=mara)
    began(case, minutes=91)
    dismiss(case, mara)

    answers = race(*[partial(claim_next, by=mara)] * 3, *[partial(claim, case_id=other.pk, by=mara)] * 3)

    assert all(isinstance(answer, RestFirst) for answer in answers), answers
    assert Pause.objects.count() == 1
    assert AuditEvent.objects.filter(verb=Verb.PAUSE_BEGUN).count() == 1
    assert not Claim.objects.filter(case=other).exists()


@pytest.mark.django_db(transaction=True)
def test_no_claim_slips_through_while_the_last_messages_are_read(
    northwind: Licensee, mara: User, settings: Any
):
    """The limit is reached while claims are under way: each is given before it, or refused."""
    settings.ARTEMIS_DAILY_MESSAGES = 8
    for number in range(5):
        case = make_case(northwind, external_id=f"c{number}")
        read(case, mara, range(1, 9))
        answers = race(partial(dismiss, case, mara), *[partial(claim_next, by=mara)] * 2)
        assert not any(isinstance(answer, Case) and answer != case for answer in answers), answers
        assert Claim.objects.filter(holder=mara, ended_at=None).count() == 0
        settings.ARTEMIS_DAILY_MESSAGES += 8


# --- Who is shown it -----------------------------------------------------------------------------


def test_ones_own_day_is_fetched_by_the_queue_and_by_the_case(case: Case, mara: User, browser_of: BrowserOf):
    read(case, mara)
    browser, fragment = browser_of(mara), reverse("review:today")
    for url in (reverse("review:queue"), reverse("review:case", args=[case.reference])):
        page = browser.get(url).content.decode()
        assert f'hx-get="{fragment}"' in page
        assert f'href="{reverse("review:care")}"' in page
    for url in (fragment, reverse("review:care")):
        page = browser.get(url).content.decode()
        assert "3 of 400" in page
        assert "0 of 25" in page


def test_nobody_else_sees_it(case: Case, mara: User, otto: User, ines: User, browser_of: BrowserOf):
    read(case, mara)
    for person in (otto, ines):
        for url in (reverse("review:queue"), reverse("review:case", args=[case.reference])):
            assert "of 400" not in browser_of(person).get(url).content.decode()
    assert "0 of 400" in browser_of(ines).get(reverse("review:today")).content.decode()
    for name in ("review:today", "review:care"):
        assert browser_of(otto).get(reverse(name)).status_code == 403


def team(northwind: Licensee, size: int) -> list[User]:
    people = [
        make_person(f"Person{number}", roles=[Role.MODERATOR], serving=northwind) for number in range(size)
    ]
    for number, person in enumerate(people):
        case = make_case(northwind, external_id=f"of-{number}", probability=0.99 if number == 0 else 0.8)
        read(case, person, range(1, 4 + number))
    return people


def test_a_team_of_four_has_no_figures(northwind: Licensee):
    team(northwind, 4)
    # Who has read nothing does not hide among the others.
    make_person("Idle", roles=[Role.MODERATOR], serving=northwind)
    assert team_exposure([northwind]) is None


def test_a_team_of_five_has_figures_of_its_own_licensees_only(
    northwind: Licensee, lakeside: Licensee, kai: User, settings: Any
):
    settings.ARTEMIS_DAILY_MESSAGES = 12
    team(northwind, 5)
    read(make_case(lakeside, external_id="elsewhere"), kai)

    figures = team_exposure([northwind])

    assert figures is not None
    assert (figures.people, figures.revealed_today, figures.severe_today) == (5, 3 + 4 + 5 + 6 + 7, 1)
    assert figures.over_half_of_cap == 1
    assert team_exposure([lakeside]) is None
    assert team_exposure([]) is None
