"""Deactivating a person: what they hold and would leave is shown first, then given back by the normal verbs."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.models import User
from accounts.roles import Role
from accounts.row_scope import system_scope
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees.assignments import (
    PERMISSION_OF_ROLE,
    about_serving_pairs,
    licensees_served_by,
    pairs_in,
)
from licensees.forms import ReasonForm
from licensees.people_doors import deactivate as deactivate_person
from referrals.models import Escalation
from referrals.standing import open_ones
from review.leaving import give_back_all_of
from review.models import SecondReview

Held = list[dict[str, Any]]


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def deactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """First they are out, whatever comes after; then their cases go back, each by itself."""
    person = get_object_or_404(User, pk=person_id)
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        words = {"person": person, "form": form, "held": _held_by(person), "alone": _where_alone(person)}
        status = 422 if form.is_bound else 200
        return render(request, "licensees/deactivate.html", words, status=status)
    by = signed_in(request)
    deactivate_person(person=person, reason=form.cleaned_data["reason_text"], by=by)
    given_back = give_back_all_of(person, by=by)
    messages.success(request, f"{person.name} is out. What went back to the queue: {given_back}.")
    return redirect("licensees:sign_in_of", person.pk)


@system_scope("counts alone, for an admin who sees none of it")
def _held_by(person: User) -> Held:
    """Counts only: an admin reads no case."""
    reviews = SecondReview.objects.filter(reviewer=person, state=SecondReview.State.IN_REVIEW)
    owned = open_ones(Escalation.objects.filter(owner=person))
    return [
        {"label": "Cases that go back to the queue", "value": person.claims.filter(ended_at=None).count()},
        {"label": "Second reviews that go back", "value": reviews.count()},
        {
            "label": "Escalations that they own",
            "value": owned.count(),
            "note": "They stay open; supervisors see that the owner is away, and give each another one.",
        },
        {"label": "Escalations that wait for a supervisor like them", "value": _waiting_for(person)},
    ]


def _waiting_for(person: User) -> int:
    supervised = licensees_served_by(person, Role.SUPERVISOR)
    waiting = Escalation.objects.filter(state=Escalation.State.REQUESTED, case__licensee__in=supervised)
    return waiting.exclude(requested_by=person).count()


def _where_alone(person: User) -> list[str]:
    """Where nobody else serves in a role that they hold: work would stand still there."""
    return [sentence for role in PERMISSION_OF_ROLE for sentence in _alone_as(role, person)]


def _alone_as(role: Role, person: User) -> Iterator[str]:
    served = list(licensees_served_by(person, role).order_by("name"))
    serving = list(pairs_in(about_serving_pairs(role, [licensee.pk for licensee in served])))
    others = {licensee_id for person_id, licensee_id in serving if person_id != person.pk}
    for licensee in served:
        if licensee.pk not in others:
            yield f"Nobody else serves {licensee.name} as {role.label.lower()}."
