"""What the supervisor's overview counts: arrivals, decisions, waiting, late and confirmed cases, and agreement.

Always of whole licensees, never of one person: no row of these queries carries a name.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Count, DateTimeField, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Now, TruncDate
from django.utils import timezone

from licensees.models import Licensee
from review.agreement import Agreement, agreement
from review.models import Case, Decision, SecondReview

Disposition = Decision.Disposition

# From the youngest on: a case older than the last of these is in the last group.
AGES = (timedelta(hours=1), timedelta(hours=4), timedelta(hours=12), timedelta(hours=24))
AGE_LABELS = ("under 1 hour", "1 to 4 hours", "4 to 12 hours", "12 to 24 hours", "over 24 hours")
# A flag was right where somebody acted on it, and wrong where nothing was to be done. Who monitors could not tell yet.
CONFIRMED = frozenset({Disposition.PLATFORM_ACTION, Disposition.ESCALATE})
TOLD = CONFIRMED | {Disposition.NO_ACTION}
# How much earlier than its due time a case may have been opened and still be found.
LONGEST_DUE = timedelta(days=14)


@dataclass(frozen=True)
class Waiting:
    """What waits in one lane of one licensee, by age."""

    licensee: Licensee
    lane: Case.Lane
    ages: tuple[int, ...]
    late: int

    @property
    def count(self) -> int:
        return sum(self.ages)


@dataclass(frozen=True)
class Share:
    """A part of a whole, counted."""

    part: int = 0
    whole: int = 0


@dataclass(frozen=True)
class Statistics:
    """Of some licensees, over `days`, the last of which is today."""

    days: tuple[date, ...]
    arrived: Counter[date]
    decided: Counter[date]
    # Of the cases due on a day: how many were not decided when they were due.
    late: dict[date, Share]
    waiting: tuple[Waiting, ...]
    outcomes: Counter[str]
    # Why flags were wrong.
    reasons: Counter[str]
    by_licensee: dict[int, Share]
    by_model: dict[str, Share]
    agreement: Agreement

    @property
    def confirmed(self) -> Share:
        return _sum(self.by_licensee.values())

    @property
    def late_in_all(self) -> Share:
        return _sum(self.late.values())

    @property
    def is_empty(self) -> bool:
        return not (self.arrived or self.decided or any(lane.count for lane in self.waiting))


def statistics_of(licensees: Sequence[Licensee], *, days: int) -> Statistics:
    """Four queries, whatever the number of licensees, days and cases."""
    today = timezone.localdate()
    shown = tuple(today - timedelta(days=back) for back in reversed(range(days)))
    since = timezone.make_aware(datetime.combine(shown[0], time.min))
    cases, decisions = list(_cases(licensees, since)), list(_decisions(licensees, since))
    standing = [row for row in decisions if row["stands"]]
    return Statistics(
        days=shown,
        arrived=_total((row["opened_on"], row["count"]) for row in cases if row["opened_on"] >= shown[0]),
        decided=_total((row["decided_on"], row["count"]) for row in decisions),
        late=_late(row for row in cases if shown[0] <= row["due_on"] <= today),
        waiting=tuple(_waiting(licensees)),
        outcomes=_total((row["disposition"], row["count"]) for row in standing),
        reasons=_total((row["reason"], row["count"]) for row in standing if row["reason"]),
        by_licensee=_confirmed(standing, "case__licensee_id"),
        by_model=_confirmed(standing, "model"),
        agreement=agreement(_judged_twice(licensees, since)),
    )


# --- The queries ---------------------------------------------------------------------------------


def _cases(licensees: Sequence[Licensee], since: datetime) -> Iterable[Any]:
    """Cases by the day they were opened and the day they were due, and how many of them were late."""
    first_decided = (
        Decision.objects.standing().filter(case=OuterRef("pk")).order_by("decided_at").values("decided_at")
    )
    undecided = Q(state__in=[Case.State.WAITING, Case.State.IN_REVIEW, Case.State.HELD])
    answered_at = models.Case(
        When(undecided, then=Now()),
        default=Coalesce(Subquery(first_decided[:1]), Now()),
        output_field=DateTimeField(),
    )
    return (
        # All states are named so that the index case_by_state leads to the days that are asked for.
        Case.objects.filter(licensee__in=licensees, state__in=Case.State.values)
        .filter(opened_at__gte=since - LONGEST_DUE)
        .annotate(opened_on=TruncDate("opened_at"), due_on=TruncDate("due_at"), answered_at=answered_at)
        .values("opened_on", "due_on")
        .annotate(
            count=Count("id"),
            overdue=Count("id", filter=Q(answered_at__gt=F("due_at"))),
            fallen_due=Count("id", filter=Q(due_at__lte=Now()) | ~undecided),
        )
        .order_by()
    )


def _decisions(licensees: Sequence[Licensee], since: datetime) -> Iterable[dict[str, Any]]:
    """Decisions by day, licensee, model, outcome and reason; `stands`: no later one was made on the case."""
    rows = (
        Decision.objects.with_whether_it_stands()
        .filter(case__licensee__in=licensees, decided_at__gte=since)
        .annotate(
            decided_on=TruncDate("decided_at"),
            name=F("case__opened_by_score__model__name"),
            digest=F("case__opened_by_score__model__digest"),
        )
        .values("decided_on", "case__licensee_id", "name", "digest", "disposition", "reason", "stands")
        .annotate(count=Count("id"))
        .order_by()
    )
    return (
        {**row, "model": f"{row['name']} {row['digest'][:8]}" if row["digest"] else "no model"}
        for row in rows
    )


def _waiting(licensees: Sequence[Licensee]) -> Iterable[Waiting]:
    """Each lane of each licensee, the empty ones too."""
    now = timezone.now()
    whens = [When(opened_at__gt=now - age, then=Value(place)) for place, age in enumerate(AGES)]
    rows = (
        Case.objects.filter(licensee__in=licensees, state=Case.State.WAITING)
        .annotate(age=models.Case(*whens, default=Value(len(AGES)), output_field=IntegerField()))
        .values("licensee_id", "lane", "age")
        .annotate(count=Count("id"), late=Count("id", filter=Q(due_at__lt=now)))
        .order_by()
    )
    ages, late = Counter[tuple[int, str, int]](), Counter[tuple[int, str]]()
    for row in rows:
        ages[row["licensee_id"], row["lane"], row["age"]] += row["count"]
        late[row["licensee_id"], row["lane"]] += row["late"]
    return (
        Waiting(
            licensee,
            lane,
            tuple(ages[licensee.pk, lane, place] for place in range(len(AGE_LABELS))),
            late[licensee.pk, lane],
        )
        for licensee in licensees
        for lane in Case.Lane
        if lane != Case.Lane.ARCHIVE
        or any(ages[licensee.pk, lane, place] for place in range(len(AGE_LABELS)))
    )


def _judged_twice(licensees: Sequence[Licensee], since: datetime) -> Iterable[list[str]]:
    """What the first and the second person said of each case that was reviewed a second time, blindly."""
    pairs = (
        SecondReview.objects.filter(licensee__in=licensees, decided_at__gte=since)
        .values_list("decision__disposition", "disposition")
        .annotate(count=Count("id"))
        .order_by("decision__disposition", "disposition")
    )
    return (said for *said, count in pairs for _ in range(count))


# --- Sums ----------------------------------------------------------------------------------------


def _total(pairs: Iterable[tuple[Any, int]]) -> Counter[Any]:
    counted = Counter[Any]()
    for key, count in pairs:
        counted[key] += count
    return counted


def _late(rows: Iterable[dict[str, Any]]) -> dict[date, Share]:
    shares: dict[date, Share] = {}
    for row in rows:
        before = shares.get(row["due_on"], Share())
        shares[row["due_on"]] = Share(before.part + row["overdue"], before.whole + row["fallen_due"])
    return shares


def _confirmed(rows: Iterable[dict[str, Any]], key: str) -> dict[Any, Share]:
    shares: dict[Any, Share] = {}
    for row in rows:
        if row["disposition"] in TOLD:
            before = shares.get(row[key], Share())
            right = row["count"] if row["disposition"] in CONFIRMED else 0
            shares[row[key]] = Share(before.part + right, before.whole + row["count"])
    return shares


def _sum(shares: Iterable[Share]) -> Share:
    listed = list(shares)
    return Share(sum(one.part for one in listed), sum(one.whole for one in listed))
