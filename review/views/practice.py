"""The queue of practice: what platforms send while they are in test."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from review.in_test import waiting_in_test
from review.views.request import PersonRequest

SHOWN = 50


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def practice(request: PersonRequest) -> HttpResponse:
    found = list(waiting_in_test(request.user)[: SHOWN + 1])
    words = {"cases": found[:SHOWN], "has_more": len(found) > SHOWN}
    return render(request, "review/practice.html", words)
