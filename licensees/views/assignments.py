"""Who serves a licensee: given to a person in a role, and ended."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import assignments
from licensees.forms import AssignmentForm
from licensees.models import Licensee
from licensees.views.joining_forms import end_of


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def assign(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = AssignmentForm(request.POST or None, licensee=licensee)
    if not form.is_valid():
        words = {"licensee": licensee, "form": form}
        return render(request, "licensees/assign.html", words, status=422 if form.is_bound else 200)
    person, role = form.chosen()
    last_day = form.cleaned_data["last_day"]
    ends_at = end_of(last_day) if last_day else None
    assignments.assign(person=person, licensee=licensee, role=role, by=signed_in(request), ends_at=ends_at)
    messages.success(request, f"{person.name} serves {licensee.name} as {role.label.lower()} from now on.")
    return redirect("licensees:detail", slug)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, slug: str, role: str, person_id: int) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    person = get_object_or_404(User, pk=person_id)
    served = _role(role)
    if request.method == "GET":
        words = {"licensee": licensee, "person": person, "role": served}
        return render(request, "licensees/end_assignment.html", words)
    assignments.end_assignment(person=person, licensee=licensee, role=served, by=signed_in(request))
    messages.success(request, f"{person.name} no longer serves {licensee.name} as {served.label.lower()}.")
    return redirect("licensees:detail", slug)


def _role(text: str) -> Role:
    if text not in assignments.PERMISSION_OF_ROLE:
        raise Http404("Nobody serves in this role.")
    return Role(text)
