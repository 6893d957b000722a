"""What people decided about a case, and why they put it aside; private words only for who may read evidence here."""

from collections.abc import Iterable
from typing import Any

from audit.models import AuditEvent
from review.history import told
from review.models import Case, Decision, HandOver, Hold
from review.notes import Noted, Notes
from review.views.case_file import CaseFile
from review.views.standing import Standing
from review.views.words import ago
from scoring.models import Participant


def said(file: CaseFile, notes: Notes) -> dict[str, list[dict[str, Any]]]:
    """`decisions` and `aside`, both newest first; `notes` are the private words that this person sees."""
    aside = [_hold(row, notes) for row in file.holds] + [_hand_over(row, notes) for row in file.handed]
    return {
        "decisions": [_decision(row, file.subjects.get(row.pk, []), notes) for row in file.decisions],
        "aside": sorted(aside, key=lambda row: row["at"], reverse=True),
    }


def history_rows(case: Case, events: Iterable[AuditEvent], *, score_hidden: bool) -> list[dict[str, Any]]:
    entries = told(case, events, score_hidden=score_hidden)
    return [{"entry": entry, "ago": ago(entry.at)} for entry in entries]


def noted(standing: Standing, file: CaseFile) -> Noted:
    """What there is to read for who may. It may quote, so the panic key hides it too."""
    if not standing.reveal[0] or standing.shown is not None:
        return Noted()
    return Noted(
        [row for row in file.decisions if row.note_sealed],
        file.holds,
        [row for row in file.handed if row.note_sealed],
    )


def _decision(decision: Decision, subjects: list[Participant], notes: Notes) -> dict[str, Any]:
    detail = (decision.get_reason_display() or decision.get_platform_action_display()).lower()
    named = ", ".join(map(str, sorted(subjects, key=lambda account: account.position)))
    until = decision.monitor_until
    return {
        "outcome": decision.get_disposition_display(),
        "detail": f"until {until.day} {until:%B %Y}" if until else " ".join(filter(None, (detail, named))),
        "by": decision.decided_by.name,
        "at": decision.decided_at,
        "ago": ago(decision.decided_at),
        "first": decision.get_first_judgement_display().lower(),
        "withdrawn": hasattr(decision, "withdrawal"),
        "note": notes.get(("decision", decision.pk), ""),
    }


def _hold(held: Hold, notes: Notes) -> dict[str, Any]:
    return {
        "what": "On hold",
        "by": held.held_by.name,
        "at": held.held_at,
        "ago": ago(held.held_at),
        "until": held.until,
        "ending": held.get_ending_display() if held.ending else "",
        "note": notes.get(("hold", held.pk), ""),
    }


def _hand_over(handed: HandOver, notes: Notes) -> dict[str, Any]:
    return {
        "what": f"Handed to {handed.to_claim.holder.name}",
        "by": handed.handed_by.name,
        "at": handed.handed_at,
        "ago": ago(handed.handed_at),
        "note": notes.get(("hand_over", handed.pk), ""),
    }
