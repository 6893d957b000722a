"""What the tests of referrals share: a signing key, recipients, and an escalation that waits for its second person."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from referrals.formats import report
from referrals.formats.typesetting import typeset
from referrals.models import Escalation, Packet, Recipient
from referrals.reading import view_packet
from referrals.signing import create_signing_key
from referrals.workflow import approve, escalate
from review.models import Case
from review.queue import claim
from review.workflow import reveal
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.ingest import accept
from scoring.models import Conversation, Message
from tests.factories import BEGAN_AT, accounts_in, make_case
from tests.people import TESTS

GROUNDS = "The account asks for age and for secrecy, and proposes another app."
EVERYTHING = range(1, 9)


@pytest.fixture(autouse=True, scope="session")
def signing_key(keys: Path) -> Path:
    create_signing_key(keys)
    return keys


@pytest.fixture(autouse=True, scope="session")
def set_once() -> Iterator[None]:
    """Each report is set by Typst once, however often a test looks at it: the same content gives the same bytes."""
    kept: dict[str, bytes] = {}

    def remembering(source: bytes, *, said: dict[str, Any], at: int) -> bytes:
        order = hashlib.sha256(json.dumps([source.decode(), said, at]).encode()).hexdigest()
        if order not in kept:
            kept[order] = typeset(source, said=said, at=at)
        return kept[order]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "typeset", remembering)
        yield


@pytest.fixture
def desk(db: None) -> Recipient:
    """Takes suspected exploitation."""
    return Recipient.objects.create(
        name="Test desk of the clearing house",
        exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
        jurisdiction="US",
        contact="desk@recipient.example",
    )


@pytest.fixture
def police(db: None) -> Recipient:
    """Takes imminent threats."""
    return Recipient.objects.create(
        name="Test desk of the police",
        exit=Recipient.Exit.IMMINENT_THREAT,
        jurisdiction="GB",
        contact="police@recipient.example",
    )


def claim_and_read(case: Case, person: User, *, numbers: Any = EVERYTHING) -> Case:
    claim(case_id=case.pk, by=person)
    reveal(case_id=case.pk, numbers=list(numbers), by=person)
    return Case.objects.get(pk=case.pk)


def asked(case: Case, recipient: Recipient, **changes: Any) -> dict[str, Any]:
    subject, minor = case.conversation.participants.order_by("position")[:2]
    return {
        "exit": recipient.exit,
        "recipient_id": recipient.pk,
        "subject_id": subject.pk,
        "possible_minor_id": minor.pk,
        "evidence_numbers": [3, 5],
        "context": 1,
        "incident_at": BEGAN_AT,
        "grounds": GROUNDS,
        "incident_definition": "when the first evidence message was sent",
        "priority": 2 if recipient.jurisdiction == "GB" else None,
        **changes,
    }


def ask(case: Case, person: User, recipient: Recipient, **changes: Any) -> Escalation:
    """Claim, read everything, escalate."""
    claim_and_read(case, person)
    seen = {"seen_revision": changes.pop("seen_revision", case.conversation.revision)}
    return escalate(case_id=case.pk, by=person, **seen, **asked(case, recipient, **changes))


@pytest.fixture
def escalation(case: Case, mara: User, desk: Recipient) -> Escalation:
    """Mara asked for it; Otto or Ines may answer."""
    return ask(case, mara, desk)


def seen_by(escalation: Escalation, person: User) -> str:
    """The digest on the page that this person has open."""
    return view_packet(escalation_id=escalation.pk, by=person).draft.digest


def approved_by(escalation: Escalation, person: User) -> Packet:
    return approve(
        escalation_id=escalation.pk,
        by=person,
        packet_digest=seen_by(escalation, person),
        typed_reference=escalation.case.reference,
        confirmed_at=timezone.now(),
    )


@pytest.fixture
def packet(escalation: Escalation, otto: User) -> Packet:
    return approved_by(escalation, otto)


def edit_message(case: Case, number: int, *, text: str) -> Message:
    """The platform sends an edit, by the way that platforms send everything."""
    message = case.conversation.messages.select_related("sender").get(number=number)
    edited = IncomingMessage(
        id=message.external_id,
        sender=accounts_in(case.conversation)[message.sender.position],
        sent_at=message.sent_at,
        text=text,
        edited_at=timezone.now(),
    )
    with transaction.atomic():
        (outcome,) = accept(
            licensee=case.licensee,
            items=[IncomingConversation(id=case.conversation.external_id, messages=(edited,))],
            by=TESTS,
        )
    assert not outcome.faults
    message.refresh_from_db()
    return message


@pytest.fixture
def another_case(northwind: Licensee) -> Callable[[str], Case]:
    return lambda external_id: make_case(northwind, external_id=external_id)


def send_more(case: Case, texts: list[str]) -> None:
    """The platform sends further messages of the same conversation."""
    conversation = Conversation.objects.get(pk=case.conversation_id)
    senders = accounts_in(conversation)
    first = conversation.message_count + 1
    messages = tuple(
        IncomingMessage(id=f"m{number}", sender=senders[number % 2], sent_at=timezone.now(), text=text)
        for number, text in enumerate(texts, start=first)
    )
    with transaction.atomic():
        (outcome,) = accept(
            licensee=case.licensee,
            items=[IncomingConversation(id=conversation.external_id, messages=messages)],
            by=TESTS,
        )
    assert not outcome.faults
