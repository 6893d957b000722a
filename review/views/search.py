"""The search on the case page. The words come as a form, so that they are in no address and in no log."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from review.forms import SearchForm
from review.models import Case
from review.permissions import get_case_for
from review.policies import count
from review.searching import search_all, search_revealed
from review.views.case_page import case_page
from review.views.reading import reviewers, standing_of, start_of
from review.views.request import PersonRequest
from review.views.window import turn_url

MOST_SHOWN = 100


@reviewers
@require_POST
def search(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = SearchForm(request.POST)
    found = _found(request, case, form) if form.is_valid() else None
    status = 200 if form.is_valid() else 422
    standing = standing_of(request, case)
    searched = {"search_form": form, "found": found}
    if request.htmx:
        context = {"case": case, "is_mine": standing.is_mine, **searched}
        return render(request, "review/_search.html", context, status=status)
    context = case_page(standing, start=start_of(request)) | searched
    return render(request, "review/case_detail.html", context, status=status)


def _found(request: PersonRequest, case: Case, form: SearchForm) -> dict[str, Any]:
    said = form.cleaned_data
    everywhere = said["scope"] == SearchForm.ALL
    look = search_all if everywhere else search_revealed
    numbers = look(case_id=case.pk, words=said["words"], by=request.user)
    where = "in the whole conversation" if everywhere else "among those that you have revealed"
    have = "has" if len(numbers) == 1 else "have"
    return {
        "sentence": f"{count(len(numbers), 'turn')} {where} {have} these words."
        if numbers
        else f"No turn {where} has these words.",
        "turns": [{"number": number, "url": turn_url(case, number)} for number in numbers[:MOST_SHOWN]],
        "more": max(0, len(numbers) - MOST_SHOWN),
    }
