"""The queue page: what waits, who is on it, and one button to begin."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access
from accounts.models import User
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from licensees.models import Licensee
from licensees.together import ask
from review.first_judgement import hidden_among
from review.forms import NextForm
from review.models import Case, HandOver, Hold
from review.overview import Lane, Page, about_lanes, browse, lanes_in
from review.policies import is_live, moment
from review.second_review_lane import SecondReviewLane, about_second_reviews, second_lanes_in
from review.views.care import next_case
from review.views.request import PersonRequest
from review.views.undo import undo
from review.views.words import ago, due
from scoring.models import ModelVersion
from scoring.models.model_version import DEMONSTRATION

STATES = [
    Case.State.WAITING,
    Case.State.IN_REVIEW,
    Case.State.HELD,
    Case.State.ESCALATED,
    Case.State.DECIDED,
    Case.State.REFERRED,
]
NOTHING = "Nothing waits that you may take. Cases that you released or leave out are left to others."


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def queue(request: PersonRequest) -> HttpResponse:
    person = request.user
    licensees = list(licensees_served_by(person, Role.MODERATOR, Role.SUPERVISOR))
    state, lane, chosen = _filters(request, licensees)
    page = browse(chosen, state=state, lane=lane, after=request.GET.get("after", ""))
    if state is Case.State.HELD:
        _with_holds(page.cases)
    served = {licensee.pk for licensee in licensees}
    answers = ask(
        **about_lanes(served),
        second=about_second_reviews(served),
        held=person.claims.filter(ended_at=None).select_related("case__licensee"),
        demonstration=ModelVersion.objects.demonstrating().values_list("pk", flat=True),
    )
    lanes = lanes_in(licensees, answers)
    held = next((claim.case for claim in answers["held"] if is_live(claim)), None)
    hidden = hidden_among(person, page.cases)
    context = {
        "held": held,
        **_handed(person, held),
        "undo": undo(request),
        "lanes": _with_second_reviews(lanes, second_lanes_in(licensees, answers["second"])),
        "waiting": sum(one.waiting for one in lanes),
        "overdue": sum(one.overdue for one in lanes),
        "moderates": person.has_role(Role.MODERATOR),
        "several": len(licensees) > 1,
        "state": state,
        "closed": state in Case.CLOSED,
        "tabs": _tabs(request, state),
        "rows": [
            {"case": case, "due": due(case), "opened": ago(case.opened_at), "hidden": case.pk in hidden}
            for case in page.cases
        ],
        "environment_badge": DEMONSTRATION if answers["demonstration"] else "",
        **_pager(request, page),
    }
    return render(request, "review/queue.html", context)


def _with_second_reviews(lanes: list[Lane], second: dict[int, SecondReviewLane]) -> list[dict[str, Any]]:
    """After the lanes of each licensee that of its second reviews."""
    rows: list[Lane | SecondReviewLane] = []
    for licensee_id, of_second in second.items():
        rows += [*(one for one in lanes if one.licensee.pk == licensee_id), of_second]
    return [{"figures": one, "oldest": ago(one.oldest_at) if one.oldest_at else ""} for one in rows]


@access(Role.MODERATOR)
@require_POST
def take_next(request: PersonRequest) -> HttpResponse:
    form = NextForm(request.POST)
    wish = form.cleaned_data if form.is_valid() else {}
    lane = Case.Lane(wish["lane"]) if wish.get("lane") else None
    found = next_case(request, lane=lane, licensee_id=wish.get("licensee"))
    if found is None:
        messages.info(request, NOTHING)
        return redirect("review:queue")
    return found


def _filters(
    request: PersonRequest, licensees: list[Licensee]
) -> tuple[Case.State, Case.Lane | None, list[Licensee]]:
    """From the address; what is not known counts as not said."""
    asked = request.GET
    state = Case.State(asked["state"]) if asked.get("state") in Case.State.values else Case.State.WAITING
    lane = Case.Lane(asked["lane"]) if asked.get("lane") in Case.Lane.values else None
    chosen = [one for one in licensees if one.slug == asked.get("licensee")]
    return state, lane, chosen or licensees


def _with_holds(cases: list[Case]) -> None:
    """Each with the hold that is open: who, and until when. Why is sealed, and read on the case's own page."""
    holds = Hold.objects.filter(ended_at=None).select_related("held_by")
    prefetch_related_objects(cases, Prefetch("holds", queryset=holds, to_attr="open_holds"))


def _handed(person: User, held: Case | None) -> dict[str, Any]:
    """What this person holds because somebody handed it over."""
    if held is None:
        return {}
    handed = HandOver.objects.filter(to_claim__holder=person, to_claim__ended_at=None)
    found = handed.select_related("handed_by", "to_claim__case").first()
    if found is None:
        return {}
    words = f"{found.handed_by} handed {held.reference} to you {moment(found.handed_at)}."
    return {"handed": found, "handed_words": words}


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
