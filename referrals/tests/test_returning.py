"""The second person returns it with reasons; everything is kept, and it comes back as a new version."""

from datetime import timedelta

import pytest

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.comparison import changes_between
from referrals.history import read_history
from referrals.models import Escalation, EscalationAnswer, EscalationVersion, Recipient
from referrals.reading import preview_again, view_packet
from referrals.submission import open_reason, submission_of
from referrals.tests.conftest import GROUNDS, approved_by, asked, edit_message
from referrals.workflow import resubmit, return_escalation
from review.models import Case

REASON = "Please say which messages ask for secrecy."


@pytest.fixture
def returned(escalation: Escalation, otto: User) -> Escalation:
    return return_escalation(escalation_id=escalation.pk, by=otto, reason=REASON)


def test_it_goes_back_with_the_reason_and_everything_kept(returned: Escalation, otto: User) -> None:
    assert returned.state == Escalation.State.RETURNED
    assert submission_of(returned.current).grounds == GROUNDS
    answer = returned.answers.get()
    assert (answer.answered_by, answer.version_number, answer.outcome) == (otto, 1, "returned")
    assert open_reason(answer) == REASON


def test_the_case_stays_escalated(returned: Escalation) -> None:
    returned.case.refresh_from_db()
    assert returned.case.state == Case.State.ESCALATED


def test_the_reason_is_encrypted_and_not_in_the_trail(returned: Escalation) -> None:
    assert REASON.encode() not in bytes(returned.answers.get().reason_sealed)
    assert not AuditEvent.objects.filter(entry__contains="secrecy").exists()


def test_a_reason_is_needed(escalation: Escalation, otto: User) -> None:
    with pytest.raises(NotPossible) as refusal:
        return_escalation(escalation_id=escalation.pk, by=otto, reason="  short  ")
    assert refusal.value.sentence == "Say why in at least 10 characters: the other person acts on it."
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED
    assert not EscalationAnswer.objects.exists()


def test_it_is_returned_once(returned: Escalation, ines: User) -> None:
    with pytest.raises(NotPossible) as refusal:
        return_escalation(escalation_id=returned.pk, by=ines, reason=REASON)
    assert refusal.value.sentence.startswith("Otto returned it at ")
    assert EscalationAnswer.objects.count() == 1


def test_what_was_returned_cannot_be_approved(returned: Escalation, ines: User) -> None:
    with pytest.raises(NotPossible):
        approved_by(returned, ines)
    returned.refresh_from_db()
    assert returned.state == Escalation.State.RETURNED


def test_it_comes_back_as_a_new_version(returned: Escalation, mara: User, desk: Recipient) -> None:
    again = resubmit(
        escalation_id=returned.pk,
        by=mara,
        seen_revision=1,
        **asked(returned.case, desk, evidence_numbers=[5], context=2),
    )
    assert again.state == Escalation.State.REQUESTED
    assert again.version_count == 2
    assert again.current.evidence_numbers == [5]
    assert again.versions.get(number=1).evidence_numbers == [3, 5]


def test_the_clock_goes_on_from_the_first_request(returned: Escalation, mara: User, desk: Recipient) -> None:
    again = resubmit(escalation_id=returned.pk, by=mara, seen_revision=1, **asked(returned.case, desk))
    assert again.due_at == again.requested_at + timedelta(hours=24)


def test_an_exit_that_became_imminent_is_due_sooner(
    returned: Escalation, mara: User, police: Recipient
) -> None:
    again = resubmit(escalation_id=returned.pk, by=mara, seen_revision=1, **asked(returned.case, police))
    assert again.due_at == again.requested_at + timedelta(hours=1)


def test_the_approver_sees_what_changed(returned: Escalation, mara: User, desk: Recipient) -> None:
    again = resubmit(
        escalation_id=returned.pk,
        by=mara,
        seen_revision=1,
        **asked(returned.case, desk, evidence_numbers=[5], grounds=GROUNDS + " More."),
    )
    before, now = again.versions.get(number=1), again.current
    changes = changes_between(submission_of(before), submission_of(now))
    assert [(change.label, change.before, change.now) for change in changes] == [
        ("Evidence", "turns 3, 5", "turn 5"),
        ("Grounds", GROUNDS, GROUNDS + " More."),
    ]


def test_each_version_has_a_digest_of_its_own(
    returned: Escalation, mara: User, otto: User, desk: Recipient
) -> None:
    """Even where nothing was changed: an approval names the version that was read."""
    first = view_packet(escalation_id=returned.pk, by=otto).draft.digest
    again = resubmit(escalation_id=returned.pk, by=mara, seen_revision=1, **asked(returned.case, desk))
    assert view_packet(escalation_id=again.pk, by=otto).draft.digest != first


def test_evidence_must_have_been_read_again_too(returned: Escalation, mara: User, desk: Recipient) -> None:
    with pytest.raises(NotPossible):
        resubmit(
            escalation_id=returned.pk,
            by=mara,
            seen_revision=1,
            **asked(returned.case, desk, evidence_numbers=[99]),
        )
    returned.refresh_from_db()
    assert returned.state == Escalation.State.RETURNED
    assert EscalationVersion.objects.count() == 1


def test_only_who_asked_can_submit_it_again(returned: Escalation, ines: User, desk: Recipient) -> None:
    with pytest.raises(NotAllowed) as refusal:
        resubmit(escalation_id=returned.pk, by=ines, seen_revision=1, **asked(returned.case, desk))
    assert refusal.value.sentence == (
        "Only Mara asked for this escalation, and only they can change it and submit it again."
    )
    assert EscalationVersion.objects.count() == 1


def test_what_was_not_returned_cannot_be_submitted_again(
    escalation: Escalation, mara: User, desk: Recipient
) -> None:
    with pytest.raises(NotPossible):
        resubmit(escalation_id=escalation.pk, by=mara, seen_revision=1, **asked(escalation.case, desk))
    assert EscalationVersion.objects.count() == 1


def test_what_changed_meanwhile_is_read_first(returned: Escalation, mara: User, desk: Recipient) -> None:
    edit_message(returned.case, 5, text="Let us tell your parents about this chat")
    with pytest.raises(NotPossible) as refusal:
        resubmit(escalation_id=returned.pk, by=mara, seen_revision=1, **asked(returned.case, desk))
    assert refusal.value.sentence == (
        "The conversation changed since you opened this page. Open it again, read it, then submit."
    )
    returned.refresh_from_db()
    assert returned.state == Escalation.State.RETURNED
    assert EscalationVersion.objects.count() == 1


def test_a_preview_of_the_next_version_moves_nothing(
    returned: Escalation, mara: User, desk: Recipient
) -> None:
    reading = preview_again(escalation_id=returned.pk, by=mara, asked=asked(returned.case, desk))  # type: ignore[arg-type]
    assert reading.content.version == 2
    returned.refresh_from_db()
    assert returned.state == Escalation.State.RETURNED
    assert EscalationVersion.objects.count() == 1


def test_the_history_tells_it_all_and_reading_it_is_recorded(returned: Escalation, mara: User) -> None:
    history = read_history(escalation_id=returned.pk, by=mara)
    assert [(entry.by.name, entry.act, entry.reason) for entry in history] == [
        ("Mara", "submitted version 1", ""),
        ("Otto", "returned version 1", REASON),
    ]
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("case_sequence")
    assert event.payload == {"answers": [returned.answers.get().pk]}
