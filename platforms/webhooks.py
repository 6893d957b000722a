"""What admins do about a licensee's webhooks: add, test, rotate the secret, disable and enable, send again."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import transition
from audit.verbs import Verb
from licensees.models import Licensee
from platforms.emitting import emit
from platforms.models import Event, EventDelivery, Webhook, WebhookSecret
from platforms.models.webhook import BOTH_SIGN
from platforms.permissions import check_may_keep_webhooks
from platforms.policies import (
    check_address,
    check_can_be_replayed,
    check_has_former,
    check_is_active,
    check_is_disabled,
    check_is_new,
)
from scoring.doorbell import ring

TASK = "platforms.tasks.send_events"
# Asked for at once; pressed once more, the next.
REPLAYED_AT_ONCE = 500


def add_webhook(*, licensee: Licensee, url: str, by: User) -> tuple[Webhook, str]:
    """Answers it and its secret, which is shown once. It is told of what happens from now on."""
    with transaction.atomic():
        locked = Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
        check_may_keep_webhooks(by, locked)
        check_address(url)
        check_is_new(locked, url)
        webhook = Webhook.objects.create(licensee=locked, url=url, created_by=by)
        secret = _give_secret(webhook)
        record(Verb.WEBHOOK_ADDED, by=by, about=webhook.about(), payload={"host": webhook.host})
    return webhook, secret


def send_test(*, webhook_id: int, by: User) -> Event:
    """An event that asks for nothing, to this webhook only; the cursor has it as well."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        check_is_active(webhook)
        event = emit(Event.Type.WEBHOOK_TEST, licensee_id=webhook.licensee_id, only_to=webhook)
        record(Verb.WEBHOOK_TESTED, by=by, about=webhook.about(), payload={"event": event.public_id})
    ring(TASK)
    return event


def rotate_secret(*, webhook_id: int, by: User) -> tuple[Webhook, str]:
    """The former secret signs beside the new one for some days; one before it ends now: two at most."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        now = timezone.now()
        WebhookSecret.objects.filter(webhook=webhook, ends_at__gt=now).update(ends_at=now)
        WebhookSecret.objects.filter(webhook=webhook, ends_at=None).update(ends_at=now + BOTH_SIGN)
        secret = _give_secret(webhook)
        record(Verb.WEBHOOK_SECRET_ROTATED, by=by, about=webhook.about())
    return webhook, secret


def end_former_secret(*, webhook_id: int, by: User) -> Webhook:
    """For a secret that leaked: it signs nothing more from now on."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        now = timezone.now()
        former = check_has_former(webhook, webhook.secrets.filter(ends_at__gt=now).first())
        WebhookSecret.objects.filter(pk=former.pk).update(ends_at=now)
        record(Verb.WEBHOOK_SECRET_ENDED, by=by, about=webhook.about())
    return webhook


def disable(*, webhook_id: int, by: User) -> Webhook:
    """What happens meanwhile waits, and is in the cursor."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        check_is_active(webhook)
        because = Webhook.Disabled.BY_ADMIN
        return transition(
            webhook,
            to=Webhook.State.DISABLED,
            by=by,
            verb=Verb.WEBHOOK_DISABLED,
            payload={"because": because},
            disabled_because=because,
        )


def enable(*, webhook_id: int, by: User) -> Webhook:
    """What waited goes out at once, in its order, with all its tries."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        check_is_disabled(webhook)
        now = timezone.now()
        waiting = EventDelivery.objects.filter(webhook=webhook, state=EventDelivery.State.WAITING)
        waiting.update(tries=0, next_attempt_at=now)
        webhook = transition(
            webhook,
            to=Webhook.State.ACTIVE,
            by=by,
            verb=Verb.WEBHOOK_ENABLED,
            disabled_because="",
            failures=0,
            look_after=now,
        )
    ring(TASK)
    return webhook


def replay(*, webhook_id: int, delivery_id: int, by: User) -> EventDelivery:
    """With the same id: a platform that has it already can tell."""
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        found = _with_events(webhook).select_for_update(no_key=True, of=("self",)).get(pk=delivery_id)
        check_can_be_replayed(found)
        delivery = _again(found, by)
    ring(TASK)
    return delivery


def replay_failed(*, webhook_id: int, by: User) -> int:
    with transaction.atomic():
        webhook = _lock(webhook_id, by)
        given_up = _with_events(webhook).filter(state=EventDelivery.State.GIVEN_UP).order_by("event_id")
        locked: Iterable[EventDelivery] = given_up.select_for_update(no_key=True, of=("self",))[
            :REPLAYED_AT_ONCE
        ]
        again = [_again(one, by) for one in locked]
    ring(TASK)
    return len(again)


def _lock(webhook_id: int, by: User) -> Webhook:
    joined = Webhook.objects.select_for_update(no_key=True, of=("self",)).select_related("licensee")
    webhook = joined.get(pk=webhook_id)
    check_may_keep_webhooks(by, webhook.licensee)
    return webhook


def _give_secret(webhook: Webhook) -> str:
    kept = WebhookSecret(webhook=webhook)
    secret = kept.give()
    kept.save(force_insert=True)
    return secret


def _with_events(webhook: Webhook) -> QuerySet[EventDelivery]:
    return EventDelivery.objects.filter(webhook=webhook).select_related("event__case", "webhook")


def _again(delivery: EventDelivery, by: User) -> EventDelivery:
    return transition(
        delivery,
        to=EventDelivery.State.WAITING,
        by=by,
        verb=Verb.EVENT_REPLAYED,
        payload={"event": delivery.event.public_id},
        tries=0,
        next_attempt_at=timezone.now(),
    )
