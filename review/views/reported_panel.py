"""What the case page says of users' reports: who, why and when; their words only where they were revealed just now."""

from collections.abc import Iterable, Mapping
from typing import Any

from review.policies import count
from review.views.standing import Standing
from review.views.words import ago
from scoring.models import UserReport


def reported(standing: Standing, reports: Iterable[UserReport], words: Mapping[int, str]) -> dict[str, Any]:
    """The context of `_reported.html`."""
    rows = [_row(report, words) for report in reports]
    masked = any(row["masked"] for row in rows)
    return {
        "rows": rows,
        "title": f"Reported by a user: {count(len(rows), 'report')}" if rows else "",
        "may_reveal": masked and standing.reveal[0],
        "why_not": standing.reveal[1] if masked else "",
    }


def _row(report: UserReport, words: Mapping[int, str]) -> dict[str, Any]:
    return {
        "who": str(report.reporter) if report.reporter else "Somebody",
        "reason": report.get_reason_display(),
        "at": report.received_at,
        "ago": ago(report.received_at),
        "masked": report.comment_sealed is not None and report.pk not in words,
        "words": report.erasure.sentence if report.erasure else words.get(report.pk, ""),
    }
