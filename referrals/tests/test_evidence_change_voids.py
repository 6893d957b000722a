"""Whatever changes between reading and approving: nothing is approved, and the packet is read again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from audit.transitions import NotPossible
from referrals.completeness import changed_meanwhile
from referrals.models import Approval, Escalation, Packet, Recipient
from referrals.reading import view_packet
from referrals.tests.conftest import approved_by, ask, asked, edit_message, seen_by
from referrals.workflow import approve, resubmit, return_escalation
from review.models import Case, Reveal
from review.workflow import reveal
from scoring.models import Conversation, Message, Participant
from tests.factories import make_score

CHANGED = "The packet changed since you opened it"


def is_void(escalation: Escalation, person: User, digest: str) -> bool:
    with pytest.raises(NotPossible) as refusal:
        approve(
            escalation_id=escalation.pk,
            by=person,
            packet_digest=digest,
            typed_reference=escalation.case.reference,
            confirmed_at=timezone.now(),
        )
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED
    assert not Approval.objects.exists()
    assert not Packet.objects.exists()
    return refusal.value.sentence.startswith(CHANGED)


def test_an_edit_of_an_evidence_message(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    edit_message(escalation.case, 5, text="Let us tell your parents about this chat")
    assert is_void(escalation, otto, digest)


def test_an_edit_of_its_context(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    edit_message(escalation.case, 4, text="I am in year nine")
    assert is_void(escalation, otto, digest)


def test_a_deletion(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    Message.objects.filter(conversation=escalation.case.conversation, number=5).update(
        deleted_at=timezone.now()
    )
    assert is_void(escalation, otto, digest)


def test_a_new_version(escalation: Escalation, mara: User, otto: User, ines: User, desk: Recipient) -> None:
    """Ines has version 1 open while Otto returns it and Mara submits version 2."""
    digest = seen_by(escalation, ines)
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Please add turn 7.")
    resubmit(escalation_id=escalation.pk, by=mara, seen_revision=1, **asked(escalation.case, desk))
    assert is_void(escalation, ines, digest)


def test_another_age_of_an_account(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    Participant.objects.filter(conversation=escalation.case.conversation, position=1).update(
        declared_age_band=Participant.AgeBand.ADULT
    )
    assert is_void(escalation, otto, digest)


def test_read_again_it_can_be_approved_and_says_what_changed(escalation: Escalation, otto: User) -> None:
    edit_message(escalation.case, 5, text="Let us tell your parents about this chat")
    reading = view_packet(escalation_id=escalation.pk, by=otto)
    assert reading.content.changed_after_request == [5]
    assert changed_meanwhile(reading.content) == (
        "The platform changed turn 5 after the request was written, so who asked saw the earlier text. "
        "Return it if that matters."
    )
    earlier = next(message for message in reading.content.messages if message.number == 5).earlier_versions
    assert [version.text for version in earlier] == ["Let us keep this chat between the two of us"]
    assert approved_by(escalation, otto).digest == reading.draft.digest


# --- What does not change it -----------------------------------------------------------------------


def test_looking_changes_nothing(escalation: Escalation, otto: User, ines: User) -> None:
    digest = seen_by(escalation, otto)
    assert seen_by(escalation, ines) == seen_by(escalation, otto) == digest


def test_a_supervisor_who_reads_the_case_page_changes_nothing(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    reveal(case_id=escalation.case_id, numbers=[2, 3, 4], by=otto)
    assert Reveal.objects.filter(revealed_by=otto).count() == 3
    assert seen_by(escalation, otto) == digest


def test_a_conversation_that_goes_on_changes_nothing(case: Case, escalation: Escalation, otto: User) -> None:
    """The last evidence message is 5 with one of context: but also where context would reach further."""
    digest = seen_by(escalation, otto)
    conversation = Conversation.objects.get(pk=case.conversation_id)
    last = conversation.messages.get(number=8)
    last.pk, last.number, last.external_id = None, 9, "m9"
    last.received_at = timezone.now() + timedelta(seconds=1)
    last.save()
    assert seen_by(escalation, otto) == digest


def test_a_newer_score_changes_nothing(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    conversation = escalation.case.conversation
    Conversation.objects.filter(pk=conversation.pk).update(revision=2)
    conversation.refresh_from_db()
    make_score(conversation, probability=0.99)
    assert seen_by(escalation, otto) == digest


def test_context_ends_with_what_had_come_by_the_submission(
    case: Case, mara: User, otto: User, desk: Recipient
) -> None:
    from_the_end = ask(case, mara, desk, evidence_numbers=[8], context=3)
    digest = seen_by(from_the_end, otto)
    last = case.conversation.messages.get(number=8)
    last.pk, last.number, last.external_id = None, 9, "m9"
    last.received_at = timezone.now() + timedelta(seconds=1)
    last.save()
    reading = view_packet(escalation_id=from_the_end.pk, by=otto)
    assert [message.number for message in reading.content.messages] == [5, 6, 7, 8]
    assert reading.draft.digest == digest
