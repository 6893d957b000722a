"""Who sends to which webhook until when. The lease is committed before anything is sent, with the number of the
attempt: a worker that is killed loses nothing, and no two send to the same webhook at the same time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from platforms.models import Attempt, EventDelivery, Webhook

# Beyond the longest that one call can take, with the look-up of a name and the way to a server.
BEYOND = timedelta(seconds=60)
# Chosen once: as a sub-query of the update it might be chosen anew for each row.
LEASE = """
    WITH due AS MATERIALIZED (
      SELECT id FROM platforms_webhook AS webhook
       WHERE state = 'active' AND look_after <= %(now)s
         AND EXISTS (SELECT FROM platforms_eventdelivery
                      WHERE webhook_id = webhook.id AND state = 'waiting' AND next_attempt_at <= %(now)s)
       ORDER BY look_after, id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE platforms_webhook AS webhook SET look_after = %(until)s
      FROM due WHERE webhook.id = due.id RETURNING webhook.id
"""


@dataclass(frozen=True)
class Lease:
    """One attempt to tell one webhook of one event."""

    delivery: EventDelivery
    number: int
    began_at: datetime


def lease_due(*, limit: int) -> list[Lease]:
    """Of each webhook the oldest event that is due; webhooks at which another worker is are passed by."""
    now = timezone.now()
    until = now + timedelta(seconds=settings.ARTEMIS_WEBHOOK_SECONDS) + BEYOND
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LEASE, {"now": now, "until": until, "limit": limit})
            webhooks = [row[0] for row in cursor.fetchall()]
        return [lease for pk in webhooks if (lease := _lease_of(pk, now)) is not None]


def _lease_of(webhook_id: int, now: datetime) -> Lease | None:
    due = _due(webhook_id, now).first()
    if due is None:
        Webhook.objects.filter(pk=webhook_id).update(look_after=now + timedelta(seconds=1))
        return None
    _log_what_was_lost(due)
    EventDelivery.objects.filter(pk=due.pk).update(attempts=F("attempts") + 1, tries=F("tries") + 1)
    due.attempts, due.tries = due.attempts + 1, due.tries + 1
    return Lease(due, due.attempts, now)


def _due(webhook_id: int, now: datetime) -> QuerySet[EventDelivery]:
    """What takes a request back never overtakes it: it waits until that one arrived, or was given up."""
    earlier = EventDelivery.objects.filter(
        webhook=webhook_id, event=OuterRef("event__withdraws"), state=EventDelivery.State.WAITING
    )
    waiting = EventDelivery.objects.filter(
        webhook=webhook_id, state=EventDelivery.State.WAITING, next_attempt_at__lte=now
    )
    return waiting.exclude(Exists(earlier)).select_related("webhook").order_by("event_id")


def _log_what_was_lost(delivery: EventDelivery) -> None:
    """An attempt that was begun and of which nothing is known: whoever made it was killed on the way."""
    number = delivery.attempts
    if number and not Attempt.objects.filter(delivery=delivery, number=number).exists():
        Attempt.objects.create(
            delivery=delivery,
            number=number,
            began_at=timezone.now(),
            outcome=Attempt.Outcome.LOST,
        )


def put_back(lease: Lease) -> None:
    """Nothing was sent, and nothing is the matter with the webhook: it is looked at again in a minute."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).get(pk=lease.delivery.webhook_id)
        webhook.look_after = timezone.now() + BEYOND
        webhook.save(update_fields=["look_after"])
        mine = EventDelivery.objects.filter(pk=lease.delivery.pk, attempts=lease.number)
        mine.update(attempts=F("attempts") - 1, tries=F("tries") - 1)
