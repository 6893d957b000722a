"""The supervisor's overview: how the work of their licensees goes, as pictures with a table behind each."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from licensees.models import Licensee
from review.care import team_exposure
from review.statistics import statistics_of
from review.views.overview_panels import exposure_panel, headline, panels
from review.views.request import PersonRequest

PERIODS = (7, 28, 90)
USUAL = 28


@access(Role.SUPERVISOR)
@require_GET
def overview(request: PersonRequest) -> HttpResponse:
    served = list(licensees_served_by(request.user, Role.SUPERVISOR).order_by("name"))
    chosen, days = _filters(request, served)
    statistics = statistics_of(chosen, days=days)
    context: dict[str, Any] = {
        "served": served,
        "chosen": chosen[0].name if len(chosen) == 1 else "",
        "days": days,
        "periods": _periods(request, days),
        "licensees": _choices(request, served, chosen) if len(served) > 1 else [],
        "empty": statistics.is_empty,
        "headline": headline(statistics),
        **panels(statistics, chosen),
        # Of all licensees always: what one licensee's team read, taken from all, could tell one person's dose.
        "exposure": exposure_panel(team_exposure(served)),
    }
    return render(request, "review/overview.html", context)


def _filters(request: PersonRequest, served: list[Licensee]) -> tuple[list[Licensee], int]:
    """From the address; what is not known, or not this supervisor's, counts as not said."""
    slug, days = request.GET.get("licensee"), request.GET.get("days", "")
    chosen = [one for one in served if one.slug == slug] or served
    return chosen, int(days) if days in map(str, PERIODS) else USUAL


def _periods(request: PersonRequest, days: int) -> list[dict[str, Any]]:
    return [
        {"label": f"{period} days", "url": _address(request, days=str(period)), "current": period == days}
        for period in PERIODS
    ]


def _choices(request: PersonRequest, served: list[Licensee], chosen: list[Licensee]) -> list[dict[str, Any]]:
    everything = {
        "label": "All licensees",
        "url": _address(request, licensee=""),
        "current": chosen == served,
    }
    return [
        everything,
        *(
            {"label": one.name, "url": _address(request, licensee=one.slug), "current": chosen == [one]}
            for one in served
        ),
    ]


def _address(request: PersonRequest, **changes: str) -> str:
    kept = {name: request.GET.get(name, "") for name in ("licensee", "days")}
    return "?" + urlencode({name: value for name, value in (kept | changes).items() if value})
