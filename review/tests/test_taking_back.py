"""Ten seconds in which who decided may take the decision back, before anything of it leaves the building."""

from collections.abc import Callable
from datetime import timedelta
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
from review import policies
from review.intake import open_cases
from review.labels import _last_decisions
from review.models import Case, Claim, Decision, Watch, Withdrawal
from review.queue import claim, claim_next, hand_over, held_case, release
from review.statistics import statistics_of
from review.tests.acts import dismiss, escalated, monitored, rescored
from review.tests.racing import race
from review.undoing import TakenBack, take_back
from tests.factories import make_case

BrowserOf = Callable[[User], Client]


def test_the_case_is_back_in_review_under_ones_own_claim(case: Case, mara: User):
    decision = dismiss(case, mara)

    reopened = take_back(case_id=case.pk, by=mara).case

    assert (reopened.state, reopened.closed_at) == (Case.State.IN_REVIEW, None)
    assert held_case(mara) == case
    assert Withdrawal.objects.get().decision == decision
    event = AuditEvent.objects.get(verb=Verb.CASE_REOPENED)
    assert (event.actor, event.payload["decision"]) == (mara.actor_name, decision.pk)
    dismiss(case, mara)
    assert Decision.objects.count() == 2


def test_what_was_taken_back_counts_nowhere(case: Case, northwind: Licensee, mara: User):
    dismiss(case, mara)
    assert sum(statistics_of([northwind], days=1).decided.values()) == 1
    take_back(case_id=case.pk, by=mara)

    assert not Decision.objects.standing().exists()
    assert not _last_decisions(northwind).exists()
    assert sum(statistics_of([northwind], days=1).decided.values()) == 0


def test_it_is_not_what_a_conversation_is_held_against(northwind: Licensee, mara: User, ines: User):
    """Taken back at the band “imminent”, then decided at “high”: the next rise is one from “high”."""
    case = make_case(northwind, probability=0.99)
    dismiss(case, mara)
    take_back(case_id=case.pk, by=mara)
    release(case_id=case.pk, by=mara)
    rescored(case.conversation, probability=0.7)
    dismiss(case, ines)
    rescored(case.conversation, probability=0.99)

    assert open_cases() == 1


def test_after_ten_seconds_it_stands(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    dismiss(case, mara)
    now = timezone.now() + timedelta(seconds=10.5)
    monkeypatch.setattr(policies.timezone, "now", lambda: now)

    with pytest.raises(
        NotPossible, match=r"The 10 seconds to take it back are over, and the decision stands\."
    ):
        take_back(case_id=case.pk, by=mara)
    _stands(case)


def test_nobody_takes_back_what_another_decided(case: Case, mara: User, ines: User, otto: User, kai: User):
    dismiss(case, mara)

    with pytest.raises(NotAllowed, match="Only Mara, who decided, may take the decision back"):
        take_back(case_id=case.pk, by=ines)
    for person in (otto, kai):
        with pytest.raises(NotAllowed):
            take_back(case_id=case.pk, by=person)
    _stands(case)


def test_the_database_refuses_it_too(case: Case, mara: User, ines: User):
    decision = dismiss(case, mara)
    with pytest.raises(IntegrityError, match="withdrawal_by_who_decided"), transaction.atomic():
        Withdrawal.objects.create(decision=decision, withdrawn_by=ines)


def test_an_escalation_has_its_own_way_back(case: Case, mara: User):
    escalated(case, mara)
    with pytest.raises(NotPossible, match="Withdraw it on its own page"):
        take_back(case_id=case.pk, by=mara)
    case.refresh_from_db()
    assert case.state == Case.State.ESCALATED


def test_what_was_given_meanwhile_is_given_back_and_does_not_count_as_released(
    case: Case, northwind: Licensee, mara: User
):
    following = make_case(northwind, external_id="following")
    dismiss(case, mara)
    assert claim_next(by=mara) == following

    take_back(case_id=case.pk, by=mara)

    following.refresh_from_db()
    assert following.state == Case.State.WAITING
    assert held_case(mara) == case
    assert Claim.objects.get(case=following).ending == Claim.Ending.GIVEN_BACK
    dismiss(case, mara)
    assert claim_next(by=mara) == following


def test_what_a_colleague_handed_over_meanwhile_stays_and_the_case_waits(
    case: Case, northwind: Licensee, mara: User, ines: User
):
    other = make_case(northwind, external_id="other")
    claim(case_id=other.pk, by=ines)
    dismiss(case, mara)
    hand_over(case_id=other.pk, by=ines, to_id=mara.pk)

    assert take_back(case_id=case.pk, by=mara).case.state == Case.State.WAITING
    assert held_case(mara) == other
    assert claim_next(by=ines) == case


def test_a_watch_ends_with_its_decision(case: Case, mara: User):
    monitored(case, mara)
    take_back(case_id=case.pk, by=mara)
    assert not Watch.objects.exists()


def test_the_next_page_offers_it_with_a_key_and_seconds(
    case: Case, northwind: Licensee, mara: User, browser_of: BrowserOf
):
    following = make_case(northwind, external_id="following")
    claim(case_id=case.pk, by=mara)
    browser = browser_of(mara)
    sent = {"disposition": "no_action", "reason": "peers", "seen_revision": "1", "then": "next"}
    answer = browser.post(reverse("review:decide", args=[case.reference]), sent)
    assert answer["Location"] == reverse("review:case", args=[following.reference])

    url = reverse("review:take_back", args=[case.reference])
    for page in (answer["Location"], reverse("review:queue")):
        shown = browser.get(page).content.decode()
        assert f"{case.reference} is decided: no action." in shown
        assert f'method="post" action="{url}"' in shown
        assert 'data-key="z"' in shown

    assert browser.post(url)["Location"] == reverse("review:case", args=[case.reference])
    assert held_case(mara) == case
    page = browser.get(reverse("review:case", args=[case.reference])).content.decode()
    assert "(taken back)" in page
    assert url not in page


def test_the_page_says_what_was_given_back(
    case: Case, northwind: Licensee, mara: User, browser_of: BrowserOf
):
    """Also of a case that was claimed by hand: the person may want it after this one."""
    chosen = make_case(northwind, external_id="chosen")
    dismiss(case, mara)
    claim(case_id=chosen.pk, by=mara)
    answer = browser_of(mara).post(reverse("review:take_back", args=[case.reference]), follow=True)

    said = f"The case is yours again. {chosen.reference} waits again; you may still take it."
    assert said in answer.content.decode()
    chosen.refresh_from_db()
    assert chosen.state == Case.State.WAITING


@pytest.mark.django_db(transaction=True)
def test_the_same_key_pressed_twice_takes_back_once(northwind: Licensee, mara: User):
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        dismiss(case, mara)

        answers = race(*[partial(take_back, case_id=case.pk, by=mara)] * 2)

        assert sum(isinstance(answer, NotPossible) for answer in answers) == 1, answers
        assert Withdrawal.objects.filter(decision__case=case).count() == 1
        release(case_id=case.pk, by=mara)


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_taking_the_next_at_the_same_instant(northwind: Licensee, mara: User):
    """One open claim at the end, and the case that was reopened is never lost."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}")
        make_case(northwind, external_id=f"next-{number}")
        dismiss(case, mara)

        reopened, taken = race(partial(take_back, case_id=case.pk, by=mara), partial(claim_next, by=mara))

        assert isinstance(reopened, TakenBack), reopened
        assert isinstance(taken, Case), taken
        assert Claim.objects.filter(holder=mara, ended_at=None).count() == 1
        case.refresh_from_db()
        assert case.state == (Case.State.IN_REVIEW if held_case(mara) == case else Case.State.WAITING)
        release(case_id=held_case(mara).pk, by=mara)


@pytest.mark.django_db(transaction=True)
def test_taking_back_while_the_conversation_comes_back(northwind: Licensee, mara: User):
    """One open case in the end: the old one reopened, or a new one and the decision stands."""
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}", probability=0.7)
        dismiss(case, mara)
        rescored(case.conversation, probability=0.99)

        reopened, _ = race(partial(take_back, case_id=case.pk, by=mara), open_cases)

        assert isinstance(reopened, TakenBack | NotPossible), reopened
        assert Case.objects.filter(conversation=case.conversation_id, closed_at=None).count() == 1
        held = held_case(mara)
        if held:
            release(case_id=held.pk, by=mara)


def _stands(case: Case) -> None:
    case.refresh_from_db()
    assert case.state == Case.State.DECIDED
    assert not Withdrawal.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.CASE_REOPENED).exists()
