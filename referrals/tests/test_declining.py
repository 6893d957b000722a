"""The second person declines: neutral, and the case goes back to the queue."""

import pytest

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Escalation, Packet, Recipient
from referrals.submission import open_reason
from referrals.tests.conftest import approved_by, ask
from referrals.workflow import decline, return_escalation
from review.models import Case

REASON = "Two of the messages are about a game."


@pytest.fixture
def declined(escalation: Escalation, otto: User) -> Escalation:
    return decline(escalation_id=escalation.pk, by=otto, reason=REASON)


def test_the_case_is_back_in_the_queue(declined: Escalation) -> None:
    case = Case.objects.get(pk=declined.case_id)
    assert declined.state == Escalation.State.DECLINED
    assert case.state == Case.State.WAITING
    assert case.closed_at is None


def test_the_reason_is_kept(declined: Escalation, otto: User) -> None:
    answer = declined.answers.get()
    assert (answer.outcome, answer.answered_by, open_reason(answer)) == ("declined", otto, REASON)


def test_both_acts_are_in_the_trail(declined: Escalation) -> None:
    verbs = AuditEvent.objects.filter(case_reference=declined.case.reference).values_list("verb", flat=True)
    assert {Verb.ESCALATION_DECLINED, Verb.CASE_RETURNED} <= set(verbs)


def test_it_cannot_be_approved_any_more(declined: Escalation, ines: User) -> None:
    with pytest.raises(NotPossible) as refusal:
        approved_by(declined, ines)
    assert refusal.value.sentence.startswith("Otto declined it at ")
    assert not Packet.objects.exists()


def test_another_moderator_may_judge_and_escalate_again(
    declined: Escalation, ines: User, desk: Recipient
) -> None:
    again = ask(Case.objects.get(pk=declined.case_id), ines, desk)
    assert again.pk != declined.pk
    assert again.state == Escalation.State.REQUESTED


def test_what_was_returned_can_be_declined_when_its_requester_is_away(
    escalation: Escalation, otto: User
) -> None:
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Please name the time of the incident.")
    declined = decline(
        escalation_id=escalation.pk, by=otto, reason="Mara is away, so another moderator judges."
    )
    assert declined.state == Escalation.State.DECLINED
    assert Case.objects.get(pk=declined.case_id).state == Case.State.WAITING


def test_the_requester_cannot_decline_what_was_returned_to_them(
    case: Case, ines: User, otto: User, desk: Recipient
) -> None:
    own = ask(case, ines, desk)
    return_escalation(escalation_id=own.pk, by=otto, reason="Please name the time of the incident.")
    with pytest.raises(NotAllowed):
        decline(escalation_id=own.pk, by=ines, reason="I take it back myself.")
    own.refresh_from_db()
    assert own.state == Escalation.State.RETURNED


def test_a_reason_is_needed(escalation: Escalation, otto: User) -> None:
    with pytest.raises(NotPossible):
        decline(escalation_id=escalation.pk, by=otto, reason="")
    escalation.refresh_from_db()
    escalation.case.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED
    assert escalation.case.state == Case.State.ESCALATED
