"""What changed between two versions of an escalation, in words."""

from dataclasses import dataclass
from datetime import datetime

from referrals.completeness import listed
from referrals.formats.text import escaped
from referrals.models import EscalationVersion, Recipient
from referrals.submission import Submission


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    now: str


def changes_between(before: Submission, now: Submission) -> list[Change]:
    pairs = [
        ("Exit", _exit(before), _exit(now)),
        ("Recipient", str(before.recipient), str(now.recipient)),
        ("Subject account", str(before.subject), str(now.subject)),
        ("Possible minor", str(before.possible_minor), str(now.possible_minor)),
        ("Incident", _time(before.incident_at), _time(now.incident_at)),
        ("What that time is", escaped(before.incident_definition), escaped(now.incident_definition)),
        ("Priority", _priority(before), _priority(now)),
        ("Evidence", _turns(before), _turns(now)),
        ("Context", f"{before.context} before and after", f"{now.context} before and after"),
        ("Redacted", _redacted(before), _redacted(now)),
        ("Grounds", escaped(before.grounds), escaped(now.grounds)),
    ]
    return [Change(label, old, new) for label, old, new in pairs if old != new]


def _exit(submission: Submission) -> str:
    return Recipient.Exit(submission.exit).label


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "not stated"


def _priority(submission: Submission) -> str:
    return str(submission.priority) if submission.priority else "not stated"


def _redacted(submission: Submission) -> str:
    words = [
        f"turn {number}: {EscalationVersion.Redaction(reason).label}"
        for number, reason in submission.redactions
    ]
    return "; ".join(words) or "nothing"


def _turns(submission: Submission) -> str:
    return listed(submission.evidence_numbers)
