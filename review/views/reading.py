"""The case page, and what of it is shown and hidden: one turn, several, all flagged ones, nothing."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access
from accounts.roles import Role
from audit.transitions import NotPossible
from review import workflow
from review.forms import RevealForm
from review.models import Case
from review.permissions import get_case_for
from review.turn_numbers import whole
from review.views.case_file import read_turns
from review.views.case_page import case_page
from review.views.hiding import hide_all, note_revealed, revealed_since, show_again
from review.views.request import PersonRequest
from review.views.standing import Standing
from review.views.transcript import revealed_turns
from review.views.undo import decided_just_now
from review.views.window import turn_url, window_url

reviewers = access(Role.MODERATOR, Role.SUPERVISOR)


@reviewers
@require_GET
def detail(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    undo = decided_just_now(request)
    context = case_page(standing_of(request, case), start=start_of(request), undo=undo)
    return render(request, "review/case_detail.html", context)


@reviewers
@require_POST
def reveal(request: PersonRequest, reference: str) -> HttpResponse:
    """One turn, the flagged ones, or a range; htmx gets just those turns, wherever on the page they stand."""
    case = get_case_for(request.user, reference)
    form = RevealForm(request.POST if _names_turns(request) else request.GET, case.conversation.message_count)
    if not form.is_valid():
        return _invalid_choice(request, case, form)
    numbers = form.numbers
    texts = workflow.reveal(case_id=case.pk, numbers=numbers, by=request.user)
    note_revealed(request, case, numbers)
    if not request.htmx:
        return redirect(turn_url(case, numbers[0]))
    return turns_in_place(request, case, texts)


@reviewers
@require_POST
def hide(request: PersonRequest, reference: str) -> HttpResponse:
    """The page has taken the texts away by itself; here it is made to last, and done without JavaScript."""
    case = get_case_for(request.user, reference)
    hide_all(request, case)
    if request.htmx:
        return render(
            request, "review/_hide_all.html", {"case": case, "start": start_of(request), "hidden": True}
        )
    return redirect(window_url(case, start_of(request)))


@reviewers
@require_POST
def show(request: PersonRequest, reference: str) -> HttpResponse:
    """Back to what this person had revealed; showing it is recorded like any other time."""
    case = get_case_for(request.user, reference)
    show_again(request, case)
    return redirect(window_url(case, start_of(request)))


def standing_of(request: PersonRequest, case: Case) -> Standing:
    return Standing(case, request.user, shown=revealed_since(request, case))


def start_of(request: PersonRequest) -> int:
    return max(1, number_in(request, "from") or 1)


def number_in(request: PersonRequest, name: str) -> int | None:
    """From the address; an altered one counts as not said."""
    return whole(request.GET.get(name, ""))


def turns_in_place(request: PersonRequest, case: Case, texts: Mapping[int, str]) -> HttpResponse:
    """Turns that have just been revealed; each takes its place on the page, and nothing else moves."""
    standing = standing_of(request, case)
    part = read_turns(case, request.user, list(texts), hidden=standing.score_hidden)
    turns = revealed_turns(standing, part, texts)
    response = render(request, "review/_turns_in_place.html", {"turns": turns})
    response["HX-Reswap"] = "none"
    response["HX-Trigger-After-Swap"] = f'{{"revealed": {{"number": {min(texts)}}}, "read-more": true}}'
    return response


def _names_turns(request: PersonRequest) -> bool:
    return any(name in request.POST for name in RevealForm.base_fields)


def _invalid_choice(request: PersonRequest, case: Case, form: RevealForm) -> HttpResponse:
    if not form.is_range:
        raise NotPossible("No turn was chosen. Reload the page and choose one.", about=case.about())
    if request.htmx:
        return render(request, "review/_reveal_range.html", {"case": case, "range_form": form}, status=422)
    context = case_page(standing_of(request, case), start=start_of(request), range_form=form)
    return render(request, "review/case_detail.html", context, status=422)
