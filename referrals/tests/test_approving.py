"""The second person approves what they read, and only that is sealed."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Approval, Escalation, Packet, Recipient
from referrals.signing import KEY_FILE, PUBLIC_KEY_FILE
from referrals.tests.conftest import approved_by, asked, claim_and_read, seen_by
from referrals.transports.download import open_archive
from referrals.verification import verify
from referrals.workflow import approve, escalate
from review.models import Case
from scoring.models import DataKey


def nothing_moved(escalation: Escalation) -> bool:
    escalation.refresh_from_db()
    escalation.case.refresh_from_db()
    return (
        escalation.state == Escalation.State.REQUESTED
        and escalation.case.state == Case.State.ESCALATED
        and not Approval.objects.exists()
        and not Packet.objects.exists()
    )


def refused(escalation: Escalation, person: User, *, digest: str, reference: str) -> str:
    keys = DataKey.objects.count()
    with pytest.raises(NotPossible) as refusal:
        approve(
            escalation_id=escalation.pk,
            by=person,
            packet_digest=digest,
            typed_reference=reference,
            confirmed_at=timezone.now(),
        )
    assert nothing_moved(escalation)
    assert DataKey.objects.count() == keys
    return refusal.value.sentence


def test_the_packet_is_sealed_and_the_case_referred(escalation: Escalation, otto: User) -> None:
    packet = approved_by(escalation, otto)

    escalation.refresh_from_db()
    escalation.case.refresh_from_db()
    assert escalation.state == Escalation.State.SEALED
    assert escalation.case.state == Case.State.REFERRED
    assert escalation.case.closed_at is not None
    assert packet.approval.approved_by == otto
    assert packet.approval.requested_by == escalation.requested_by
    assert packet.digest == packet.approval.packet_digest


def test_what_is_sealed_is_what_was_read(escalation: Escalation, otto: User, signing_key: Path) -> None:
    seen = seen_by(escalation, otto)
    packet = approved_by(escalation, otto)

    archive = open_archive(packet)
    report = verify(archive, pinned_key=(signing_key / PUBLIC_KEY_FILE).read_bytes())
    assert report.is_valid, report.findings
    assert report.digest == seen == packet.digest
    assert report.fingerprint == packet.signing_key
    assert hashlib.sha256(archive).hexdigest() == packet.archive_digest
    assert len(archive) == packet.archive_size


def test_the_packet_says_who_as_ids_and_not_as_names(escalation: Escalation, mara: User, otto: User) -> None:
    archive = zipfile.ZipFile(io.BytesIO(open_archive(approved_by(escalation, otto))))
    approval = json.loads(archive.read(f"referral-{escalation.case.reference}/approval.json"))

    assert approval["requested_by"] == mara.actor_name
    assert approval["approved_by"] == otto.actor_name
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Mara" not in whole
    assert b"Otto" not in whole


def test_the_packet_holds_the_evidence_and_its_context(packet: Packet) -> None:
    archive = zipfile.ZipFile(io.BytesIO(open_archive(packet)))
    folder = f"referral-{packet.approval.escalation.case.reference}"
    transcript = json.loads(archive.read(f"{folder}/data/transcript.json"))
    referral = json.loads(archive.read(f"{folder}/data/referral.json"))

    assert [message["number"] for message in transcript["messages"]] == [2, 3, 4, 5, 6]
    assert [message["number"] for message in transcript["messages"] if message["is_evidence"]] == [3, 5]
    assert transcript["messages"][3]["text"] == "Let us keep this chat between the two of us"
    assert referral["evidence_messages"] == [3, 5]
    assert referral["subject_account"]["pseudonym"] == "Account A"
    assert referral["score"]["probability"] == 0.91
    assert [viewed["number"] for viewed in referral["viewed"]["messages"]] == [2, 3, 4, 5, 6]
    assert {viewed["people"] for viewed in referral["viewed"]["messages"]} == {1}


def test_the_archive_is_encrypted_at_rest_under_a_key_of_its_own(packet: Packet) -> None:
    assert bytes(packet.archive_sealed)[:2] != b"PK"
    assert b"between the two of us" not in bytes(packet.archive_sealed)
    assert packet.data_key != packet.approval.escalation.case.conversation.data_key


def test_each_step_is_in_the_trail_and_no_word_of_the_evidence(packet: Packet, otto: User) -> None:
    verbs = (
        AuditEvent.objects.filter(actor=otto.actor_name)
        .order_by("case_sequence")
        .values_list("verb", flat=True)
    )
    assert list(verbs) == [
        Verb.PACKET_VIEWED,
        Verb.ESCALATION_APPROVED,
        Verb.PACKET_SEALED,
        Verb.CASE_REFERRED,
    ]
    approved = AuditEvent.objects.get(verb=Verb.ESCALATION_APPROVED)
    assert approved.payload["digest"] == packet.digest
    assert not AuditEvent.objects.filter(entry__contains="between the two").exists()


def test_the_reference_is_typed_exactly(escalation: Escalation, otto: User) -> None:
    reference = escalation.case.reference
    sentence = refused(escalation, otto, digest=seen_by(escalation, otto), reference="NW-9-9")
    assert sentence == f"The reference that you typed is not {reference}. Type it as it stands here."


def test_a_digest_that_was_not_read_is_refused(escalation: Escalation, otto: User) -> None:
    sentence = refused(escalation, otto, digest="0" * 64, reference=escalation.case.reference)
    assert sentence == "The packet changed since you opened it. Read it again."


def test_a_recipient_that_was_switched_off_meanwhile_is_refused(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    Recipient.objects.update(is_active=False)
    assert refused(escalation, otto, digest=digest, reference=escalation.case.reference) == (
        "Test desk of the clearing house takes no referrals now. Return it, so that Mara can choose another."
    )


def test_a_recipient_that_was_renamed_meanwhile_is_read_again(escalation: Escalation, otto: User) -> None:
    digest = seen_by(escalation, otto)
    Recipient.objects.update(name="Another desk")
    sentence = refused(escalation, otto, digest=digest, reference=escalation.case.reference)
    assert sentence == (
        "The packet changed since you opened it: what is said of an account, the licensee or the recipient is "
        "another. Read it again."
    )


def test_without_a_signing_key_nothing_is_approved(
    escalation: Escalation, otto: User, signing_key: Path
) -> None:
    digest = seen_by(escalation, otto)
    key, aside = signing_key / KEY_FILE, signing_key / "aside"
    key.rename(aside)
    try:
        sentence = refused(escalation, otto, digest=digest, reference=escalation.case.reference)
    finally:
        aside.rename(key)
    assert sentence.startswith("packet-signing.key is missing")
    assert sentence.endswith("Nothing was approved or sealed.")


def test_a_second_approval_is_refused_with_the_first_one_named(
    packet: Packet, escalation: Escalation, ines: User
) -> None:
    with pytest.raises(NotPossible) as refusal:
        approve(
            escalation_id=escalation.pk,
            by=ines,
            packet_digest=packet.digest,
            typed_reference=escalation.case.reference,
            confirmed_at=timezone.now(),
        )
    assert refusal.value.sentence.startswith("Otto approved it at ")
    assert Approval.objects.count() == Packet.objects.count() == 1


def test_a_referred_case_is_not_escalated_again(
    packet: Packet, case: Case, mara: User, desk: Recipient
) -> None:
    with pytest.raises(NotPossible):
        claim_and_read(case, mara)
    with pytest.raises(NotPossible):
        escalate(case_id=case.pk, by=mara, seen_revision=1, **asked(case, desk))
    assert Escalation.objects.count() == 1


def test_nothing_is_delivered_by_approving(packet: Packet) -> None:
    assert not packet.deliveries.exists()
