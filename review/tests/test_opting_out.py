"""Leaving out a lane or a characteristic: no reason, no penalty, and nobody else is shown it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, OptOut
from review.opting_out import leave_out, left_out_by, take_back
from review.queue import claim, claim_next, release
from scoring.models import Score
from tests.factories import later, make_case

BrowserOf = Callable[[User], Client]


@pytest.fixture
def imminent(northwind: Licensee) -> Case:
    return make_case(northwind, external_id="imminent", probability=0.99)


def rated(case: Case, **characteristics: float) -> None:
    Score.objects.filter(pk=case.opened_by_score_id).update(characteristics=characteristics)


def test_a_lane_that_is_left_out_is_not_offered(case: Case, imminent: Case, mara: User, ines: User):
    leave_out(by=mara, lane="imminent")

    assert claim_next(by=mara) == case
    assert claim_next(by=ines) == imminent


def test_a_characteristic_is_left_out_where_it_is_rated_high(case: Case, northwind: Licensee, mara: User):
    other = make_case(northwind, external_id="other")
    rated(case, media_request=0.9)
    rated(other, media_request=0.3)
    leave_out(by=mara, characteristic="media_request")

    assert claim_next(by=mara) == other
    release(case_id=other.pk, by=mara)
    assert claim_next(by=mara) is None


def test_a_case_whose_score_knows_no_such_characteristic_is_offered(case: Case, mara: User):
    rated(case)
    leave_out(by=mara, characteristic="media_request")
    assert claim_next(by=mara) == case


def test_it_ends_by_itself_and_can_be_taken_back(case: Case, mara: User):
    chosen = leave_out(by=mara, lane="standard", until=later(days=1))
    assert claim_next(by=mara) is None
    OptOut.objects.update(until=later(seconds=-1))
    assert left_out_by(mara) == []
    assert claim_next(by=mara) == case
    release(case_id=case.pk, by=mara)

    take_back(by=mara, opt_out_id=chosen.pk)
    assert not OptOut.objects.exists()


def test_what_is_claimed_by_name_is_given(case: Case, mara: User):
    leave_out(by=mara, lane="standard")
    assert claim(case_id=case.pk, by=mara) == case


def test_only_what_is_in_the_list_can_be_left_out(mara: User):
    for wish in ({"lane": "nonsense"}, {"characteristic": "nonsense"}, {}):
        with pytest.raises(NotPossible, match="Choose one lane or one characteristic"):
            leave_out(by=mara, **wish)
    assert not OptOut.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.OPT_OUT_CHANGED).exists()


def test_the_trail_says_that_something_changed_and_not_what(mara: User):
    leave_out(by=mara, characteristic="media_request")
    event = AuditEvent.objects.get(verb=Verb.OPT_OUT_CHANGED)
    assert (event.payload, event.reason) == ({}, "")
    assert "media_request" not in event.entry


def test_nobody_takes_back_what_another_leaves_out(mara: User, ines: User):
    chosen = leave_out(by=mara, lane="imminent")
    take_back(by=ines, opt_out_id=chosen.pk)
    assert left_out_by(mara) == [chosen]


def test_it_is_set_on_the_page_of_ones_own_day(mara: User, otto: User, ines: User, browser_of: BrowserOf):
    browser, url = browser_of(mara), reverse("review:care")
    browser.post(reverse("review:leave_out"), {"what": "characteristic:media_request", "until": "week"})

    chosen = OptOut.objects.get()
    assert chosen.until is not None
    assert timedelta(days=6) < chosen.until - timezone.now() <= timedelta(days=7)
    assert "<b>Asks for pictures</b>" in browser.get(url).content.decode()
    assert "<b>Asks for pictures</b>" not in browser_of(ines).get(url).content.decode()
    browser.post(reverse("review:end_opt_out", args=[chosen.pk]))
    assert not OptOut.objects.exists()


def test_an_empty_choice_is_given_back_with_a_word(mara: User, browser_of: BrowserOf):
    answer = browser_of(mara).post(reverse("review:leave_out"), {"what": "", "until": "day"})
    assert answer.status_code == 422
    assert "Choose what to leave out." in answer.content.decode()


def test_passing_is_releasing_without_a_reason(case: Case, mara: User, browser_of: BrowserOf):
    claim(case_id=case.pk, by=mara)
    browser_of(mara).post(reverse("review:release", args=[case.reference]))
    case.refresh_from_db()
    assert case.state == Case.State.WAITING
    assert AuditEvent.objects.get(verb=Verb.CASE_RELEASED).reason == ""
    assert claim_next(by=mara) is None
