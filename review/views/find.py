"""The page that finds a case; the dialog of Ctrl-K shows its answer. What is looked for comes as a form, since the id
of an account must stand in no address and no log."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from review.finding import MOST_FOUND, find_cases, split_reference
from review.forms import FindForm
from review.models import Case
from review.views.reading import reviewers
from review.views.request import PersonRequest
from review.views.window import turn_url


@reviewers
@require_http_methods(["GET", "POST"])
def find(request: PersonRequest) -> HttpResponse:
    form = FindForm(request.POST) if request.method == "POST" else FindForm()
    context: dict[str, Any] = {"find_form": form}
    if form.is_valid():
        text = form.cleaned_data["text"]
        cases = find_cases(text=text, by=request.user)
        context |= {"asked": True, "cases": [_row(case, text) for case in cases], "most": MOST_FOUND}
    status = 422 if form.errors else 200
    return render(
        request, "review/_found.html" if request.htmx else "review/find.html", context, status=status
    )


def _row(case: Case, text: str) -> dict[str, Any]:
    """A reference with a turn leads to that turn."""
    reference, turn = split_reference(text)
    if reference != case.reference or turn is None or not 0 < turn <= case.conversation.message_count:
        turn = None
    return {"case": case, "turn": turn, "url": turn_url(case, turn) if turn else ""}
