"""Who can see a licensee's evidence, and why; and what one person can see."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.models import User
from accounts.roles import DESCRIPTIONS, Role
from licensees import sight
from licensees.models import Licensee


@access(Role.ADMIN)
@require_GET
def who_sees(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    words = {"licensee": licensee, "sights": sight.who_sees(licensee), "days": sight.COUNTED_DAYS}
    return render(request, "licensees/who_sees.html", words)


@access(Role.ADMIN)
@require_GET
def what_they_see(request: HttpRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    roles = [(role.label, DESCRIPTIONS[role]) for role in Role if person.has_role(role)]
    words = {
        "person": person,
        "roles": roles,
        "is_admin": person.has_role(Role.ADMIN),
        "sights": sight.what_they_see(person),
        "days": sight.COUNTED_DAYS,
    }
    return render(request, "licensees/what_they_see.html", words)
