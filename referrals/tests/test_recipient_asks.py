"""After the delivery: what the recipient said is shown to those who may, and what it asks for is owed by a day."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals import delivering
from referrals.models import Delivery, Escalation, Recipient, RecipientRequest
from referrals.pressing import about_pressing, pressing_in
from referrals.requests import answer_request
from referrals.standing import open_ones, overdue, standings
from referrals.tests.conftest import approved_by, ask
from review.models import Case
from scoring.models import PreservationHold

WORDS = "They ask for the messages of the week before."
Browser = Callable[[User], Client]


@pytest.fixture
def delivered(case: Case, mara: User, otto: User, police: Recipient) -> Delivery:
    """To a desk in the United Kingdom, which has it under a reference."""
    packet = approved_by(ask(case, mara, police), otto)
    delivering.download(packet_id=packet.pk, by=otto)
    delivery = Delivery.objects.get(packet=packet)
    delivering.mark_arrived(
        delivery_id=delivery.pk,
        by=otto,
        reference="NCA-1",
        arrived_at=timezone.now(),
        reason="Their desk confirmed it.",
    )
    return Delivery.objects.get(pk=delivery.pk)


def said(delivery: Delivery, by: User, outcome: str = "more_asked") -> None:
    delivering.record_feedback(delivery_id=delivery.pk, by=by, outcome=outcome, words=WORDS)


def page_of(client: Client, escalation: Escalation) -> tuple[str, int]:
    url = reverse("referrals:escalation", args=[escalation.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(url).content.decode()
    asked = [query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    return page, len(asked)


def test_their_words_are_shown_to_those_who_may_and_the_reading_is_recorded(
    delivered: Delivery, mara: User, otto: User, june: User, browser_of: Browser
) -> None:
    escalation = delivered.packet.approval.escalation
    said(delivered, otto, "acted_on")
    for person in (otto, mara):
        page, few = page_of(browser_of(person), escalation)
        assert WORDS in page
        assert "Acted on" in page
        read = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED, actor=person.actor_name)
        assert read.filter(payload__has_key="feedback").exists()
    assert page_of(browser_of(june), escalation)[0].count(WORDS) == 0
    for _ in range(4):
        said(delivered, otto, "passed_on")
    assert page_of(browser_of(mara), escalation)[1] == few
    delivery_page = browser_of(otto).get(reverse("referrals:delivery", args=[delivered.pk])).content.decode()
    assert WORDS not in delivery_page


def test_what_the_nca_asks_for_is_owed_within_seven_days_by_somebody(
    delivered: Delivery, mara: User, otto: User, ines: User, browser_of: Browser
) -> None:
    escalation = Escalation.objects.select_related("case__licensee", "owner").get(
        pk=delivered.packet.approval.escalation_id
    )
    assert not open_ones(Escalation.objects.filter(pk=escalation.pk)).exists()
    said(delivered, ines)
    request = RecipientRequest.objects.get()
    assert (request.owner, request.due_at - request.asked_at) == (ines, timedelta(days=7))
    assert "SI 2026/268" in request.basis
    standing = standings([escalation])[escalation.pk]
    assert (standing.owner, standing.due_at, standing.is_overdue) == (ines, request.due_at, False)
    assert standing.next_step.startswith("Test desk of the police asks for more: Ines")
    (pressing,) = pressing_in(about_pressing(otto))
    assert (pressing.is_asked, pressing.is_threat, pressing.is_overdue) == (True, False, False)
    overview = browser_of(otto).get(reverse("review:overview")).content.decode()
    assert "Recipients ask for more" in overview
    found = Escalation.objects.filter(pk=escalation.pk)
    # The border itself is in time; a moment later it is late.
    assert not overdue(found, now=request.due_at).exists()
    assert overdue(found, now=request.due_at + timedelta(microseconds=1)).exists()
    with pytest.raises(NotAllowed, match="Only a supervisor of Northwind records an answer"):
        answer_request(request_id=request.pk, by=mara, words=WORDS)
    with pytest.raises(NotPossible, match="Say what was answered"):
        answer_request(request_id=request.pk, by=otto, words="sent")
    address = reverse("referrals:answer_request", args=[request.pk])
    assert browser_of(otto).post(address, {"reason_text": "Sent by their portal."}).status_code == 302
    with pytest.raises(NotPossible, match="Otto recorded the answer"):
        answer_request(request_id=request.pk, by=ines, words=WORDS)
    assert not open_ones(found).exists()
    assert not pressing_in(about_pressing(otto))
    assert b"portal" not in bytes(RecipientRequest.objects.get().answer_sealed or b"")


def test_the_database_keeps_a_request_as_it_was(delivered: Delivery, otto: User) -> None:
    said(delivered, otto)
    changes = [{"due_at": timezone.now()}, {"state": "answered"}]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            RecipientRequest.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        RecipientRequest.objects.all().delete()


def test_why_a_hold_was_extended_stands_nowhere_in_clear(
    delivered: Delivery, otto: User, browser_of: Browser
) -> None:
    why = "The investigation goes on, says their officer."
    until = timezone.now() + timedelta(days=900)
    delivering.keep_longer(delivery_id=delivered.pk, by=otto, until=until, reason=why)
    hold = PreservationHold.objects.exclude(reason_sealed=None).get()
    assert hold.reason == ""
    assert why.encode() not in bytes(hold.reason_sealed or b"")
    event = AuditEvent.objects.get(verb=Verb.HOLD_EXTENDED)
    assert why not in event.entry
    page, _ = page_of(browser_of(otto), delivered.packet.approval.escalation)
    assert why in page
    with pytest.raises(DatabaseError, match="hold_reason_is_sealed"), transaction.atomic():
        PreservationHold.objects.create(
            conversation=hold.conversation, until=until, basis="Extended by a person", reason=why
        )
