"""How the installation stands: every figure with its line, what to do, and how it went in the last two days."""

from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import access, asked_by_the_page
from accounts.roles import Role
from audit.words import in_words as span_in_words
from operations.figures import GROUPS, Level, Reading, Unit
from operations.measuring import measure
from operations.models import Sample
from scoring.charts import line

TONES = {Level.FINE: "done", Level.LOOK: "waiting", Level.ALARM: "stopped"}
WORDS = {Level.FINE: "fine", Level.LOOK: "look", Level.ALARM: "act now"}
# So many places in a small picture: the largest value of each part of the time is drawn.
PLACES = 48
HOURS = {"1": "1 hour", "24": "24 hours", "48": "2 days"}


@access(Role.ADMIN)
@require_GET
def standing(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/standing.html", _words(request))


@access(Role.ADMIN)
@asked_by_the_page
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/_figures.html", _words(request))


def _words(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("hours", "24")
    hours = asked if asked in HOURS else "24"
    try:
        readings = measure()
    except OperationalError:
        return {"hours": hours, "choices": HOURS, "groups": {}, "is_slow": True}
    now = timezone.now()
    samples = _samples(now, int(hours))
    by_name: dict[str, list[Reading]] = {}
    for reading in readings:
        by_name.setdefault(reading.figure.name, []).append(reading)
    groups = {
        name: [
            _row(reading, samples, hours) for figure in figures for reading in by_name.get(figure.name, [])
        ]
        for name, figures in GROUPS.items()
    }
    pressing = [row for rows in groups.values() for row in rows if row["level"] != Level.FINE]
    return {
        "hours": hours,
        "choices": HOURS,
        "groups": groups,
        "pressing": sorted(pressing, key=lambda row: row["level"] != Level.ALARM),
        "measured_at": now,
    }


def _samples(now: datetime, hours: int) -> list[tuple[int, dict[str, float]]]:
    """(part of the time, values) in the order of time."""
    began = now - timedelta(hours=hours)
    part = timedelta(hours=hours) / PLACES
    kept = Sample.objects.filter(at__gte=began).values_list("at", "values")
    return [(min(PLACES - 1, int((at - began) / part)), values) for at, values in kept]


def _row(reading: Reading, samples: list[tuple[int, dict[str, float]]], hours: str) -> dict[str, Any]:
    figure = reading.figure
    largest: list[float | None] = [None] * PLACES
    for place, values in samples:
        value = values.get(reading.key)
        if value is not None:
            largest[place] = max(value, largest[place] or 0.0)
    lines = [level for level in (figure.look, figure.alarm) if level is not None]
    drawn = [value for value in largest if value is not None]
    labels = [f"{HOURS[hours]} ago", *[""] * (PLACES - 2), "now"]
    return {
        "says": figure.says,
        "of": reading.of.replace("_", " "),
        "value": in_words(reading.value, figure.unit),
        "level": reading.level,
        "tone": TONES[reading.level],
        "word": WORDS[reading.level] if lines else "",
        "then": figure.then if reading.level != Level.FINE else "",
        "line": in_words(min(lines), figure.unit) if lines else "",
        "largest": in_words(max(drawn), figure.unit) if drawn else "–",
        # A line that is far above all values would press them flat.
        "chart": line(labels, largest, [one for one in lines if drawn and one <= 3 * max(drawn)])
        if drawn
        else None,
    }


def in_words(value: float, unit: Unit) -> str:
    if unit == Unit.BYTES:
        return f"{value / 1e9:,.1f} GB" if value >= 1e9 else f"{value / 1e6:,.0f} MB"
    if unit == Unit.COUNT:
        return f"{value:,.0f}"
    return span_in_words(timedelta(seconds=value))
