"""What one person asks of a second: as typed, or as it lies in a version of the escalation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from referrals.follow_policies import followed
from referrals.models import Escalation, EscalationAnswer, EscalationVersion, Packet, Recipient
from review.models import Case
from scoring.evidence import open_note, seal_note
from scoring.models import Participant


@dataclass(frozen=True)
class Submission:
    number: int
    by: User
    at: datetime
    exit: str
    recipient: Recipient
    subject: Participant
    possible_minor: Participant
    evidence_numbers: tuple[int, ...]
    context: int
    incident_at: datetime | None
    grounds: str
    incident_definition: str = ""
    priority: int | None = None
    # (number, why its text is left out), ascending.
    redactions: tuple[tuple[int, str], ...] = ()
    # Who asked before, where somebody took it over: what they had read counts as read.
    earlier_askers: frozenset[int] = frozenset()
    # The sealed packet that it adds to or takes back.
    follows: Packet | None = None
    relation: str = ""

    @property
    def readers(self) -> frozenset[int]:
        return self.earlier_askers | {self.by.pk}


def submission_of(version: EscalationVersion) -> Submission:
    return Submission(
        number=version.number,
        by=version.submitted_by,
        at=version.submitted_at,
        exit=version.exit,
        recipient=version.recipient,
        subject=version.subject,
        possible_minor=version.possible_minor,
        evidence_numbers=tuple(version.evidence_numbers),
        context=version.context,
        incident_at=version.incident_at,
        grounds=open_grounds(version),
        incident_definition=open_definition(version),
        priority=version.priority,
        redactions=in_order({int(number): reason for number, reason in version.redactions.items()}),
        follows=followed(version.escalation) if version.escalation.is_follow_up else None,
        relation=version.escalation.relation,
    )


def in_order(redactions: Mapping[int, str]) -> tuple[tuple[int, str], ...]:
    return tuple(sorted(redactions.items()))


def seal_grounds(case: Case, *, escalation_id: int, number: int, grounds: str) -> bytes:
    return _seal(case, "grounds", _row(escalation_id, number), grounds)


def open_grounds(version: EscalationVersion) -> str:
    row = _row(version.escalation_id, version.number)
    return _open(version.escalation.case, "grounds", row, version.grounds_sealed)


def seal_definition(case: Case, *, escalation_id: int, number: int, definition: str) -> bytes | None:
    if not definition:
        return None
    return _seal(case, "incident_definition", _row(escalation_id, number), definition)


def open_definition(version: EscalationVersion) -> str:
    if version.incident_definition_sealed is None:
        return ""
    row = _row(version.escalation_id, version.number)
    return _open(version.escalation.case, "incident_definition", row, version.incident_definition_sealed)


def seal_reason(escalation: Escalation, *, outcome: str, reason: str) -> bytes:
    """Why it was returned, declined or withdrawn: these words may quote too."""
    row = _row(escalation.pk, escalation.version_count, outcome)
    return _seal(escalation.case, "reason", row, reason)


def open_reason(answer: EscalationAnswer) -> str:
    row = _row(answer.escalation_id, answer.version_number, answer.outcome)
    return _open(answer.escalation.case, "reason", row, answer.reason_sealed)


def _seal(case: Case, column: str, row: str, words: str) -> bytes:
    sealed = seal_note(case.conversation, column=column, row=row, note=words)
    if sealed is None:
        raise ValueError("Grounds and reasons are never empty: policies.py asks for them first.")
    return sealed


def _open(case: Case, column: str, row: str, sealed: bytes | memoryview) -> str:
    return open_note(case.conversation, column=column, row=row, sealed=sealed)


def _row(escalation_id: int, number: int, outcome: str = "") -> str:
    return f"{escalation_id}\x1f{number}\x1f{outcome}"
