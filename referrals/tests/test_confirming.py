"""Step-up: before an approval a person shows again that it is they; failures are recorded and slowed down."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import attempts, step_up
from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.confirming import NotConfirmed, confirm, purpose_of
from referrals.models import Approval, Escalation, Packet, Recipient
from referrals.tests.conftest import ask, seen_by
from referrals.workflow import approve
from review.models import Case
from tests.people import PASSWORD

Browser = Callable[[User], Client]
NOW = timezone.now()


def approve_on_the_page(client: Client, escalation: Escalation, person: User, **typed: str) -> HttpResponse:
    data = {
        "packet_digest": seen_by(escalation, person),
        "typed_reference": escalation.case.reference,
        **typed,
    }
    return client.post(reverse("referrals:approve", args=[escalation.pk]), data)


def test_with_the_password_it_is_approved_and_the_moment_is_kept(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    answer = approve_on_the_page(browser_of(otto), escalation, otto, password=PASSWORD)
    approval = Approval.objects.get()
    assert answer.status_code == 302
    event = AuditEvent.objects.get(verb=Verb.PERSON_CONFIRMED)
    assert (event.actor, event.object_id) == (otto.actor_name, str(escalation.pk))
    assert approval.confirmed_at == event.at <= approval.approved_at


def test_without_the_password_nothing_is_approved(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    answer = approve_on_the_page(browser_of(otto), escalation, otto)
    assert answer.status_code == 409
    assert "Type your password again to approve" in answer.content.decode()
    assert not Packet.objects.exists()


def test_a_wrong_password_is_recorded_and_said_beside_the_field(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    answer = approve_on_the_page(browser_of(otto), escalation, otto, password="not this one")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This is not your password. Nothing was done." in page
    assert "not this one" not in page
    assert not Packet.objects.exists()
    event = AuditEvent.objects.get(verb=Verb.CONFIRMATION_FAILED)
    assert event.actor == otto.actor_name
    assert "not this one" not in event.entry


def test_after_many_failures_even_the_right_password_waits(
    escalation: Escalation, otto: User, ines: User
) -> None:
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        with pytest.raises(NotConfirmed, match="This is not your password"):
            confirm(escalation_id=escalation.pk, by=otto, secret="wrong")
    with pytest.raises(NotConfirmed, match="Too many tries"):
        confirm(escalation_id=escalation.pk, by=otto, secret=PASSWORD)
    assert not AuditEvent.objects.filter(verb=Verb.PERSON_CONFIRMED).exists()
    assert confirm(escalation_id=escalation.pk, by=ines, secret=PASSWORD) is not None


def test_failures_on_another_escalation_count_as_well(
    escalation: Escalation, otto: User, mara: User, desk: Recipient, another_case: Callable[[str], Case]
) -> None:
    other = ask(another_case("c2"), mara, desk)
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        with pytest.raises(NotConfirmed):
            confirm(escalation_id=other.pk, by=otto, secret="wrong")
    with pytest.raises(NotConfirmed, match="Too many tries"):
        confirm(escalation_id=escalation.pk, by=otto, secret=PASSWORD)


def test_it_counts_for_this_escalation_only(
    escalation: Escalation,
    otto: User,
    mara: User,
    desk: Recipient,
    another_case: Callable[[str], Case],
    browser_of: Browser,
) -> None:
    other = ask(another_case("c2"), mara, desk)
    client = browser_of(otto)
    wrong_reference = {"typed_reference": "NW-9-9", "password": PASSWORD}
    assert approve_on_the_page(client, escalation, otto, **wrong_reference).status_code == 409
    assert approve_on_the_page(client, other, otto).status_code == 409
    assert not Packet.objects.exists()
    # What was confirmed for the first still counts for the first.
    assert approve_on_the_page(client, escalation, otto).status_code == 302


def test_another_session_of_the_same_person_confirms_anew(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    first = approve_on_the_page(
        browser_of(otto), escalation, otto, typed_reference="NW-9-9", password=PASSWORD
    )
    assert first.status_code == 409
    assert approve_on_the_page(browser_of(otto), escalation, otto).status_code == 409
    assert not Packet.objects.exists()


def test_who_may_not_approve_cannot_try_passwords_here(escalation: Escalation, mara: User) -> None:
    with pytest.raises(NotAllowed):
        confirm(escalation_id=escalation.pk, by=mara, secret=PASSWORD)
    assert not AuditEvent.objects.filter(verb=Verb.PERSON_CONFIRMED).exists()


@pytest.mark.parametrize(
    "confirmed_at",
    [None, NOW - timedelta(minutes=6), NOW + timedelta(hours=1)],
    ids=["never", "too long ago", "not yet"],
)
def test_the_verb_itself_refuses_what_is_not_fresh(
    escalation: Escalation, otto: User, confirmed_at: object
) -> None:
    with pytest.raises(NotPossible) as refusal:
        approve(
            escalation_id=escalation.pk,
            by=otto,
            packet_digest=seen_by(escalation, otto),
            typed_reference=escalation.case.reference,
            confirmed_at=confirmed_at,  # type: ignore[arg-type]
        )
    assert refusal.value.sentence.startswith("Type your password again to approve")
    assert not Packet.objects.exists()


def test_a_confirmation_ends_by_itself_and_with_the_next_purpose(escalation: Escalation) -> None:
    session: dict[str, object] = {}
    purpose = purpose_of(escalation)
    step_up.remember(session, purpose=purpose, at=NOW)
    assert step_up.confirmed_at(session, purpose=purpose, now=NOW + timedelta(minutes=4)) == NOW
    assert step_up.confirmed_at(session, purpose=purpose, now=NOW + timedelta(minutes=6)) is None
    step_up.remember(session, purpose=step_up.Purpose.KEYS, at=NOW)
    assert step_up.confirmed_at(session, purpose=purpose, now=NOW) == NOW, (
        "another class of acts ends nothing"
    )
    step_up.remember(session, purpose="approve:0", at=NOW)
    assert step_up.confirmed_at(session, purpose=purpose, now=NOW) is None
    step_up.forget(session, purpose="approve:0")
    assert step_up.confirmed_at(session, purpose="approve:0", now=NOW) is None
    assert step_up.confirmed_at(session, purpose=step_up.Purpose.KEYS, now=NOW) == NOW


def test_guesses_at_the_door_and_before_an_approval_are_the_same_guesses(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    for _ in range(attempts.MOST_BY_PERSON_AND_ADDRESS):
        Client().post("/sign-in", {"username": otto.email, "password": "wrong"})
    answer = approve_on_the_page(browser_of(otto), escalation, otto, password=PASSWORD)
    assert answer.status_code == 422
    assert "Too many tries" in answer.content.decode()
    assert not Packet.objects.exists()
