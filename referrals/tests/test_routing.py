"""A recipient is proposed; a conversation goes to one clearing house; a priority is a person's choice."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from audit.transitions import NotPossible
from referrals.delivering import download, release_packet
from referrals.models import ConversationReport, Delivery, Escalation, Packet, Recipient
from referrals.routing import propose
from referrals.tests.conftest import approved_by, ask, asked, claim_and_read
from referrals.tests.test_pages import posted
from referrals.workflow import escalate, return_escalation
from review.models import Case

EXPLOITATION = Recipient.Exit.SUSPECTED_EXPLOITATION
IMMINENT = Recipient.Exit.IMMINENT_THREAT
Browser = Callable[[User], Client]


def desk_in(jurisdiction: str, *, name: str, exit: str = EXPLOITATION, is_test: bool = True) -> Recipient:
    return Recipient.objects.create(
        name=name, exit=exit, jurisdiction=jurisdiction, contact="a@b.example", is_test=is_test
    )


def nothing_moved(case: Case) -> bool:
    case.refresh_from_db()
    return case.state == Case.State.IN_REVIEW and not Escalation.objects.exists()


def test_the_licensees_own_jurisdiction_comes_first(case: Case, desk: Recipient, police: Recipient) -> None:
    assert propose(case, EXPLOITATION).recipient == desk
    assert propose(case, EXPLOITATION).why == (
        "No recipient in GB takes “suspected exploitation”; Test desk of the clearing house takes reports from "
        "other countries too."
    )
    own = desk_in("GB", name="Own desk")
    assert propose(case, EXPLOITATION).recipient == own
    assert propose(case, IMMINENT).recipient == police


def test_who_acts_goes_before_who_only_tries(case: Case, police: Recipient) -> None:
    real = desk_in("GB", name="Zeta desk", exit=IMMINENT, is_test=False)
    assert propose(case, IMMINENT).recipient == real


def test_a_threat_to_life_is_not_sent_abroad(case: Case) -> None:
    desk_in("US", name="Police abroad", exit=IMMINENT)
    proposal = propose(case, IMMINENT)
    assert proposal.recipient is None
    assert proposal.why == "No recipient for “imminent threat” in GB is on the list. Ask an admin to add one."


def test_the_form_takes_the_proposal(case: Case, mara: User, desk: Recipient, browser_of: Browser) -> None:
    claim_and_read(case, mara)
    url = reverse("referrals:escalate", args=[case.reference])
    answer = browser_of(mara).post(url, posted(case, desk, step="submit", recipient=""))
    assert answer.status_code == 302
    assert Escalation.objects.get().current.recipient == desk


def test_a_conversation_is_reported_to_one_clearing_house(
    packet: Packet, case: Case, mara: User, desk: Recipient
) -> None:
    """The packet went to the desk in the US; a second case of the same conversation goes there or nowhere."""
    assert ConversationReport.objects.get().recipient == desk
    other = desk_in("GB", name="Own desk")
    with pytest.raises(NotPossible) as refusal:
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, other))
    assert "is not reported to two clearing houses" in refusal.value.sentence
    assert "Choose Test desk of the clearing house, which then gets a supplement." in refusal.value.sentence
    assert propose(case, EXPLOITATION).recipient == desk
    assert Escalation.objects.count() == 1


def test_a_trial_keeps_nothing_from_those_who_act(packet: Packet, case: Case) -> None:
    """The first report went to a test recipient: the real one may still be told."""
    real = desk_in("GB", name="Own desk", is_test=False)
    case.refresh_from_db()
    with pytest.raises(NotPossible) as refusal:
        escalate(case_id=case.pk, by=packet.approval.requested_by, seen_revision=1, **asked(case, real))
    assert "two clearing houses" not in refusal.value.sentence


def test_one_that_was_registered_meanwhile_cannot_be_passed_by(
    escalation: Escalation, otto: User, case: Case
) -> None:
    other = desk_in("GB", name="Own desk")
    ConversationReport.objects.create(
        conversation=case.conversation, recipient=other, is_test=True, escalation=escalation
    )
    with pytest.raises(NotPossible, match="is reported to Own desk already"):
        approved_by(escalation, otto)
    assert not Packet.objects.exists()


@pytest.mark.parametrize(
    ("priority", "sentence"), [(None, "asks for a priority"), (4, "asks for a priority")]
)
def test_where_the_law_asks_for_a_priority_a_person_chooses_it(
    case: Case, mara: User, police: Recipient, priority: int | None, sentence: str
) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotPossible, match=sentence):
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, police, priority=priority))
    assert nothing_moved(case)


def test_where_nobody_asks_for_a_priority_there_is_none(case: Case, mara: User, desk: Recipient) -> None:
    claim_and_read(case, mara)
    with pytest.raises(NotPossible, match="asks for no priority"):
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk, priority=1))
    assert nothing_moved(case)


def test_the_priority_is_the_persons_and_not_the_scores(
    case: Case, mara: User, police: Recipient, otto: User
) -> None:
    """The score is as high as scores are, and the person says 3."""
    escalation = ask(case, mara, police, priority=3)
    return_escalation(escalation_id=escalation.pk, by=otto, reason="Say more about the time.")
    assert escalation.current.priority == 3


def test_what_leaves_is_held_to_the_one_clearing_house_again(
    packet: Packet, escalation: Escalation, otto: User, desk: Recipient
) -> None:
    """A test recipient became a real one after the approval: the packet says test, and is not sent as anything else."""
    Recipient.objects.filter(pk=desk.pk).update(is_test=False, transport=Recipient.Transport.SFTP, revision=1)
    with override_settings(ARTEMIS_PRODUCTION_DELIVERY=True), pytest.raises(NotPossible) as refusal:
        release_packet(packet_id=packet.pk, by=otto, seen_revision=1)
    assert "was a test endpoint when this packet was approved" in refusal.value.sentence
    # Taken by hand it is what it says: a test.
    download(packet_id=packet.pk, by=otto)
    assert Delivery.objects.get().is_test


@pytest.mark.parametrize("changed", ["recipient", "is_test"])
def test_the_database_delivers_to_no_second_clearing_house(
    changed: str, packet: Packet, otto: User, desk: Recipient, police: Recipient
) -> None:
    row = {
        "packet": packet,
        "recipient": police if changed == "recipient" else desk,
        "is_test": changed != "is_test",
        "transport": Recipient.Transport.SFTP,
        "archive_digest": packet.archive_digest,
        "released_by": otto,
    }
    with pytest.raises(DatabaseError, match="delivery_to_one_clearing_house"), transaction.atomic():
        Delivery.objects.create(**row)
