"""What an opposing lawyer would ask and an attacker would try: each of these was a way in, or a way to say it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.assignments import end_assignment
from licensees.models import Licensee
from referrals import delivering, workflow
from referrals.following import begin
from referrals.models import Approval, Delivery, Escalation, Packet, Recipient
from referrals.policies import NOT_OPENED
from referrals.standing import overdue, standings
from referrals.tests.conftest import approved_by, ask, asked, seen_by, send_more
from referrals.tests.test_following import WHY, begun, submitted
from review.models import Case
from tests.factories import BEGAN_AT
from tests.people import PASSWORD, TESTS, make_person

Browser = Callable[[User], Client]
Relation = Escalation.Relation


def approve(escalation: Escalation, by: User, digest: str) -> Packet:
    return workflow.approve(
        escalation_id=escalation.pk,
        by=by,
        packet_digest=digest,
        typed_reference=escalation.case.reference,
        confirmed_at=timezone.now(),
    )


def test_nobody_approves_by_a_digest_that_somebody_told_them(
    escalation: Escalation, mara: User, otto: User, ines: User
) -> None:
    """“Did you read it?” The trail answers: the approver had that very packet before their own eyes."""
    told = seen_by(escalation, mara)
    with pytest.raises(NotPossible) as refusal:
        approve(escalation, otto, told)
    assert refusal.value.sentence == NOT_OPENED
    seen_by(escalation, ines)
    with pytest.raises(NotPossible):
        approve(escalation, otto, told)
    assert approve(escalation, otto, seen_by(escalation, otto)).digest == told


def test_having_read_it_before_it_changed_is_not_having_read_it(
    escalation: Escalation, mara: User, otto: User, ines: User, desk: Recipient
) -> None:
    seen_by(escalation, otto)
    workflow.return_escalation(escalation_id=escalation.pk, by=ines, reason="Please add turn 7.")
    request = asked(escalation.case, desk, evidence_numbers=[3, 7])
    workflow.resubmit(escalation_id=escalation.pk, by=mara, seen_revision=1, **request)
    fresh = Escalation.objects.get(pk=escalation.pk)
    with pytest.raises(NotPossible, match="You have not opened this packet yourself"):
        approve(fresh, otto, seen_by(fresh, ines))


def test_a_post_that_is_sent_again_approves_nothing_more(
    escalation: Escalation, otto: User, browser_of: Browser
) -> None:
    client = browser_of(otto)
    data = {
        "packet_digest": seen_by(escalation, otto),
        "typed_reference": escalation.case.reference,
        "password": PASSWORD,
    }
    address = reverse("referrals:approve", args=[escalation.pk])
    assert client.post(address, data).status_code == 302
    again = client.post(address, data)
    assert again.status_code in (409, 422)
    assert "approved it" in again.content.decode()
    assert Approval.objects.count() == Packet.objects.count() == 1


def test_who_lost_the_role_between_two_steps_finishes_neither(
    escalation: Escalation, northwind: Licensee, mara: User, otto: User, ines: User
) -> None:
    digest = seen_by(escalation, otto)
    end_assignment(person=otto, licensee=northwind, role=Role.SUPERVISOR, by=TESTS)
    with pytest.raises(NotAllowed):
        approve(escalation, User.objects.get(pk=otto.pk), digest)
    end_assignment(person=mara, licensee=northwind, role=Role.MODERATOR, by=TESTS)
    with pytest.raises(NotAllowed):
        workflow.withdraw(escalation_id=escalation.pk, by=User.objects.get(pk=mara.pk), reason=WHY)
    # It is not stuck with them.
    standing = standings([Escalation.objects.select_related("case__licensee", "owner").get()])
    assert next(iter(standing.values())).owner_is_away
    assert approve(escalation, ines, seen_by(escalation, ines))


def test_a_supplement_whose_owner_left_is_given_on_or_declined(
    packet: Packet, northwind: Licensee, mara: User, otto: User, desk: Recipient
) -> None:
    nora = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    delivering.download(packet_id=packet.pk, by=otto)
    escalation = begun(packet, mara)
    end_assignment(person=mara, licensee=northwind, role=Role.MODERATOR, by=TESTS)
    one = Escalation.objects.select_related("case__licensee", "owner").get(pk=escalation.pk)
    assert "a supervisor gives it to another owner" in standings([one])[one.pk].next_step
    workflow.reassign(escalation_id=escalation.pk, by=otto, to=nora, reason="left")
    # Nora goes on from what was read before, and Mara's name stays on what she began.
    supplement = approved_by(submitted(one, nora, desk), otto)
    assert supplement.approval.requested_by == mara
    assert {version.submitted_by for version in one.versions.all()} == {mara, nora}


def test_two_tabs_begin_one_supplement(packet: Packet, mara: User, otto: User, browser_of: Browser) -> None:
    delivering.download(packet_id=packet.pk, by=otto)
    client = browser_of(mara)
    address = reverse("referrals:supplement", args=[packet.pk])
    answers = [client.post(address, {"grounds": WHY}).status_code for _ in range(2)]
    assert answers == [302, 409]
    assert Escalation.objects.filter(follows=packet).count() == 1


def test_a_packet_that_a_person_brings_is_not_released(
    packet: Packet, otto: User, browser_of: Browser
) -> None:
    """A crafted POST would have put it “in a person's hands” again and again, and let it count as received."""
    answer = browser_of(otto).post(reverse("referrals:release", args=[packet.pk]), {"seen_revision": "0"})
    assert answer.status_code == 409
    assert "takes a file that a person brings" in answer.content.decode()
    assert not Delivery.objects.exists()


def test_evidence_that_changes_while_a_supplement_is_read_voids_it(
    packet: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    """The first packet stands as it was sealed; only the supplement, which holds the new words, is read again."""
    delivering.download(packet_id=packet.pk, by=otto)
    escalation = submitted(begun(packet, mara), mara, desk)
    digest = seen_by(escalation, otto)
    send_more(escalation.case, ["See you at training"])
    assert seen_by(escalation, otto) == digest
    # A receipt that comes meanwhile is no change of what was asked.
    delivery = Delivery.objects.get(packet=packet)
    delivering.mark_arrived(
        delivery_id=delivery.pk, by=otto, reference="R-7", arrived_at=timezone.now(), reason=WHY
    )
    assert approve(escalation, otto, digest).digest == digest


def test_the_due_time_itself_is_in_time(escalation: Escalation) -> None:
    found = Escalation.objects.filter(pk=escalation.pk)
    assert not overdue(found, now=escalation.due_at).exists()
    assert overdue(found, now=escalation.due_at + timedelta(microseconds=1)).exists()


def test_a_time_with_another_zone_is_the_same_moment_in_the_packet(
    case: Case, mara: User, otto: User, desk: Recipient
) -> None:
    """Half past midnight in Berlin is still the day before in UTC, and the packet says the zone."""
    berlin = BEGAN_AT.astimezone(timezone.get_fixed_timezone(60))
    escalation = ask(case, mara, desk, incident_at=berlin)
    digest = seen_by(escalation, otto)
    stored = Escalation.objects.get(pk=escalation.pk)
    assert stored.current.incident_at == BEGAN_AT
    assert seen_by(stored, otto) == digest


def test_a_recipient_that_takes_nothing_now_gets_no_supplement(
    packet: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    delivering.download(packet_id=packet.pk, by=otto)
    Recipient.objects.filter(pk=desk.pk).update(is_active=False)
    with pytest.raises(
        NotPossible, match="takes no referrals now, and what follows a packet goes where it went"
    ):
        begin(packet_id=packet.pk, by=mara, relation=Relation.SUPPLEMENTS, grounds=WHY)
