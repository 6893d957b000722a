"""The panic key: in this session the case is masked again, and stays so; what is revealed after it is shown."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest

from review.models import Case

HIDDEN = "hidden_cases"
# Whoever hides more cases than these in one session sees the first of them unmasked again on its next page.
MOST_CASES = 50


def hide_all(request: HttpRequest, case: Case) -> None:
    """Kept in the session alone: nobody else learns that somebody needed this key."""
    hidden = _hidden(request)
    hidden.pop(str(case.pk), None)
    hidden[str(case.pk)] = []
    request.session[HIDDEN] = dict(list(hidden.items())[-MOST_CASES:])


def show_again(request: HttpRequest, case: Case) -> None:
    hidden = _hidden(request)
    if hidden.pop(str(case.pk), None) is not None:
        request.session[HIDDEN] = hidden


def revealed_since(request: HttpRequest, case: Case) -> Collection[int] | None:
    """The turns revealed after the key was pressed; None where it was not."""
    return _hidden(request).get(str(case.pk))


def note_revealed(request: HttpRequest, case: Case, numbers: Collection[int]) -> None:
    hidden = _hidden(request)
    if str(case.pk) in hidden:
        hidden[str(case.pk)] = sorted({*hidden[str(case.pk)], *numbers})
        request.session[HIDDEN] = hidden


def _hidden(request: HttpRequest) -> dict[str, Any]:
    return dict(request.session.get(HIDDEN, {}))
