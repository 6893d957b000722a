"""The toast that offers to take one's last decision back while that is possible."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from review.models import Decision
from review.policies import TAKEN_BACK_WITHIN
from review.undoing import decision_to_take_back
from review.views.request import PersonRequest

DECIDED_AT = "decided_at"


def remember(request: PersonRequest, decision: Decision) -> None:
    """So that a page asks the database only in the seconds after a decision."""
    request.session[DECIDED_AT] = decision.decided_at.timestamp()


def undo(request: PersonRequest) -> dict[str, Any] | None:
    """What `_undo.html` shows; None when there is nothing to take back."""
    return toast(decision_to_take_back(request.user) if decided_just_now(request) else None)


def decided_just_now(request: PersonRequest) -> bool:
    passed: float = timezone.now().timestamp() - request.session.get(DECIDED_AT, 0)
    return passed < TAKEN_BACK_WITHIN.seconds


def toast(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    until = decision.decided_at + TAKEN_BACK_WITHIN
    outcome = decision.get_disposition_display().lower()
    return {
        "sentence": f"{decision.case.reference} is decided: {outcome}.",
        "url": reverse("review:take_back", args=[decision.case.reference]),
        "until": until,
        "seconds": max(1, round((until - timezone.now()).total_seconds())),
    }
