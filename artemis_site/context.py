"""What every page needs: who is here, where they may go, how they like to read."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from licensees.together import ask
from referrals.pressing import about_pressing, pressing_in
from scoring.models import ModelVersion
from scoring.models.model_version import DEMONSTRATION

# Label, URL name, who is shown it.
PLACES = [
    ("Queue", "review:queue", {Role.MODERATOR, Role.SUPERVISOR}),
    ("Escalations", "referrals:escalations", {Role.MODERATOR, Role.SUPERVISOR}),
    ("Deliveries", "referrals:deliveries", {Role.SUPERVISOR}),
    ("Overview", "review:overview", {Role.SUPERVISOR}),
    ("Licensees", "licensees:list", {Role.ADMIN}),
    ("Recipients", "referrals:recipients", {Role.ADMIN}),
    ("Models", "scoring:models", {Role.ADMIN}),
    ("Jobs", "scoring:jobs", {Role.ADMIN}),
    ("Operations", "operations:standing", {Role.ADMIN}),
    ("Trail", "audit:trail", {Role.AUDITOR}),
]
THEMES = ("system", "light", "dark")
TEXT_SIZES = ("normal", "large")


def page(request: HttpRequest) -> dict[str, Any]:
    around = cache(partial(_around, request))
    return {
        "navigation": navigation(request),
        "find_url": find_url(request),
        "idle_minutes": settings.ARTEMIS_IDLE_MINUTES,
        "preferences": preferences(request),
        # Asked only where a page has a place for it: a fragment has none.
        "environment_badge": cache(lambda: environment_badge(around())),
        "pressing": cache(lambda: pressing(around())),
    }


def _around(request: HttpRequest) -> dict[str, list[Any]]:
    """What stands around every page, in one question."""
    person = getattr(request, "user", None)
    if not isinstance(person, User):
        return {"pressing": [], "demonstration": []}
    return ask(
        pressing=about_pressing(person),
        demonstration=ModelVersion.objects.demonstrating().values_list("pk", flat=True)[:1],
    )


def pressing(around: dict[str, list[Any]]) -> dict[str, Any]:
    """What stays on every page of a supervisor until somebody acts."""
    found = pressing_in(around["pressing"])
    return {
        "rows": found,
        "threats": [one for one in found if one.is_threat],
        "overdue": sum(one.is_overdue for one in found),
        "asked": [one for one in found if one.is_asked],
    }


def environment_badge(around: dict[str, list[Any]]) -> str:
    return DEMONSTRATION if around["demonstration"] else ""


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    person = getattr(request, "user", None)
    if not isinstance(person, User):
        return []
    places = [(label, reverse(name)) for label, name, roles in PLACES if roles & person.roles]
    return [
        {
            "label": label,
            "url": url,
            "current": request.path.startswith(url),
            "key": str(number),
        }
        for number, (label, url) in enumerate(places, start=1)
    ]


def find_url(request: HttpRequest) -> str:
    """For those who may open cases."""
    person = getattr(request, "user", None)
    reviews = isinstance(person, User) and {Role.MODERATOR, Role.SUPERVISOR} & person.roles
    return reverse("review:find") if reviews else ""


def preferences(request: HttpRequest) -> dict[str, str]:
    """From the cookie `look`, e.g. "dark.on.large" or "dark.on.large.off"; anything else counts as the default.

    The fourth part is whether the next case follows a decision (`advance`); it is on where nothing is said.
    """
    parts = request.COOKIES.get("look", "").split(".")
    theme, greyscale, text_size, advance = (*parts, "")[:4] if len(parts) in (3, 4) else ("", "", "", "")
    return {
        "advance": "off" if advance == "off" else "on",
        "theme": theme if theme in THEMES else "system",
        "greyscale": "on" if greyscale == "on" else "off",
        "text_size": text_size if text_size in TEXT_SIZES else "normal",
    }
