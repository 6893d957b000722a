"""What a person asks for: as their form holds it, as what it stands for, and as it is written down."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NotRequired, TypedDict

from django.utils import timezone

from accounts.models import User
from referrals.follow_policies import followed
from referrals.models import Escalation, EscalationVersion
from referrals.permissions import readers_before
from referrals.policies import find_account, find_recipient
from referrals.submission import Submission, in_order, seal_definition, seal_grounds
from review.models import Case
from review.models.known import learn


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
    incident_definition: NotRequired[str]
    priority: NotRequired[int | None]
    redactions: NotRequired[Mapping[int, str]]


def next_submission(escalation: Escalation, *, by: User, asked: Asked) -> Submission:
    submission = submission_from(escalation.case, number=escalation.version_count + 1, by=by, asked=asked)
    return replace(
        submission,
        earlier_askers=frozenset(readers_before(escalation)),
        follows=followed(escalation) if escalation.is_follow_up else None,
        relation=escalation.relation,
    )


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
        incident_definition=asked.get("incident_definition", "").strip(),
        priority=asked.get("priority"),
        redactions=in_order(asked.get("redactions", {})),
    )


def write_version(escalation: Escalation, submission: Submission) -> EscalationVersion:
    version = EscalationVersion.objects.create(
        escalation=escalation,
        number=submission.number,
        exit=submission.exit,
        recipient=submission.recipient,
        subject=submission.subject,
        possible_minor=submission.possible_minor,
        incident_at=submission.incident_at,
        incident_definition_sealed=seal_definition(
            escalation.case,
            escalation_id=escalation.pk,
            number=submission.number,
            definition=submission.incident_definition,
        ),
        priority=submission.priority,
        redactions=dict(submission.redactions),
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
    learn(escalation, "versions", version)
    return version


def facts_of(version: EscalationVersion) -> dict[str, object]:
    return {
        "version": version.number,
        "exit": version.exit,
        "recipient": version.recipient_id,
        "subject": version.subject_id,
        "possible_minor": version.possible_minor_id,
        "evidence": version.evidence_numbers,
        "context": version.context,
        "priority": version.priority,
        "redacted": sorted(int(number) for number in version.redactions),
    }
