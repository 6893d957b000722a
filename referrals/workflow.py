"""One person asks, another answers; only that person's request approves and seals.

Locks are taken in one order: the case, then the escalation. No timer, task, command or API calls `approve`: its
caller is a view that a person posted to.
"""

import hashlib
from datetime import datetime
from typing import Unpack

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from accounts.models import User
from audit.coverage import NOT_SEALED, wait_for_checkpoint
from audit.record import record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from referrals.asked import Asked, facts_of, next_submission, submission_from, write_version
from referrals.follow_policies import check_fits
from referrals.gathering import draft_of, gather, software
from referrals.hands import NotCovered, hands_and_trail
from referrals.models import (
    Approval,
    ConversationReport,
    Escalation,
    EscalationAnswer,
    Packet,
    Recipient,
)
from referrals.notices import tell_supervisors
from referrals.packet_builder import Draft
from referrals.permissions import (
    check_may_approve,
    check_may_decline,
    check_may_escalate,
    check_may_reassign,
    check_may_resubmit,
    check_may_return,
    check_may_withdraw,
    who_can_answer,
)
from referrals.policies import (
    TIME_ALLOWED,
    TIME_TO_DELIVER,
    check_can_be_answered,
    check_can_be_approved,
    check_can_be_declined,
    check_can_be_reassigned,
    check_can_be_resubmitted,
    check_can_be_submitted,
    check_can_be_withdrawn,
    check_confirmed,
    check_opened,
    check_packet_unchanged,
    check_read_again,
    check_reason,
)
from referrals.report_policies import check_report_would_be_taken
from referrals.sealing import ApprovalFacts, seal
from referrals.signing import SigningKeyUnusable, fingerprint_of, load_signing_key
from referrals.submission import (
    seal_reason,
    submission_of,
)
from referrals.transports.download import seal_archive
from referrals.voiding import has_opened, what_changed
from review.locking import lock_case
from review.models import Decision
from review.models.known import learn
from review.workflow import decide, refer_case, return_case
from scoring.vault import new_data_key

State = Escalation.State
# How often an approval waits for a checkpoint while others still read the case.
MOST_WAITS = 5


# --- The first person --------------------------------------------------------------------------


def escalate(*, case_id: int, by: User, seen_revision: int, **asked: Unpack[Asked]) -> Escalation:
    """Decide the case as escalated, and ask a second person to confirm it."""
    with transaction.atomic():
        case = lock_case(case_id, by=by)
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
            owner=by,
            due_at=submission.at + TIME_ALLOWED[submission.exit],
        )
        version = write_version(escalation, submission)
        transition(
            escalation, to=State.REQUESTED, by=by, verb=Verb.ESCALATION_REQUESTED, payload=facts_of(version)
        )
        tell_supervisors(escalation, version)
        return escalation


def resubmit(*, escalation_id: int, by: User, seen_revision: int, **asked: Unpack[Asked]) -> Escalation:
    """Ask again after a return, in a new version; the time allowed still counts from the first request."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_resubmit(by, escalation)
        check_can_be_resubmitted(escalation)
        check_fits(escalation, asked)
        revision = escalation.case.conversation.revision
        check_read_again(escalation, revision=revision, seen_revision=seen_revision)
        submission = next_submission(escalation, by=by, asked=asked)
        check_can_be_submitted(escalation.case, submission)
        version = write_version(escalation, submission)
        is_first = escalation.state == State.PREPARED
        transition(
            escalation,
            to=State.REQUESTED,
            by=by,
            verb=Verb.FOLLOW_UP_REQUESTED if is_first else Verb.ESCALATION_RESUBMITTED,
            payload=facts_of(version),
            version_count=version.number,
            due_at=escalation.requested_at + TIME_ALLOWED[submission.exit],
        )
        tell_supervisors(escalation, version)
        return escalation


def reassign(*, escalation_id: int, by: User, to: User, reason: str) -> Escalation:
    """Another moderator owns the next step: the first may be away, or a moderator no longer."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_reassign(by, escalation)
        could_answer = {person.pk for person in who_can_answer(escalation)}
        check_can_be_reassigned(escalation, to=to, reason=reason, who_could_answer=could_answer)
        payload = {"person": to.pk, "owned_before": escalation.owner_id}
        escalation.owner = to
        escalation.save(update_fields=["owner"])
        words = Escalation.Reassignment(reason).label
        record(Verb.ESCALATION_REASSIGNED, by=by, about=escalation.about(), payload=payload, reason=words)
        return escalation


def withdraw(*, escalation_id: int, by: User, reason: str) -> Escalation:
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_withdraw(by, escalation)
        check_can_be_withdrawn(escalation)
        _answer(escalation, by=by, to=State.WITHDRAWN, verb=Verb.ESCALATION_WITHDRAWN, reason=reason)
        _give_back(escalation, by=by, reason="withdrawn")
        return escalation


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
        _give_back(escalation, by=by, reason="declined")
        return escalation


def _give_back(escalation: Escalation, *, by: User, reason: str) -> None:
    """The case waits for another judgement; but what was sealed and brought away stays referred."""
    if not escalation.is_follow_up:
        return_case(case=escalation.case, by=by, reason=reason)


def _answer(escalation: Escalation, *, by: User, to: str, verb: Verb, reason: str) -> Escalation:
    check_reason(escalation, reason)
    answer = EscalationAnswer.objects.create(
        escalation=escalation,
        version_number=escalation.version_count,
        outcome=to,
        reason_sealed=seal_reason(escalation, outcome=to, reason=reason),
        answered_by=by,
    )
    learn(escalation, "answers", answer)
    payload = {"version": answer.version_number, "answer": answer.pk}
    return transition(escalation, to=to, by=by, verb=verb, payload=payload)


def approve(
    *, escalation_id: int, by: User, packet_digest: str, typed_reference: str, confirmed_at: datetime | None
) -> Packet:
    """Approve exactly the packet that was seen, and seal it: one act, since nothing but a person may seal (ADR 3).

    What led to it is under a checkpoint first. Whoever reads the case meanwhile makes an entry more: then once again.
    """
    escalation = Escalation.objects.read(escalation_id)
    check_may_approve(by, escalation)
    for _ in range(MOST_WAITS):
        wait_for_checkpoint(escalation.about())
        try:
            return _approve_and_seal(escalation_id, by, packet_digest, typed_reference, confirmed_at)
        except NotCovered:
            continue
    raise NotPossible(NOT_SEALED, about=escalation.about())


def _approve_and_seal(
    escalation_id: int, by: User, packet_digest: str, typed_reference: str, confirmed_at: datetime | None
) -> Packet:
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        check_may_approve(by, escalation)
        check_can_be_approved(escalation, typed_reference=typed_reference)
        check_confirmed(escalation, confirmed_at)
        content = gather(escalation.case, submission_of(escalation.current))
        draft = draft_of(content, about=escalation.about())
        check_packet_unchanged(
            escalation,
            digest_now=draft.digest,
            digest_seen=packet_digest,
            what_changed=lambda: what_changed(escalation, content, digest_seen=packet_digest),
        )
        check_opened(escalation, has_opened(escalation, by=by.actor_name, digest=draft.digest))
        check_report_would_be_taken(escalation, draft)
        _register_report(escalation)
        approval = _write_approval(escalation, draft, by, confirmed_at=confirmed_at)
        payload = {"approval": approval.pk, "digest": draft.digest, "version": approval.version_number}
        transition(escalation, to=State.APPROVED, by=by, verb=Verb.ESCALATION_APPROVED, payload=payload)
        packet = _seal(approval, draft)
        payload = {"packet": packet.pk, "digest": packet.digest, "archive_digest": packet.archive_digest}
        transition(
            escalation,
            to=State.SEALED,
            by=by,
            verb=Verb.PACKET_SEALED,
            payload=payload,
            owner=by,
            due_at=approval.approved_at + TIME_TO_DELIVER[escalation.current.exit],
        )
        if not escalation.is_follow_up:
            refer_case(case=escalation.case, by=by)
        return packet


def _register_report(escalation: Escalation) -> None:
    """A conversation goes to one clearing house: the row that says which, and that no other can follow."""
    version = escalation.current
    if version.exit != Recipient.Exit.SUSPECTED_EXPLOITATION:
        return
    ConversationReport.objects.get_or_create(
        conversation_id=escalation.case.conversation_id,
        is_test=version.recipient.is_test,
        defaults={"recipient": version.recipient, "escalation": escalation},
    )


def _write_approval(
    escalation: Escalation, draft: Draft, by: User, *, confirmed_at: datetime | None
) -> Approval:
    return Approval.objects.create(
        escalation=escalation,
        version_number=escalation.version_count,
        requested_by_id=escalation.requested_by_id,
        approved_by=by,
        confirmed_at=confirmed_at,
        packet_digest=draft.digest,
    )


def _seal(approval: Approval, draft: Draft) -> Packet:
    case = approval.escalation.case
    signing_key = _signing_key(approval.escalation)
    hands, trail = hands_and_trail(approval.escalation)
    archive = seal(
        draft,
        approval_facts=_approval_facts(approval),
        hands=hands,
        trail=trail,
        signing_key=signing_key,
    )
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
        software=software(),
    )


def _signing_key(escalation: Escalation) -> Ed25519PrivateKey:
    try:
        return load_signing_key(settings.ARTEMIS_KEYS)
    except SigningKeyUnusable as problem:
        sentence = f"{problem} Nothing was approved or sealed."
        raise NotPossible(sentence, about=escalation.about()) from None
