"""Who asked takes it back, before anybody has approved it."""

import pytest

from accounts.access import NotAllowed
from accounts.models import User
from audit.transitions import NotPossible
from referrals.models import Escalation, Packet
from referrals.tests.conftest import approved_by
from referrals.workflow import return_escalation, withdraw
from review.models import Case

REASON = "I mistook one account for the other."


def test_the_case_is_back_in_the_queue(escalation: Escalation, mara: User) -> None:
    withdrawn = withdraw(escalation_id=escalation.pk, by=mara, reason=REASON)
    assert withdrawn.state == Escalation.State.WITHDRAWN
    assert Case.objects.get(pk=escalation.case_id).state == Case.State.WAITING


def test_after_a_return_too(escalation: Escalation, mara: User, otto: User) -> None:
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Which messages are meant?")
    assert withdraw(escalation_id=escalation.pk, by=mara, reason=REASON).state == Escalation.State.WITHDRAWN


def test_nobody_else_can(escalation: Escalation, otto: User, ines: User) -> None:
    for person in (otto, ines):
        with pytest.raises(NotAllowed) as refusal:
            withdraw(escalation_id=escalation.pk, by=person, reason=REASON)
        assert refusal.value.sentence == "Only Mara asked for this escalation, and only they can withdraw it."
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.REQUESTED


def test_it_cannot_be_approved_any_more(escalation: Escalation, mara: User, otto: User) -> None:
    withdraw(escalation_id=escalation.pk, by=mara, reason=REASON)
    with pytest.raises(NotPossible) as refusal:
        approved_by(escalation, otto)
    assert refusal.value.sentence.startswith("Mara withdrew it at ")
    assert not Packet.objects.exists()


def test_a_sealed_packet_cannot_be_taken_back(packet: Packet, escalation: Escalation, mara: User) -> None:
    with pytest.raises(NotPossible):
        withdraw(escalation_id=escalation.pk, by=mara, reason=REASON)
    escalation.refresh_from_db()
    assert escalation.state == Escalation.State.SEALED
