"""How a webhook has done: each hour of the last day, and what waits or was given up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncHour
from django.utils import timezone

from platforms.models import Attempt, EventDelivery, Webhook

HOURS = 24
OPEN = [EventDelivery.State.WAITING, EventDelivery.State.GIVEN_UP]


@dataclass(frozen=True)
class Hour:
    begins_at: datetime
    attempts: int
    failed: int


@dataclass(frozen=True)
class Standing:
    waiting: int = 0
    given_up: int = 0


def last_day(webhook: Webhook) -> list[Hour]:
    """All hours, those without an attempt too."""
    begins = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    failed = Count("pk", filter=~Q(outcome=Attempt.Outcome.TAKEN))
    rows = (
        Attempt.objects.filter(delivery__webhook=webhook, began_at__gte=begins)
        .annotate(hour=TruncHour("began_at"))
        .order_by("hour")
        .values_list("hour")
        .annotate(attempts=Count("pk"), failed=failed)
    )
    found = {hour: (attempts, bad) for hour, attempts, bad in rows}
    hours = [begins + timedelta(hours=number) for number in range(HOURS)]
    return [Hour(hour, *found.get(hour, (0, 0))) for hour in hours]


def standings(webhooks: Collection[Webhook]) -> dict[int, Standing]:
    """{webhook: how many of its events wait, and were given up}; those that arrived are not counted, they are many."""
    rows = (
        EventDelivery.objects.filter(webhook__in=[one.pk for one in webhooks], state__in=OPEN)
        .values_list("webhook")
        .annotate(
            waiting=Count("pk", filter=Q(state=EventDelivery.State.WAITING)),
            given_up=Count("pk", filter=Q(state=EventDelivery.State.GIVEN_UP)),
        )
    )
    found = {pk: Standing(*counts) for pk, *counts in rows}
    return {one.pk: found.get(one.pk, Standing()) for one in webhooks}
