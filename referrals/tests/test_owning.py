"""Every escalation has an owner; a supervisor gives it to another when its owner is away, and everything is kept."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import end_assignment
from licensees.models import Licensee
from referrals.models import Escalation, Packet, Recipient
from referrals.permissions import who_can_answer
from referrals.standing import standings
from referrals.tests.conftest import approved_by, asked
from referrals.workflow import reassign, resubmit, return_escalation, withdraw
from tests.people import TESTS, make_person

REASON = "Say when it began."


@pytest.fixture
def nora(northwind: Licensee) -> User:
    """Moderates for Northwind as Mara does."""
    return make_person("Nora", roles=[Role.MODERATOR], serving=northwind)


@pytest.fixture
def returned(escalation: Escalation, otto: User) -> Escalation:
    return return_escalation(escalation_id=escalation.pk, by=otto, reason=REASON)


def refused(escalation: Escalation, by: User, to: User, *, reason: str = "away") -> str:
    owner = Escalation.objects.get(pk=escalation.pk).owner
    with pytest.raises((NotAllowed, NotPossible)) as refusal:
        reassign(escalation_id=escalation.pk, by=by, to=to, reason=reason)
    assert Escalation.objects.get(pk=escalation.pk).owner == owner
    assert not AuditEvent.objects.filter(verb=Verb.ESCALATION_REASSIGNED).exists()
    return refusal.value.sentence


def test_who_asks_owns_it(escalation: Escalation, mara: User) -> None:
    assert escalation.owner == mara


def test_the_new_owner_goes_on_from_what_was_read(
    returned: Escalation, otto: User, nora: User, mara: User, desk: Recipient
) -> None:
    """Nora revealed nothing herself, and may no longer: the case is escalated. She goes on from Mara's evidence."""
    reassign(escalation_id=returned.pk, by=otto, to=nora, reason="away")
    event = AuditEvent.objects.get(verb=Verb.ESCALATION_REASSIGNED)
    assert (event.reason, event.payload["person"]) == ("its owner is away", nora.pk)
    case = returned.case
    again = resubmit(escalation_id=returned.pk, by=nora, seen_revision=1, **asked(case, desk, context=0))
    assert again.current.submitted_by == nora
    assert again.requested_by == mara
    with pytest.raises(NotAllowed) as refusal:
        withdraw(escalation_id=returned.pk, by=mara, reason="I mistook the account.")
    assert refusal.value.sentence == "Only Nora took over this escalation, and only they can withdraw it."


def test_who_took_it_over_cannot_approve_it(
    returned: Escalation, otto: User, ines: User, desk: Recipient
) -> None:
    """Ines holds both roles: by submitting a version she became one of those who recommend it."""
    reassign(escalation_id=returned.pk, by=otto, to=ines, reason="left")
    resubmit(escalation_id=returned.pk, by=ines, seen_revision=1, **asked(returned.case, desk))
    with pytest.raises(NotAllowed) as refusal:
        approved_by(returned, ines)
    assert refusal.value.sentence == "You own this escalation, so you cannot approve it. Ask Otto."
    assert not Packet.objects.exists()
    assert who_can_answer(Escalation.objects.get(pk=returned.pk)) == [otto]
    assert approved_by(returned, otto).approval.requested_by == returned.requested_by


def test_giving_it_back_does_not_make_the_submitter_a_second_person(
    returned: Escalation, otto: User, ines: User, mara: User, desk: Recipient
) -> None:
    reassign(escalation_id=returned.pk, by=otto, to=ines, reason="away")
    resubmit(escalation_id=returned.pk, by=ines, seen_revision=1, **asked(returned.case, desk))
    reassign(escalation_id=returned.pk, by=otto, to=mara, reason="asked")
    with pytest.raises(NotAllowed):
        approved_by(returned, ines)
    assert not Packet.objects.exists()


def test_it_is_never_given_so_that_nobody_is_left_to_approve(escalation: Escalation, ines: User) -> None:
    assert refused(escalation, ines, ines) == (
        "If Ines takes it over, nobody is left who can approve it. Choose another moderator."
    )


def test_it_goes_to_a_moderator_of_the_licensee_only(
    escalation: Escalation, otto: User, kai: User, mara: User
) -> None:
    assert refused(escalation, otto, kai) == (
        "Kai does not moderate for Northwind. Choose a moderator who does."
    )
    assert refused(escalation, otto, mara) == "Mara owns it already. Choose somebody else."


def test_only_a_supervisor_gives_it_away(escalation: Escalation, mara: User, nora: User, otto: User) -> None:
    assert refused(escalation, mara, nora) == (
        "Only a supervisor of Northwind can give it to another owner. Ask Otto."
    )


def test_a_reason_of_the_list_is_needed(escalation: Escalation, otto: User, nora: User) -> None:
    assert refused(escalation, otto, nora, reason="") == "Choose why it gets another owner."


def test_an_owner_who_left_is_plain_to_see_and_can_be_replaced(
    returned: Escalation,
    otto: User,
    mara: User,
    nora: User,
    northwind: Licensee,
    browser_of: Callable[[User], Client],
) -> None:
    end_assignment(person=mara, licensee=northwind, role=Role.MODERATOR, by=TESTS)
    standing = standings([returned])[returned.pk]
    assert standing.owner_is_away
    assert standing.next_step == (
        "Mara does not moderate for Northwind any more: a supervisor gives it to another owner."
    )
    client = browser_of(otto)
    assert (
        "no longer here" in client.get(reverse("referrals:escalations") + "?show=returned").content.decode()
    )
    answer = client.post(reverse("referrals:reassign", args=[returned.pk]), {"owner": nora.pk, "why": "left"})
    assert answer.status_code == 302
    page = client.get(reverse("referrals:escalation", args=[returned.pk])).content.decode()
    assert "gave it to Nora" in page
    assert not standings([Escalation.objects.get(pk=returned.pk)])[returned.pk].owner_is_away


def test_when_it_is_sealed_its_approver_owns_the_way_out(packet: Packet, otto: User) -> None:
    escalation = packet.approval.escalation
    escalation.refresh_from_db()
    standing = standings([escalation])[escalation.pk]
    assert (standing.owner, standing.next_step) == (
        otto,
        "A supervisor of Northwind brings the packet to its recipient.",
    )
    assert standing.due_at is not None
