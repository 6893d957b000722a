"""Write an event: numbered for its licensee under a lock, and laid out for each of its webhooks, at once."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from audit.record import OutsideTransaction
from platforms.models import Event, EventCounter, EventDelivery, Webhook
from review.models import Case, SubjectAccount


def emit(
    type_: Event.Type,
    *,
    licensee_id: int,
    case: Case | None = None,
    subject: SubjectAccount | None = None,
    withdraws: Event | None = None,
    only_to: Webhook | None = None,
) -> Event:
    """In the caller's transaction, which records why. The number stays locked until it ends, so that nobody who reads
    by numbers can pass an event which is committed late."""
    event = Event(licensee_id=licensee_id, type=type_, case=case, subject=subject, withdraws=withdraws)
    event.number = _next_number(licensee_id)
    event.save(force_insert=True)
    webhooks: Iterable[Webhook] = [only_to] if only_to else Webhook.objects.filter(licensee_id=licensee_id)
    EventDelivery.objects.bulk_create(EventDelivery(webhook=webhook, event=event) for webhook in webhooks)
    return event


def _next_number(licensee_id: int) -> int:
    if not connection.in_atomic_block:
        raise OutsideTransaction("An event is numbered inside the transaction that writes it.")
    EventCounter.objects.get_or_create(licensee_id=licensee_id)
    counter: Any = EventCounter.objects.select_for_update().get(pk=licensee_id)
    counter.last += 1
    counter.save(update_fields=["last"])
    return int(counter.last)
