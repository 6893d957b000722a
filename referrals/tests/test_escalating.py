"""A moderator asks a second person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Escalation, EscalationVersion, Recipient
from referrals.reading import preview
from referrals.submission import submission_of
from referrals.tests.conftest import GROUNDS, ask, asked, claim_and_read
from referrals.workflow import escalate
from review.models import Case, Decision, Reveal


def nothing_moved(case: Case, person: User) -> bool:
    case.refresh_from_db()
    return (
        case.state == Case.State.IN_REVIEW
        and not Escalation.objects.exists()
        and not EscalationVersion.objects.exists()
        and not Decision.objects.exists()
        and case.claims.filter(holder=person, ended_at=None).exists()
    )


def refused(case: Case, person: User, recipient: Recipient, **changes: object) -> str:
    """Try to escalate with these changes, and answer the sentence of the refusal."""
    with pytest.raises(NotPossible) as refusal:
        escalate(
            case_id=case.pk,
            by=person,
            seen_revision=case.conversation.revision,
            **asked(case, recipient, **changes),
        )
    assert nothing_moved(case, person)
    return refusal.value.sentence


def test_the_case_is_decided_and_a_second_person_asked(case: Case, mara: User, desk: Recipient) -> None:
    escalation = ask(case, mara, desk)

    case.refresh_from_db()
    assert case.state == Case.State.ESCALATED
    assert escalation.state == Escalation.State.REQUESTED
    assert escalation.requested_by == escalation.decision.decided_by == mara
    assert escalation.decision.disposition == Decision.Disposition.ESCALATE
    version = escalation.current
    assert (version.number, version.evidence_numbers, version.context) == (1, [3, 5], 1)
    assert submission_of(version).grounds == GROUNDS


def test_the_request_is_in_the_trail_without_a_word_of_it(case: Case, mara: User, desk: Recipient) -> None:
    escalation = ask(case, mara, desk)

    event = AuditEvent.objects.get(verb=Verb.ESCALATION_REQUESTED)
    assert event.actor == mara.actor_name
    assert event.object_id == str(escalation.pk)
    assert event.payload["evidence"] == [3, 5]
    assert not AuditEvent.objects.filter(entry__contains="secrecy").exists()


def test_grounds_are_encrypted_at_rest(escalation: Escalation) -> None:
    assert GROUNDS.encode() not in bytes(escalation.current.grounds_sealed)


def test_an_imminent_threat_is_due_within_the_hour(case: Case, mara: User, police: Recipient) -> None:
    escalation = ask(case, mara, police)
    assert escalation.due_at - escalation.requested_at == timedelta(hours=1)


def test_suspected_exploitation_is_due_within_a_day(escalation: Escalation) -> None:
    assert escalation.due_at - escalation.requested_at == timedelta(hours=24)


def test_evidence_that_was_not_read_is_refused(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara, numbers=[3])
    assert (
        refused(case, mara, desk) == "You have not read turn 5. Reveal and read what you submit as evidence."
    )


def test_what_somebody_else_read_is_not_read(case: Case, mara: User, otto: User, desk: Recipient) -> None:
    claim_and_read(case, mara, numbers=[3])
    message = case.conversation.messages.get(number=5)
    Reveal.objects.create(case=case, message=message, revealed_by=otto)
    assert (
        refused(case, mara, desk) == "You have not read turn 5. Reveal and read what you submit as evidence."
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"evidence_numbers": []}, "Choose at least one evidence message, and at most 200."),
        (
            {"evidence_numbers": [3, 99]},
            "You have not read turn 99. Reveal and read what you submit as evidence.",
        ),
        (
            {"grounds": "  too short         "},
            "Write the grounds in at least 20 characters: a second person decides on them.",
        ),
        ({"grounds": "x" * 10_001}, "Keep the grounds under 10,000 characters."),
        ({"context": 21}, "Show between 0 and 20 messages before and after each evidence message."),
        (
            {"incident_at": timezone.now() + timedelta(days=1)},
            "The incident cannot lie in the future. Correct its time.",
        ),
        ({"recipient_id": 0}, "This recipient is not on the list. Choose one that is."),
        ({"subject_id": 0}, "This account takes no part in the conversation. Choose one that does."),
        (
            {"exit": "imminent_threat"},
            "Test desk of the clearing house takes referrals for “suspected exploitation” only. "
            "Choose another recipient or exit.",
        ),
    ],
)
def test_what_cannot_be_asked(
    case: Case, mara: User, desk: Recipient, changes: dict[str, object], sentence: str
) -> None:
    claim_and_read(case, mara)
    assert refused(case, mara, desk, **changes) == sentence


def test_one_account_cannot_be_both(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    subject = case.conversation.participants.first()
    assert subject is not None
    assert refused(case, mara, desk, possible_minor_id=subject.pk) == (
        "The subject account and the possible minor are two accounts. Choose two."
    )


def test_a_recipient_that_was_switched_off_is_refused(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    Recipient.objects.update(is_active=False)
    assert refused(case, mara, desk) == (
        "Test desk of the clearing house takes no referrals now. Choose another recipient."
    )


def test_an_account_of_another_conversation_is_refused(
    case: Case, mara: User, desk: Recipient, another_case: object
) -> None:
    other = another_case("c2").conversation.participants.first()  # type: ignore[operator]
    claim_and_read(case, mara)
    assert refused(case, mara, desk, subject_id=other.pk) == (
        "This account takes no part in the conversation. Choose one that does."
    )


def test_only_who_holds_the_case_can_escalate_it(case: Case, mara: User, ines: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotPossible):
        escalate(case_id=case.pk, by=ines, seen_revision=case.conversation.revision, **asked(case, desk))
    assert nothing_moved(case, mara)


def test_a_supervisor_cannot_escalate(case: Case, mara: User, otto: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotAllowed):
        escalate(case_id=case.pk, by=otto, seen_revision=case.conversation.revision, **asked(case, desk))
    assert nothing_moved(case, mara)


def test_messages_that_came_meanwhile_are_read_first(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotPossible):
        escalate(case_id=case.pk, by=mara, seen_revision=0, **asked(case, desk))
    assert nothing_moved(case, mara)


def test_a_case_is_escalated_once(case: Case, mara: User, escalation: Escalation, desk: Recipient) -> None:
    with pytest.raises(NotPossible):
        escalate(case_id=case.pk, by=mara, seen_revision=case.conversation.revision, **asked(case, desk))
    assert Escalation.objects.count() == 1
    assert Decision.objects.count() == 1


def test_a_preview_is_recorded_and_moves_nothing(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara, numbers=[3, 5])
    reading = preview(case_id=case.pk, by=mara, asked=asked(case, desk))  # type: ignore[arg-type]

    event = AuditEvent.objects.get(verb=Verb.PACKET_VIEWED)
    assert event.payload["digest"] == reading.draft.digest
    assert reading.shown == {3, 5}
    shown = (
        case.conversation.messages.filter(number__in=[3, 5]).order_by("number").values_list("pk", flat=True)
    )
    assert event.payload["messages"] == list(shown)
    assert nothing_moved(case, mara)
