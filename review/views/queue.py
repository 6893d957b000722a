"""The queue page: what waits, who is on it, and one button to begin."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from licensees.models import Licensee
from review.forms import NextForm
from review.models import Case
from review.overview import Page, browse, lanes_of
from review.queue import claim_next, held_case
from review.views.request import PersonRequest
from review.views.words import ago, due

STATES = [
    Case.State.WAITING,
    Case.State.IN_REVIEW,
    Case.State.ESCALATED,
    Case.State.DECIDED,
    Case.State.REFERRED,
]
NOTHING = "Nothing waits that you may take. Cases that you released are left to others."


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def queue(request: PersonRequest) -> HttpResponse:
    person = request.user
    licensees = list(licensees_served_by(person, Role.MODERATOR, Role.SUPERVISOR))
    state, lane, chosen = _filters(request, licensees)
    page = browse(chosen, state=state, lane=lane, after=request.GET.get("after", ""))
    lanes = lanes_of(licensees)
    context = {
        "held": held_case(person),
        "lanes": [{"figures": one, "oldest": ago(one.oldest_at) if one.oldest_at else ""} for one in lanes],
        "waiting": sum(one.waiting for one in lanes),
        "overdue": sum(one.overdue for one in lanes),
        "moderates": person.has_role(Role.MODERATOR),
        "several": len(licensees) > 1,
        "state": state,
        "closed": state in Case.CLOSED,
        "tabs": _tabs(request, state),
        "rows": [{"case": case, "due": due(case), "opened": ago(case.opened_at)} for case in page.cases],
        **_pager(request, page),
    }
    return render(request, "review/queue.html", context)


@access(Role.MODERATOR)
@require_POST
def take_next(request: PersonRequest) -> HttpResponse:
    form = NextForm(request.POST)
    wish = form.cleaned_data if form.is_valid() else {}
    lane = Case.Lane(wish["lane"]) if wish.get("lane") else None
    case = claim_next(by=request.user, lane=lane, licensee_id=wish.get("licensee"))
    if case is None:
        messages.info(request, NOTHING)
        return redirect("review:queue")
    return redirect("review:case", case.reference)


def _filters(
    request: PersonRequest, licensees: list[Licensee]
) -> tuple[Case.State, Case.Lane | None, list[Licensee]]:
    """From the address; what is not known counts as not said."""
    asked = request.GET
    state = Case.State(asked["state"]) if asked.get("state") in Case.State.values else Case.State.WAITING
    lane = Case.Lane(asked["lane"]) if asked.get("lane") in Case.Lane.values else None
    chosen = [one for one in licensees if one.slug == asked.get("licensee")]
    return state, lane, chosen or licensees


def _tabs(request: PersonRequest, state: Case.State) -> list[dict[str, Any]]:
    return [
        {"label": one.label, "url": _address(request, state=one.value, after=""), "current": one is state}
        for one in STATES
    ]


def _pager(request: PersonRequest, page: Page) -> dict[str, str]:
    return {
        "first_url": _address(request, after="") if request.GET.get("after") else "",
        "next_url": _address(request, after=page.after) if page.after else "",
    }


def _address(request: PersonRequest, **changes: str) -> str:
    kept = {name: request.GET.get(name, "") for name in ("state", "licensee", "lane", "after")}
    return "?" + urlencode({name: value for name, value in (kept | changes).items() if value})
