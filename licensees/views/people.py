"""The people who sign in: who they are, what they hold, whom they serve; and a new one among them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import second_factor
from accounts.access import access
from accounts.models import User
from accounts.roles import DESCRIPTIONS, Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import people_doors, two_admins
from licensees.assignments import given_assignments
from licensees.forms import PersonForm, RolesForm
from licensees.models import Licensee, Proposal


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    people = User.objects.prefetch_related("groups").order_by("name", "pk")
    served = _served()
    rows = [_row(person, served.get(person.pk, {})) for person in people]
    return render(request, "licensees/people.html", {"rows": rows})


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """The code is in the answer to this one POST and nowhere else: no redirect, session or message carries it."""
    form = PersonForm(request.POST or None)
    words = {"form": form, "descriptions": _descriptions()}
    if not form.is_valid():
        return render(request, "licensees/create_person.html", words, status=422 if form.is_bound else 200)
    reason = form.cleaned_data.pop("reason_text")
    proposal, code = two_admins.propose_person(**form.cleaned_data, reason=reason, by=signed_in(request))
    return render(request, "licensees/person_proposed.html", {"proposal": proposal, "code": code})


@access(Role.ADMIN)
@require_GET
def sign_in_of(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    words = {
        "person": person,
        "roles": _listed(person.roles),
        "app": getattr(person, "authenticator_app", None),
        "codes_left": second_factor.codes_left(person),
        "is_you": person == request.user,
        "waiting": person.proposals.filter(state=Proposal.State.PROPOSED),
    }
    return render(request, "licensees/sign_in_of.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def end_sessions(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    people_doors.end_sessions(person=person, by=signed_in(request))
    messages.success(request, f"{person.name} is signed out everywhere.")
    return redirect("licensees:sign_in_of", person.pk)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def take_app_away(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    proposal = two_admins.propose_new_factor(person=person, reason=_reason(request), by=signed_in(request))
    return _proposed(request, proposal)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def new_password(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    proposal, code = two_admins.propose_new_password(
        person=person, reason=_reason(request), by=signed_in(request)
    )
    return render(request, "licensees/person_proposed.html", {"proposal": proposal, "code": code})


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def reactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    proposal = two_admins.propose_reactivation(person=person, reason=_reason(request), by=signed_in(request))
    return _proposed(request, proposal)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def change_roles(request: HttpRequest, person_id: int) -> HttpResponse:
    """Fewer roles count at once; any that comes to them takes another admin."""
    person = get_object_or_404(User, pk=person_id)
    form = RolesForm(request.POST or None, initial={"roles": [role.value for role in person.roles]})
    if not form.is_valid():
        words = {"form": form, "person": person, "descriptions": _descriptions()}
        return render(request, "licensees/change_roles.html", words, status=422 if form.is_bound else 200)
    roles, reason = form.cleaned_data["roles"], form.cleaned_data["reason_text"]
    if not frozenset(roles) < person.roles:
        by = signed_in(request)
        return _proposed(request, two_admins.propose_roles(person=person, roles=roles, reason=reason, by=by))
    people_doors.take_roles_away(person=person, roles=roles, reason=reason, by=signed_in(request))
    messages.success(request, f"{person.name} holds fewer roles from now on.")
    return redirect("licensees:sign_in_of", person.pk)


def _proposed(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    messages.success(request, "Proposed. Nothing is done until another admin confirms it.")
    return redirect("licensees:proposal", proposal.pk)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason_text", "")


def _row(person: User, served: dict[str, list[Role]]) -> dict[str, Any]:
    """An assignment without its role opens nothing, so it is not shown."""
    held = {group.name for group in person.groups.all()}
    counted = {name: [role for role in roles if role.value in held] for name, roles in sorted(served.items())}
    return {
        "person": person,
        "roles": _listed(role for role in Role if role.value in held),
        "serves": [f"{name} ({_listed(roles)})" for name, roles in counted.items() if roles],
    }


def _served() -> dict[int, dict[str, list[Role]]]:
    """{person's id: {licensee's name: roles}}"""
    names = dict(Licensee.objects.values_list("pk", "name"))
    served: dict[int, dict[str, list[Role]]] = {}
    for person_id, licensee_id, role in given_assignments():
        served.setdefault(person_id, {}).setdefault(names[licensee_id], []).append(role)
    return served


def _listed(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(role.label.lower() for role in roles))


def _descriptions() -> list[dict[str, str]]:
    return [
        {"label": role.label, "value": f"Comes to {words.comes_to}.", "note": f"May never {words.may_never}."}
        for role, words in DESCRIPTIONS.items()
    ]
