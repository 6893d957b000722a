"""What every page needs: who is here, where they may go, how they like to read."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from scoring.models import ModelVersion

# Label, URL name, who is shown it.
PLACES = [
    ("Queue", "review:queue", {Role.MODERATOR, Role.SUPERVISOR}),
    ("Escalations", "referrals:escalations", {Role.MODERATOR, Role.SUPERVISOR}),
    ("Licensees", "licensees:list", {Role.ADMIN}),
    ("Models", "scoring:models", {Role.ADMIN}),
    ("Trail", "audit:trail", {Role.AUDITOR}),
]
THEMES = ("system", "light", "dark")
TEXT_SIZES = ("normal", "large")


def page(request: HttpRequest) -> dict[str, Any]:
    return {
        "navigation": navigation(request),
        "preferences": preferences(request),
        "environment_badge": environment_badge(request),
    }


def environment_badge(request: HttpRequest) -> str:
    """Said on every page as long as the model that scores was trained to show the path only."""
    if not isinstance(getattr(request, "user", None), User):
        return ""
    champion = ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION, is_demonstration=True)
    return "Demonstration model, not deployable" if champion.exists() else ""


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


def preferences(request: HttpRequest) -> dict[str, str]:
    """From the cookie `look`, e.g. "dark.on.large"; anything else in it counts as the default."""
    parts = request.COOKIES.get("look", "").split(".")
    theme, greyscale, text_size = parts if len(parts) == 3 else ("", "", "")
    return {
        "theme": theme if theme in THEMES else "system",
        "greyscale": "on" if greyscale == "on" else "off",
        "text_size": text_size if text_size in TEXT_SIZES else "normal",
    }
