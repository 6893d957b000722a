"""What another threshold would bring a licensee, before anybody sets it: pictures, and the table behind them."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts.access import access
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from licensees.models import Licensee
from review.views.overview_charts import columns
from review.views.overview_panels import share_stat
from review.views.request import PersonRequest
from review.what_if import READING_HOURS, Effect, WhatIf, what_if

# Under it nearly every conversation would be a case.
LOWEST_SHOWN = 0.30
STEP = 0.02
IN_TABLE = (0.30, 0.40, 0.50, 0.60, 0.70, 0.80, 0.90, 0.95)


@access(Role.ADMIN, Role.SUPERVISOR)
@require_GET
@vary_on_headers("HX-Request")
def show_what_if(request: PersonRequest, slug: str) -> HttpResponse:
    """The whole page, or for htmx what changes on it. Counts only: an admin may see it."""
    allowed = (
        Licensee.objects.all()
        if request.user.has_role(Role.ADMIN)
        else licensees_served_by(request.user, Role.SUPERVISOR)
    )
    licensee = get_object_or_404(allowed, slug=slug)
    known = what_if(licensee)
    effect = known.at(_threshold(request.GET.get("flag_threshold", ""), known.in_force))
    context = {
        "licensee": licensee,
        "is_admin": request.user.has_role(Role.ADMIN),
        "known": known,
        "effect": effect,
        "is_other": effect.threshold != known.at(known.in_force).threshold,
        "stats": _stats(known, effect),
        "chart": _chart(known, effect),
        "table": _table(known, effect),
        "handling": _minutes(known),
        "too_much": _too_much(licensee, known, effect),
    }
    part = request.headers.get("HX-Request") == "true"
    return render(request, "review/_what_if.html" if part else "review/what_if.html", context)


def _threshold(text: str, in_force: float) -> float:
    """From the address; what is no probability counts as not said."""
    try:
        value = float(text)
    except ValueError:
        return in_force
    return value if 0.01 <= value <= 1 else in_force


def _stats(known: WhatIf, effect: Effect) -> list[dict[str, Any]]:
    now = known.at(known.in_force)
    people = "–" if effect.people is None else f"{effect.people:,}"
    return [
        {"number": _figure(effect.a_day), "label": "cases a day", "interval": f"now {_figure(now.a_day)}"},
        {"label": "of the confirmed cases caught", **share_stat(effect.caught)},
        {"label": "of its cases confirmed", **share_stat(effect.right)},
        {
            "number": people,
            "label": "moderator needed" if effect.people == 1 else "moderators needed",
            "interval": f"{known.serving} serve",
        },
    ]


def _too_much(licensee: Licensee, known: WhatIf, effect: Effect) -> str:
    """The warning where the team could not read what the threshold brings; empty where it could."""
    if effect.people is None or effect.people <= known.serving:
        return ""
    serve = "1 serves" if known.serving == 1 else f"{known.serving} serve"
    return (
        f"About {_figure(effect.a_day)} cases a day, {_minutes(known)} each, take {effect.people:,} moderators who "
        f"read {READING_HOURS} hours a day; {serve} {licensee.name}. Cases would wait longer every day."
    )


def _chart(known: WhatIf, effect: Effect) -> dict[str, Any]:
    """Cases a day by threshold, the one that is asked for apart."""
    steps = round((1 - LOWEST_SHOWN) / STEP)
    shown = [known.at(LOWEST_SHOWN + STEP * step + 1e-9) for step in range(steps + 1)]
    nearest = min(shown, key=lambda one: abs(one.threshold - effect.threshold))
    return {
        "columns": columns(
            [one.a_day for one in shown],
            [f"{one.threshold:.2f}: {_figure(one.a_day)} a day" for one in shown],
            within=[one.a_day if one is nearest else 0 for one in shown],
        ),
        "first": f"{LOWEST_SHOWN:.2f}",
        "middle": f"{(1 + LOWEST_SHOWN) / 2:.2f}",
        "last": "1.00",
    }


def _table(known: WhatIf, effect: Effect) -> dict[str, Any]:
    asked = {effect.threshold, known.at(known.in_force).threshold}
    rows = [known.at(threshold) for threshold in sorted({*IN_TABLE, *asked})]
    labels = ("Threshold", "Cases a day", "Confirmed cases caught", "Of its cases confirmed", "Moderators")
    return {
        "columns": [{"label": label, "numeric": place > 0} for place, label in enumerate(labels)],
        "rows": [
            (
                f"{one.threshold:.2f}{_mark(one, known, effect)}",
                _figure(one.a_day),
                share_stat(one.caught)["number"],
                share_stat(one.right)["number"],
                "–" if one.people is None else f"{one.people:,}",
            )
            for one in rows
        ],
    }


def _mark(one: Effect, known: WhatIf, effect: Effect) -> str:
    if one.threshold == known.at(known.in_force).threshold:
        return " (in force)"
    return " (asked for)" if one.threshold == effect.threshold else ""


def _minutes(known: WhatIf) -> str:
    if known.handling is None:
        return ""
    minutes = max(round(known.handling.total_seconds() / 60), 1)
    return "1 minute" if minutes == 1 else f"{minutes:,} minutes"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"
