"""What another threshold would bring a licensee: cases a day, what it would have caught, and how many people it takes.

From counters that the scoring worker keeps (`scoring/arrivals.py`) and from decisions: nothing is scored again, and the
answer takes as long with ten million scores as with ten.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import ceil

from django.db.models import Avg, Count, F, FloatField, Min, OuterRef, Q, Subquery
from django.db.models.functions import Floor
from django.utils import timezone

from accounts.roles import Role
from accounts.row_scope import system_scope
from licensees.assignments import people_serving
from licensees.models import Licensee, Policy
from review.models import Claim, Decision
from review.statistics import CONFIRMED, TOLD, Share
from scoring.arrivals import THRESHOLDS, reached
from scoring.models import ArrivalsDay, Score

ARRIVALS = timedelta(days=28)
DECISIONS = timedelta(days=180)
# What a person can read of such talk in a working day, pauses taken (docs/moderator-care.md).
READING_HOURS = 5
# Floating point: 100 × 0.29 is a little under 29.
NUDGE = 1e-9


@dataclass(frozen=True)
class Effect:
    """What one threshold would bring. `caught` and `right` are of decisions that stand; Share(0, 0): none tells."""

    threshold: float
    a_day: float
    # Of the cases that were confirmed, those that this threshold would have opened as well.
    caught: Share
    # Of the cases that it would have opened and that were decided, those that were confirmed.
    right: Share
    # Moderators that it takes; None: nobody decided a case lately, so nobody knows how long one takes.
    people: int | None
    # Nobody looked so far down, so the two shares say nothing of what lies between.
    is_beyond: bool


@dataclass(frozen=True)
class WhatIf:
    """What is known of one licensee, for every threshold."""

    in_force: float
    # Whole days that were counted, and in them, for each of THRESHOLDS, the conversations that reached it.
    days: int
    arrived: tuple[int, ...]
    # For each of THRESHOLDS: cases that reached it and were confirmed, and those that were decided either way.
    confirmed: tuple[int, ...]
    told: tuple[int, ...]
    # How long a case was with the person who decided it, on average.
    handling: timedelta | None
    serving: int
    # The lowest threshold in force while these cases were opened.
    lowest: float

    @cached_property
    def is_known(self) -> bool:
        return self.days > 0

    def at(self, threshold: float) -> Effect:
        place = max(reached(threshold), 1) - 1
        a_day = self.arrived[place] / self.days if self.days else 0.0
        return Effect(
            threshold=THRESHOLDS[place],
            a_day=a_day,
            caught=Share(self.confirmed[place], self.confirmed[0]),
            right=Share(self.confirmed[place], self.told[place]),
            people=self._people(a_day),
            is_beyond=THRESHOLDS[place] < self.lowest,
        )

    def _people(self, a_day: float) -> int | None:
        if self.handling is None:
            return None
        return ceil(a_day * self.handling / timedelta(hours=READING_HOURS) - NUDGE)


@system_scope("counts alone, of this licensee, for admins too who see no decision")
def what_if(licensee: Licensee) -> WhatIf:
    """Six questions, whatever the number of scores."""
    now = timezone.now()
    days, arrived = _arrivals(licensee, now.date())
    confirmed, told = _decided(licensee, now - DECISIONS)
    return WhatIf(
        in_force=Policy.objects.in_force(licensee.pk).flag_threshold,
        days=days,
        arrived=arrived,
        confirmed=confirmed,
        told=told,
        handling=_handling(licensee, now - ARRIVALS),
        serving=people_serving(licensee, Role.MODERATOR).count(),
        lowest=_lowest(licensee, now - DECISIONS),
    )


def _arrivals(licensee: Licensee, today: date) -> tuple[int, tuple[int, ...]]:
    """(whole days, sums of them). Today is not over, so it counts only where there is nothing else."""
    rows = list(ArrivalsDay.objects.filter(licensee=licensee, day__gt=today - ARRIVALS).order_by("day"))
    whole = [row for row in rows if row.day < today] or rows
    if not whole:
        return 0, (0,) * len(THRESHOLDS)
    # Days on which nothing reached anything have no row, and count.
    days = max((today - whole[0].day).days, 1)
    return days, tuple(sum(figures) for figures in zip(*(row.reached for row in whole), strict=True))


def _decided(licensee: Licensee, since: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    newest = Score.objects.filter(conversation=OuterRef("case__conversation")).order_by("-revision")
    highest = Subquery(newest.values("highest")[:1], output_field=FloatField())
    rows = (
        Decision.objects.with_whether_it_stands()
        .filter(Q(stands=True), case__licensee=licensee, decided_at__gte=since, disposition__in=TOLD)
        .annotate(place=Floor(highest * len(THRESHOLDS) + NUDGE))
        .filter(place__isnull=False)
        .values_list("place", "disposition")
        .annotate(count=Count("pk"))
        .order_by()
    )
    confirmed, told = [0] * len(THRESHOLDS), [0] * len(THRESHOLDS)
    for place, disposition, count in rows:
        for below in range(int(place)):
            told[below] += count
            confirmed[below] += count if disposition in CONFIRMED else 0
    return tuple(confirmed), tuple(told)


def _handling(licensee: Licensee, since: datetime) -> timedelta | None:
    claims = Claim.objects.filter(
        case__licensee=licensee, case__practice_of=None, ending=Claim.Ending.DECIDED, ended_at__gte=since
    )
    taken: timedelta | None = claims.aggregate(taken=Avg(F("ended_at") - F("claimed_at")))["taken"]
    return taken


def _lowest(licensee: Licensee, since: datetime) -> float:
    policies = Policy.objects.filter(licensee=licensee)
    before = policies.filter(effective_from__lte=since).order_by("-effective_from", "-pk").values("pk")[:1]
    counted = policies.filter(effective_from__gt=since) | policies.filter(pk__in=Subquery(before))
    lowest: float = counted.aggregate(lowest=Min("flag_threshold"))["lowest"]
    return lowest
