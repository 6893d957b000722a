"""Times and languages as people say them; the exact time stands beside them on the page."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language_info

from review.models import Case
from review.timeline import in_words

A_MOMENT = timedelta(minutes=1)


def ago(at: datetime) -> str:
    passed = timezone.now() - at
    return "just now" if passed < A_MOMENT else f"{in_words(passed)} ago"


def language(code: str) -> str:
    """Its name, where the platform declared one that is known."""
    try:
        return get_language_info(code)["name"]
    except KeyError:
        return code or "not declared"


def due(case: Case) -> dict[str, Any]:
    """The parameters of the component `due`."""
    left = case.due_at - timezone.now()
    label = f"due in {in_words(left)}" if left > timedelta() else f"{in_words(-left)} late"
    return {"at": case.due_at, "late": left <= timedelta(), "label": label}
