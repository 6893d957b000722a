"""Before an act that weighs, the page asks for the password once more, and what was typed goes on with it.

It works as any form does: what was sent waits in hidden fields of the page that asks, and is sent again from there.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import step_up
from accounts.addresses import address_of
from accounts.models import User
from accounts.step_up import Purpose
from audit.confirming import NotConfirmed, confirm

PASSWORD = "password_again"  # noqa: S105
NOT_KEPT = frozenset({PASSWORD, "csrfmiddlewaretoken"})


def ask_again(request: HttpRequest, person: User, purpose: Purpose) -> HttpResponse | None:
    """None: they have shown just now that it is they. Else the page that asks, with all that they sent."""
    if request.method != "POST":
        return None
    if step_up.needs_no_asking(request.session, purpose=purpose, now=timezone.now()):
        return None
    if PASSWORD not in request.POST:
        return _page(request, purpose)
    try:
        at = confirm(
            by=person,
            password=request.POST[PASSWORD],
            address=address_of(request),
            purpose=purpose.value,
        )
    except NotConfirmed as refusal:
        return _page(request, purpose, error=refusal.sentence)
    step_up.remember(request.session, purpose=purpose.value, at=at)
    return None


def _page(request: HttpRequest, purpose: Purpose, *, error: str = "") -> HttpResponse:
    kept = [(name, value) for name, values in request.POST.lists() for value in values]
    words = {
        "purpose": purpose,
        "kept_fields": [(name, value) for name, value in kept if name not in NOT_KEPT],
        "address": request.get_full_path(),
        "back_url": _back(request),
        "minutes": round(step_up.CONFIRMED_FOR.total_seconds() / 60),
        "error": error,
    }
    return render(request, "accounts/ask_again.html", words, status=422 if error else 401)


def _back(request: HttpRequest) -> str:
    """The page that they came from, where it is one of ours."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return came_from if came_from and is_ours else reverse("home")
