"""One person asks, another answers; only that person's request approves and seals.

Locks are taken in one order: the case, then the escalation. No timer, task, command or API calls `approve`: its
caller is a view that a person posted to.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import TypedDict, Unpack

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from referrals.gathering import draft_of
from referrals.models import Approval, Delivery, Escalation, EscalationAnswer, EscalationVersion, Packet
from referrals.packet_builder import Draft
from referrals.permissions import (
    check_may_approve,
    check_may_decline,
    check_may_download,
    check_may_escalate,
    check_may_resubmit,
    check_may_return,
    check_may_withdraw,
    get_packet_for,
)
from referrals.policies import (
    TIME_ALLOWED,
    check_can_be_answered,
    check_can_be_approved,
    check_can_be_declined,
    check_can_be_resubmitted,
    check_can_be_submitted,
    check_can_be_withdrawn,
    check_packet_unchanged,
    check_read_again,
    check_reason,
    find_account,
    find_recipient,
)
from referrals.sealing import ApprovalFacts, seal
from referrals.signing import SigningKeyUnusable, load_signing_key
from referrals.submission import Submission, seal_grounds, seal_reason
from referrals.transports.download import open_archive, seal_archive
from referrals.verification import fingerprint_of
from review.models import Case, Decision
from review.workflow import decide, refer_case, return_case
from scoring.models import Conversation
from scoring.vault import new_data_key

State = Escalation.State


class Asked(TypedDict):
    """What a person asks for, as their form holds it."""

    exit: str
    recipient_id: int
    subject_id: int
    possible_minor_id: int
    evidence_numbers: Collection[int]
    context: int
    incident_at: datetime | None
    grounds: str


# --- The first person --------------------------------------------------------------------------


def escalate(*, case_id: int, by: User, seen_revision: int, **asked: Unpack[Asked]) -> Escalation:
    """Decide the case as escalated, and ask a second person to confirm it."""
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_may_escalate(by, case)
        submission = submission_from(case, number=1, by=by, asked=asked)
        check_can_be_submitted(case, submission)
        decision = decide(
            case_id=case_id, by=by, disposition=Decision.Disposition.ESCALATE, seen_revision=seen_revision
        )
        escalation = Escalation.objects.create(
            case=case,
            decision=decision,
            requested_by=by,
            requested_at=submission.at,
            due_at=submission.at + TIME_ALLOWED[submission.exit],
        )
        version = _write_version(escalation, submission)
        record(Verb.ESCALATION_REQUESTED, by=by, about=escalation.about(), payload=_facts(version))
        return escalation


def resubmit(*, escalation_id: int, by: User, seen_revision: int, **asked: Unpack[Asked]) -> Escalation:
    """Ask again after a return, in a new version; the time allowed still counts from the first request."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_resubmit(by, escalation)
        check_can_be_resubmitted(escalation)
        revision = Conversation.objects.values_list("revision", flat=True).get(
            pk=escalation.case.conversation_id
        )
        check_read_again(escalation, revision=revision, seen_revision=seen_revision)
        submission = submission_from(escalation.case, number=escalation.version_count + 1, by=by, asked=asked)
        check_can_be_submitted(escalation.case, submission)
        version = _write_version(escalation, submission)
        return transition(
            escalation,
            to=State.REQUESTED,
            by=by,
            verb=Verb.ESCALATION_RESUBMITTED,
            payload=_facts(version),
            version_count=version.number,
            due_at=escalation.requested_at + TIME_ALLOWED[submission.exit],
        )


def withdraw(*, escalation_id: int, by: User, reason: str) -> Escalation:
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_withdraw(by, escalation)
        check_can_be_withdrawn(escalation)
        _answer(escalation, by=by, to=State.WITHDRAWN, verb=Verb.ESCALATION_WITHDRAWN, reason=reason)
        return_case(case=escalation.case, by=by, reason="withdrawn")
        return escalation


def submission_from(case: Case, *, number: int, by: User, asked: Asked) -> Submission:
    """The ids that a person sent, as what they stand for: accounts of this very conversation."""
    return Submission(
        number=number,
        by=by,
        at=timezone.now(),
        exit=asked["exit"],
        recipient=find_recipient(case, asked["recipient_id"]),
        subject=find_account(case, asked["subject_id"]),
        possible_minor=find_account(case, asked["possible_minor_id"]),
        evidence_numbers=tuple(sorted(set(asked["evidence_numbers"]))),
        context=asked["context"],
        incident_at=asked["incident_at"],
        grounds=asked["grounds"],
    )


def _write_version(escalation: Escalation, submission: Submission) -> EscalationVersion:
    return EscalationVersion.objects.create(
        escalation=escalation,
        number=submission.number,
        exit=submission.exit,
        recipient=submission.recipient,
        subject=submission.subject,
        possible_minor=submission.possible_minor,
        incident_at=submission.incident_at,
        evidence_numbers=list(submission.evidence_numbers),
        context=submission.context,
        grounds_sealed=seal_grounds(
            escalation.case,
            escalation_id=escalation.pk,
            number=submission.number,
            grounds=submission.grounds,
        ),
        submitted_by=submission.by,
        submitted_at=submission.at,
    )


def _facts(version: EscalationVersion) -> dict[str, object]:
    return {
        "version": version.number,
        "exit": version.exit,
        "recipient": version.recipient_id,
        "subject": version.subject_id,
        "possible_minor": version.possible_minor_id,
        "evidence": version.evidence_numbers,
        "context": version.context,
    }


# --- The second person -------------------------------------------------------------------------


def return_escalation(*, escalation_id: int, by: User, reason: str) -> Escalation:
    """Back to the requester, with everything kept and the reasons."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_return(by, escalation)
        check_can_be_answered(escalation)
        return _answer(escalation, by=by, to=State.RETURNED, verb=Verb.ESCALATION_RETURNED, reason=reason)


def decline(*, escalation_id: int, by: User, reason: str) -> Escalation:
    """Neutral: it says nothing about anybody. The case waits for another judgement."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_decline(by, escalation)
        check_can_be_declined(escalation)
        _answer(escalation, by=by, to=State.DECLINED, verb=Verb.ESCALATION_DECLINED, reason=reason)
        return_case(case=escalation.case, by=by, reason="declined")
        return escalation


def _answer(escalation: Escalation, *, by: User, to: str, verb: Verb, reason: str) -> Escalation:
    check_reason(escalation, reason)
    answer = EscalationAnswer.objects.create(
        escalation=escalation,
        version_number=escalation.version_count,
        outcome=to,
        reason_sealed=seal_reason(escalation, outcome=to, reason=reason),
        answered_by=by,
    )
    payload = {"version": answer.version_number, "answer": answer.pk}
    return transition(escalation, to=to, by=by, verb=verb, payload=payload)


def approve(*, escalation_id: int, by: User, packet_digest: str, typed_reference: str) -> Packet:
    """Approve exactly the packet that was seen, and seal it: one act, since nothing but a person may seal (ADR 3)."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_approve(by, escalation)
        check_can_be_approved(escalation, typed_reference=typed_reference)
        draft = draft_of(escalation)
        check_packet_unchanged(escalation, digest_now=draft.digest, digest_seen=packet_digest)
        approval = _write_approval(escalation, draft, by)
        payload = {"approval": approval.pk, "digest": draft.digest, "version": approval.version_number}
        transition(escalation, to=State.APPROVED, by=by, verb=Verb.ESCALATION_APPROVED, payload=payload)
        packet = _seal(approval, draft)
        payload = {"packet": packet.pk, "digest": packet.digest, "archive_digest": packet.archive_digest}
        transition(escalation, to=State.SEALED, by=by, verb=Verb.PACKET_SEALED, payload=payload)
        refer_case(case=escalation.case, by=by)
        return packet


def _write_approval(escalation: Escalation, draft: Draft, by: User) -> Approval:
    return Approval.objects.create(
        escalation=escalation,
        version_number=escalation.version_count,
        requested_by_id=escalation.requested_by_id,
        approved_by=by,
        packet_digest=draft.digest,
    )


def _seal(approval: Approval, draft: Draft) -> Packet:
    case = approval.escalation.case
    signing_key = _signing_key(approval.escalation)
    archive = seal(draft, approval_facts=_approval_facts(approval), signing_key=signing_key)
    data_key, cipher = new_data_key(licensee_id=case.licensee_id)
    data_key.save()
    return Packet.objects.create(
        approval=approval,
        digest=draft.digest,
        archive_digest=hashlib.sha256(archive).hexdigest(),
        archive_sealed=seal_archive(cipher, digest=draft.digest, archive=archive),
        archive_size=len(archive),
        data_key=data_key,
        signing_key=fingerprint_of(signing_key.public_key()),
    )


def _approval_facts(approval: Approval) -> ApprovalFacts:
    return ApprovalFacts(
        requested_by=approval.requested_by.actor_name,
        requested_at=approval.escalation.requested_at,
        approved_by=approval.approved_by.actor_name,
        approved_at=approval.approved_at,
        packet_digest=approval.packet_digest,
        version=approval.version_number,
    )


def _signing_key(escalation: Escalation) -> Ed25519PrivateKey:
    try:
        return load_signing_key(settings.ARTEMIS_KEYS)
    except SigningKeyUnusable as problem:
        sentence = f"{problem} Nothing was approved or sealed."
        raise NotPossible(sentence, about=escalation.about()) from None


# --- Afterwards --------------------------------------------------------------------------------


def download(*, packet_id: int, by: User) -> bytes:
    """The sealed archive, byte for byte as it was sealed. Who took it is committed before it is handed out."""
    with transaction.atomic():
        packet = get_packet_for(by, packet_id)
        check_may_download(by, packet)
        archive = open_archive(packet)
        delivery = Delivery.objects.create(
            packet=packet,
            recipient=packet.approval.escalation.current.recipient,
            transport=Delivery.Transport.DOWNLOAD,
            delivered_by=by,
            archive_digest=packet.archive_digest,
        )
        payload = {"delivery": delivery.pk, "archive_digest": packet.archive_digest}
        record(Verb.PACKET_DOWNLOADED, by=by, about=packet.about(), payload=payload)
    return archive
