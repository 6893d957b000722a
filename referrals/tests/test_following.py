"""After delivery: a supplement adds to a sealed packet, a retraction takes it back; each is a packet of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import end_assignment
from licensees.models import Licensee
from referrals import archive, delivering, workflow
from referrals.delivering import download
from referrals.following import begin, read_on
from referrals.models import Escalation, Packet, Recipient
from referrals.standing import open_ones, standings
from referrals.tests.conftest import approved_by, ask, asked, seen_by, send_more
from referrals.verification import verify
from review.models import Case, Reveal
from tests.people import TESTS, make_person

State, Relation = Escalation.State, Escalation.Relation
WHY = "Further messages came since, and one of them asks for a meeting."
Browser = Callable[[User], Client]


@pytest.fixture
def taken(packet: Packet, otto: User) -> Packet:
    """Otto took it to the recipient."""
    download(packet_id=packet.pk, by=otto)
    return Packet.objects.get(pk=packet.pk)


@pytest.fixture
def nora(northwind: Licensee) -> User:
    return make_person("Nora", roles=[Role.MODERATOR], serving=northwind)


def begun(packet: Packet, by: User, relation: str = Relation.SUPPLEMENTS) -> Escalation:
    escalation = begin(packet_id=packet.pk, by=by, relation=relation, grounds=WHY)
    return Escalation.objects.get(pk=escalation.pk)


def submitted(escalation: Escalation, by: User, desk: Recipient, **changes: Any) -> Escalation:
    case = Case.objects.select_related("conversation").get(pk=escalation.case_id)
    if escalation.relation == Relation.RETRACTS:
        changes = {"context": 0, **changes}
    request = asked(case, desk, grounds=WHY, **changes)
    workflow.resubmit(escalation_id=escalation.pk, by=by, seen_revision=case.conversation.revision, **request)
    return Escalation.objects.get(pk=escalation.pk)


def referral_of(packet: Packet, otto: User) -> dict[str, Any]:
    members = dict(archive.read(download(packet_id=packet.pk, by=otto)).members)
    (name,) = [name for name in members if name.endswith("data/referral.json")]
    return dict(json.loads(members[name]))


@pytest.mark.parametrize("relation", Relation.values)
def test_the_new_packet_names_the_old_one_and_is_verified_like_it(
    relation: str, taken: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    escalation = submitted(begun(taken, mara, relation), mara, desk)
    packet = approved_by(escalation, otto)
    data = download(packet_id=packet.pk, by=otto)
    assert not verify(data).findings
    named = referral_of(packet, otto)[relation]
    assert (named["packet_digest"], named["archive_digest"]) == (taken.digest, taken.archive_digest)
    assert named["reason"]["text"] == WHY
    # The old one is what it was.
    assert Packet.objects.get(pk=taken.pk).digest == taken.digest
    assert Case.objects.get(pk=escalation.case_id).state == Case.State.REFERRED
    assert packet.approval.approved_by == otto
    assert packet.approval.requested_by == mara


def test_a_supplement_holds_messages_that_came_after_the_first_packet(
    taken: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    escalation = begun(taken, mara)
    send_more(escalation.case, ["Shall we meet after the match?"])
    with pytest.raises(NotPossible, match="You have not read turn 9"):
        submitted(escalation, mara, desk, evidence_numbers=[3, 9])
    read_on(escalation_id=escalation.pk, by=mara, numbers=[9])
    assert Reveal.objects.filter(message__number=9, revealed_by=mara).exists()
    assert AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED, actor=mara.actor_name).exists()
    packet = approved_by(submitted(escalation, mara, desk, evidence_numbers=[3, 9]), otto)
    assert referral_of(packet, otto)["evidence_messages"] == [3, 9]


def test_who_asks_for_it_cannot_approve_it_and_another_moderator_may_ask(
    taken: Packet, northwind: Licensee, nora: User, otto: User, mara: User, desk: Recipient
) -> None:
    """Mara, who asked for the first one, is gone: nothing is stuck with her."""
    end_assignment(person=mara, licensee=northwind, role=Role.MODERATOR, by=TESTS)
    pia = make_person("Pia", roles=[Role.MODERATOR, Role.SUPERVISOR], serving=northwind)
    escalation = submitted(begun(taken, pia, Relation.RETRACTS), pia, desk)
    digest = seen_by(escalation, pia)
    with pytest.raises(NotAllowed, match="cannot approve it"):
        workflow.approve(
            escalation_id=escalation.pk,
            by=pia,
            packet_digest=digest,
            typed_reference=escalation.case.reference,
            confirmed_at=timezone.now(),
        )
    assert approved_by(escalation, otto)
    with pytest.raises(NotAllowed, match="Only a moderator of Northwind can ask for that"):
        begin(packet_id=taken.pk, by=otto, relation=Relation.SUPPLEMENTS, grounds=WHY)


def test_it_needs_the_same_confirmation_and_reference_as_the_first(
    taken: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    escalation = submitted(begun(taken, mara), mara, desk)
    seen = seen_by(escalation, otto)
    named = {"escalation_id": escalation.pk, "by": otto, "packet_digest": seen}
    with pytest.raises(NotPossible, match="Type your password again"):
        workflow.approve(**named, typed_reference=escalation.case.reference, confirmed_at=None)
    with pytest.raises(NotPossible, match="The reference that you typed"):
        workflow.approve(**named, typed_reference="NW-0-0", confirmed_at=timezone.now())


def test_what_cannot_be_followed_says_why(
    packet: Packet, escalation: Escalation, mara: User, otto: User, nora: User, desk: Recipient
) -> None:
    with pytest.raises(NotPossible, match="has not left the house"):
        begun(packet, mara)
    download(packet_id=packet.pk, by=otto)
    supplement = begun(packet, mara)
    with pytest.raises(NotPossible, match="Mara has a supplement of this case in hand"):
        begun(packet, nora, Relation.RETRACTS)
    other = Recipient.objects.create(name="Another desk", exit=desk.exit, jurisdiction="US", contact="x")
    with pytest.raises(NotPossible, match=f"goes where its packet went: to {desk}"):
        submitted(supplement, mara, other)
    workflow.withdraw(escalation_id=supplement.pk, by=mara, reason="Nothing new after all.")
    retraction = begun(packet, nora, Relation.RETRACTS)
    with pytest.raises(NotPossible, match="names the evidence and the accounts of its packet"):
        submitted(retraction, nora, desk, evidence_numbers=[3])
    with pytest.raises(NotPossible, match="nothing more has to be read"):
        read_on(escalation_id=retraction.pk, by=nora, numbers=[8])
    taken_back = approved_by(submitted(retraction, nora, desk), otto)
    for relation in Relation.values:
        with pytest.raises(NotPossible, match="This packet was retracted: Otto approved that"):
            begun(packet, mara, relation)
        with pytest.raises(NotPossible, match="takes another one back, and nothing is added"):
            begun(taken_back, mara, relation)


def test_after_an_answer_the_case_stays_referred(
    taken: Packet, mara: User, otto: User, desk: Recipient
) -> None:
    """Declined or withdrawn, from any state: the first packet stands, and the case goes to no queue."""
    for verb, by in ((workflow.decline, otto), (workflow.withdraw, mara)):
        for is_submitted in (False, True):
            escalation = begun(taken, mara)
            if is_submitted:
                submitted(escalation, mara, desk)
            verb(escalation_id=escalation.pk, by=by, reason="Another way was found.")
            escalation = Escalation.objects.select_related("case__licensee", "owner").get(pk=escalation.pk)
            assert escalation.case.state == Case.State.REFERRED
            standing = standings([escalation])[escalation.pk]
            assert standing.next_step == "It ended here; the packet that was sealed before stands as it is."


def test_a_retracted_packet_is_delivered_no_more(
    case: Case, mara: User, otto: User, police: Recipient
) -> None:
    police.transport = Recipient.Transport.CHECKLIST
    police.save()
    packet = approved_by(ask(case, mara, police), otto)
    download(packet_id=packet.pk, by=otto)
    approved_by(submitted(begun(packet, mara, Relation.RETRACTS), mara, police), otto)
    with pytest.raises(NotPossible, match="This packet was retracted"):
        delivering.release_packet(packet_id=packet.pk, by=otto, seen_revision=0, priority=1)
    first = Escalation.objects.filter(approval__packet=packet)
    assert not open_ones(first).exists()
    assert open_ones(Escalation.objects.filter(follows=packet)).count() == 1


def test_the_database_holds_what_the_verbs_hold(
    taken: Packet,
    mara: User,
    nora: User,
    desk: Recipient,
    another_case: Callable[[str], Case],
) -> None:
    escalation = begun(taken, mara, Relation.RETRACTS)
    row = {
        "requested_by": nora,
        "owner": nora,
        "due_at": timezone.now(),
        "follows": taken,
        "relation": Relation.RETRACTS,
    }
    wrong = {
        "escalation_one_follow_up_at_a_time": {"case": escalation.case, "state": State.REQUESTED},
        "escalation_retracted_once": {"case": another_case("c2"), "state": State.SEALED},
        "escalation_of_a_decision_or_a_packet": {"case": another_case("c3"), "relation": ""},
    }
    for name, changes in wrong.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Escalation.objects.create(**{**row, **changes})
    with pytest.raises(DatabaseError, match="escalation_follows_its_own_case"), transaction.atomic():
        Escalation.objects.create(
            **{**row, "case": another_case("c4"), "relation": Relation.SUPPLEMENTS, "state": State.PREPARED}
        )
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Escalation.objects.filter(pk=escalation.pk).update(relation=Relation.SUPPLEMENTS)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Escalation.objects.filter(pk=escalation.pk).update(requested_by=nora)


def test_from_the_case_to_the_second_person_by_the_pages(
    taken: Packet, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    case = taken.approval.escalation.case
    send_more(case, ["Shall we meet after the match?"])
    client = browser_of(mara)
    begin_at = reverse("referrals:supplement", args=[taken.pk])
    panel = client.get(reverse("referrals:panel", args=[case.reference])).content.decode()
    assert begin_at in panel
    assert taken.digest in client.get(begin_at).content.decode()
    assert client.post(begin_at, {"grounds": "short"}).status_code == 422
    answer = client.post(begin_at, {"grounds": WHY})
    escalation = Escalation.objects.get(follows=taken)
    here = reverse("referrals:resubmit", args=[escalation.pk])
    assert (answer.status_code, answer["Location"]) == (302, here)
    page = client.get(here).content.decode()
    assert "after the match" not in page
    assert 'value="read:9-9"' in page
    request = asked(case, desk, grounds=WHY)
    sent = {
        "exit": request["exit"],
        "recipient": request["recipient_id"],
        "subject": request["subject_id"],
        "possible_minor": request["possible_minor_id"],
        "context": "1",
        "grounds": WHY,
        "seen_revision": case.conversation.revision,
    }
    page = client.post(here, {**sent, "evidence": ["3"], "step": "read:9-9"}).content.decode()
    assert "after the match" in page
    assert WHY in page
    sent["evidence"] = ["3", "9"]
    page = client.post(here, {**sent, "step": "preview"}).content.decode()
    assert "supplement" in page.lower()
    answer = client.post(here, {**sent, "step": "submit", "redacted_seen": ""})
    assert answer["Location"] == reverse("referrals:escalation", args=[escalation.pk])
    page = browser_of(otto).get(answer["Location"]).content.decode()
    assert "What changed since version 1" in page
    assert reverse("referrals:packet", args=[taken.pk]) in page


def test_a_retraction_by_the_pages(
    taken: Packet, mara: User, otto: User, desk: Recipient, browser_of: Browser
) -> None:
    client = browser_of(mara)
    answer = client.post(reverse("referrals:retract", args=[taken.pk]), {"grounds": WHY})
    page = client.get(answer["Location"]).content.decode()
    assert "What is taken back" in page
    revision = taken.approval.escalation.case.conversation.revision
    sent = {"grounds": WHY + " More.", "seen_revision": revision, "redacted_seen": ""}
    assert client.post(answer["Location"], {**sent, "step": "preview"}).status_code == 200
    client.post(answer["Location"], {**sent, "step": "submit"})
    escalation = Escalation.objects.get(follows=taken)
    assert escalation.state == State.REQUESTED
    packet = approved_by(escalation, otto)
    page = browser_of(otto).get(reverse("referrals:packet", args=[taken.pk])).content.decode()
    assert "Another packet takes this one back" in page
    taken_out = browser_of(otto).post(reverse("referrals:download", args=[packet.pk]))
    assert "-retraction-" in taken_out["Content-Disposition"]
    page = client.get(reverse("referrals:supplement", args=[taken.pk])).content.decode()
    assert "This packet was retracted" in page
