"""On hold: a case that waits for a moment, and comes back by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.holds import hold, resume, resume_due
from review.intake import open_cases
from review.models import Case, Claim, Hold
from review.notes import open_hold_reason
from review.queue import claim, claim_next
from review.tasks import expire_claims as sweep
from review.tests.acts import let_lapse, read_notes, rescored
from review.tests.racing import race
from review.workflow import reveal
from tests.factories import later, make_case

BrowserOf = Callable[[User], Client]
WHY = "The platform was asked for the age of one account."


@pytest.fixture
def held(case: Case, mara: User) -> Case:
    claim(case_id=case.pk, by=mara)
    hold(case_id=case.pk, by=mara, until=later(hours=5), reason=WHY)
    case.refresh_from_db()
    return case


def let_come(case: Case) -> None:
    """Its moment has come, and the sweep has not come by."""
    Hold.objects.filter(case=case, ended_at=None).update(held_at=later(hours=-6), until=later(seconds=-1))


def test_a_hold_ends_the_claim_and_is_recorded_without_its_reason(held: Case, mara: User):
    assert held.state == Case.State.HELD
    assert Claim.objects.get().ending == Claim.Ending.HELD
    event = AuditEvent.objects.get(verb=Verb.CASE_HELD)
    assert (event.actor, event.payload["hold"]) == (mara.actor_name, Hold.objects.get().pk)
    assert not AuditEvent.objects.filter(entry__contains="platform was asked").exists()


def test_its_reason_is_sealed(held: Case):
    found = Hold.objects.select_related("case__conversation__data_key").get()
    assert WHY.encode() not in bytes(found.reason_sealed)
    assert open_hold_reason(found) == WHY


def test_what_is_on_hold_is_offered_to_nobody_and_says_until_when(held: Case, mara: User, ines: User):
    assert claim_next(by=ines) is None
    assert claim_next(by=mara) is None
    with pytest.raises(NotPossible, match=r"Mara put this case on hold until .* Take it off hold to go on\."):
        claim(case_id=held.pk, by=ines)
    with pytest.raises(NotPossible, match="Mara put this case on hold"):
        reveal(case_id=held.pk, numbers=[1], by=mara)


def test_the_sweep_brings_it_back_when_its_moment_comes_and_not_before(held: Case, mara: User):
    sweep()
    held.refresh_from_db()
    assert held.state == Case.State.HELD

    let_come(held)
    sweep()

    held.refresh_from_db()
    assert held.state == Case.State.WAITING
    assert Hold.objects.get().ending == Hold.Ending.TIME_CAME
    event = AuditEvent.objects.get(verb=Verb.CASE_RESUMED)
    assert (event.actor, event.payload["because"]) == ("machine:claims", "time_came")
    assert claim_next(by=mara) == held


@pytest.mark.parametrize("take", [claim_next, "by name"])
def test_it_comes_back_without_the_sweep_too(held: Case, ines: User, take: object):
    let_come(held)

    taken = claim_next(by=ines) if take is claim_next else claim(case_id=held.pk, by=ines)

    assert taken == held
    assert taken.state == Case.State.IN_REVIEW


def test_a_colleague_takes_it_off_hold_and_a_stranger_does_not(held: Case, otto: User, kai: User):
    with pytest.raises(NotAllowed):
        resume(case_id=held.pk, by=kai)
    held.refresh_from_db()
    assert held.state == Case.State.HELD

    assert resume(case_id=held.pk, by=otto).state == Case.State.WAITING
    assert Hold.objects.get().ending == Hold.Ending.TAKEN_BACK
    with pytest.raises(NotPossible, match="not on hold any more"):
        resume(case_id=held.pk, by=otto)


def test_a_conversation_that_becomes_imminent_waits_for_no_moment(northwind: Licensee, mara: User):
    case = make_case(northwind, probability=0.7)
    claim(case_id=case.pk, by=mara)
    hold(case_id=case.pk, by=mara, until=later(days=3), reason=WHY)
    rescored(case.conversation, probability=0.99)

    open_cases()

    case.refresh_from_db()
    assert (case.state, case.lane) == (Case.State.WAITING, Case.Lane.IMMINENT)
    assert Hold.objects.get().ending == Hold.Ending.RAISED


@pytest.mark.parametrize("until", [later(minutes=-1), later(days=15)])
def test_a_hold_lies_ahead_and_ends_within_14_days(case: Case, mara: User, until: datetime):
    claim(case_id=case.pk, by=mara)
    with pytest.raises(NotPossible, match="at most 14 days from now"):
        hold(case_id=case.pk, by=mara, until=until, reason=WHY)
    with pytest.raises(IntegrityError, match="hold_ends_within_14_days"), transaction.atomic():
        Hold.objects.create(case=case, held_by=mara, until=until, reason_sealed=b"x")
    _still_claimed(case)


def test_a_hold_says_why(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    with pytest.raises(NotPossible, match="what the case waits for"):
        hold(case_id=case.pk, by=mara, until=later(days=1), reason="  ")
    _still_claimed(case)


def test_a_lapsed_claim_puts_nothing_on_hold(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    let_lapse(case)
    with pytest.raises(NotPossible, match="Your claim ended"):
        hold(case_id=case.pk, by=mara, until=later(days=1), reason=WHY)
    _still_claimed(case)


def test_who_takes_the_case_next_reads_the_reason_and_that_is_recorded(held: Case, otto: User, ines: User):
    resume(case_id=held.pk, by=otto)
    claim(case_id=held.pk, by=ines)
    found = Hold.objects.get()

    assert read_notes(case_id=held.pk, by=ines) == {("hold", found.pk): WHY}
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("at")
    assert (event.actor, event.payload) == (ines.actor_name, {"hold_reasons": [found.pk]})


def test_the_queue_page_says_who_until_when_and_not_why(held: Case, ines: User, browser_of: BrowserOf):
    page = browser_of(ines).get(reverse("review:queue") + "?state=held").content.decode()

    assert held.reference in page
    assert "Mara" in page
    assert f"{Hold.objects.get().until:%H:%M}" in page
    assert WHY not in page
    assert reverse("review:resume", args=[held.reference]) in page


def test_from_the_case_page_the_note_typed_so_far_becomes_the_reason(case: Case, mara: User, browser_of):
    claim(case_id=case.pk, by=mara)
    browser, url = browser_of(mara), reverse("review:hold", args=[case.reference])
    page = browser.get(reverse("review:case", args=[case.reference])).content.decode()
    assert f'formaction="{url}"' in page

    asked = browser.post(url, {"note": "half a thought", "seen_revision": "1"})

    assert "half a thought" in asked.content.decode()
    _still_claimed(case)
    until = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    answer = browser.post(url, {"until": until, "reason_text": "half a thought"})
    assert answer["Location"] == reverse("review:queue")
    case.refresh_from_db()
    assert case.state == Case.State.HELD


def test_an_incomplete_hold_comes_back_with_what_was_typed(case: Case, mara: User, browser_of: BrowserOf):
    claim(case_id=case.pk, by=mara)
    answer = browser_of(mara).post(
        reverse("review:hold", args=[case.reference]), {"until": "", "reason_text": "half a thought"}
    )
    assert answer.status_code == 422
    assert "Choose when the case comes back." in answer.content.decode()
    assert "half a thought" in answer.content.decode()
    _still_claimed(case)


@pytest.mark.django_db(transaction=True)
def test_taking_it_back_and_its_moment_at_the_same_instant_agree(northwind: Licensee, mara: User, otto: User):
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        claim(case_id=case.pk, by=mara)
        hold(case_id=case.pk, by=mara, until=later(hours=1), reason=WHY)
        let_come(case)

        race(partial(resume, case_id=case.pk, by=otto), resume_due, resume_due)

        assert AuditEvent.objects.filter(verb=Verb.CASE_RESUMED, case_reference=case.reference).count() == 1
        case.refresh_from_db()
        assert case.state == Case.State.WAITING


def _still_claimed(case: Case) -> None:
    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW
    assert not Hold.objects.exists()
    assert Claim.objects.get().ended_at is None
