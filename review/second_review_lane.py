"""Second reviews as a lane of the queue, in figures: never which cases they are about."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Min, Q, QuerySet, Value
from django.utils import timezone

from licensees.models import Licensee
from review.models import SecondReview
from review.overview import DUE_SOON

State = SecondReview.State


class Reviewer(NamedTuple):
    """Who gives one at this moment."""

    name: str


@dataclass
class SecondReviewLane:
    """The second reviews of one licensee."""

    licensee: Licensee
    waiting: int = 0
    oldest_at: datetime | None = None
    due_soon: int = 0
    overdue: int = 0
    people: list[Reviewer] = field(default_factory=list)


def second_lanes_in(licensees: Iterable[Licensee], answer: Iterable[Any]) -> dict[int, SecondReviewLane]:
    lanes = {licensee.pk: SecondReviewLane(licensee) for licensee in licensees}
    for figures in answer:
        lane = lanes[figures.pop("licensee_id")]
        lane.people = [Reviewer(name) for name in figures.pop("names")]
        for name, value in figures.items():
            setattr(lane, name, value)
    return lanes


def about_second_reviews(licensee_ids: Collection[int]) -> QuerySet[Any, Any]:
    """The question, to be asked together with others. Where a lease has passed it waits, also before it is taken."""
    now = timezone.now()
    held = Q(state=State.IN_REVIEW, expires_at__gt=now)
    waiting = ~held
    return (
        SecondReview.objects.filter(state__in=SecondReview.OPEN, licensee_id__in=licensee_ids)
        .values("licensee_id")
        .annotate(
            waiting=Count("id", filter=waiting),
            oldest_at=Min("opened_at", filter=waiting),
            overdue=Count("id", filter=waiting & Q(due_at__lt=now)),
            due_soon=Count("id", filter=waiting & Q(due_at__gte=now, due_at__lt=now + DUE_SOON)),
            names=ArrayAgg("reviewer__name", filter=held, order_by="reviewer__name", default=Value([])),
        )
        .order_by()
    )
