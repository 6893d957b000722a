"""What is kept how long, what is due next and what went: counts and days for a page, never what anything says."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from typing import Any

from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from licensees.models import Licensee
from retention.models import Due, Terms
from scoring.models import Erasure

DAYS_SHOWN = 14
WITHIN = timedelta(hours=24)
# The picture: from an hour to the longest term, on a scale on which ten times as long is one step.
SHORTEST, LONGEST = 1.0, 3_660 * 24.0


@dataclass(frozen=True)
class Kept:
    """One rule as the page says it."""

    what: str
    how_long: str
    sentence: str
    hours: float

    @property
    def bar(self) -> dict[str, Any]:
        """For `review/_measures.html`."""
        share = log(max(self.hours, SHORTEST) / SHORTEST) / log(LONGEST / SHORTEST)
        part = {"kind": "bar", "x": 0, "width": round(100 * max(share, 0.01), 1), "title": self.how_long}
        return {"label": self.what, "figure": self.how_long, "note": "", "parts": [part]}


@dataclass(frozen=True)
class Coming:
    """Conversations of one kind that are looked at next."""

    kind: str
    label: str
    count: int
    soon: int
    next_at: datetime
    ends: bool


@dataclass(frozen=True)
class Gone:
    day: date
    rule: str
    conversations: int
    messages: int


def kept_by(terms: Terms) -> list[Kept]:
    hours, days = _words(terms.unflagged_hours, "hour"), _words(terms.dismissed_days, "day")
    acted, referred = _words(terms.acted_days, "day"), _words(terms.referred_days, "day")
    states = _words(terms.states_days, "day")
    return [
        Kept(
            "No case came of it",
            hours,
            f"What a conversation says is erased {hours} after its last message, if no case came of it.",
            terms.unflagged_hours,
        ),
        Kept(
            "Closed without action",
            days,
            f"If its case was closed without action, it is erased {days} after that; if it is monitored, {days} after "
            "the day until which it is.",
            terms.dismissed_days * 24,
        ),
        Kept(
            "The platform acted",
            acted,
            f"If the platform was told to warn, limit or block the account, it is erased {acted} after that.",
            terms.acted_days * 24,
        ),
        Kept(
            "Referred",
            referred,
            f"If it was referred, it is erased, with the packet, {referred} after that, and never while a preservation "
            "hold stands.",
            terms.referred_days * 24,
        ),
        Kept(
            "What models counted",
            states,
            f"Numbers without words, from which the machine goes on, are forgotten {states} after the last message.",
            terms.states_days * 24,
        ),
    ]


def coming(licensee: Licensee) -> list[Coming]:
    """What ends by itself first, and what waits for somebody after it."""
    now = timezone.now()
    rows = (
        Due.objects.filter(licensee=licensee, look_at__isnull=False)
        .values("kind")
        .annotate(
            count=Count("pk"), soon=Count("pk", filter=Q(look_at__lte=now + WITHIN)), next_at=Min("look_at")
        )
    )
    found = [
        Coming(
            kind=row["kind"],
            label=str(Due.Kind(row["kind"]).label).capitalize(),
            count=row["count"],
            soon=row["soon"],
            next_at=row["next_at"],
            ends=row["kind"] in Due.ENDING,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.ends, one.next_at))


def gone(licensee: Licensee) -> list[Gone]:
    since = timezone.now() - timedelta(days=DAYS_SHOWN)
    rows = (
        Erasure.objects.filter(licensee=licensee, erased_at__gte=since)
        .annotate(day=TruncDate("erased_at"))
        .values("day", "rule")
        .annotate(conversations=Count("pk"), texts=Sum("messages"))
        .order_by("-day", "rule")
    )
    return [
        Gone(row["day"], str(Erasure.Rule(row["rule"]).label), row["conversations"], row["texts"])
        for row in rows
    ]


def _words(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
