"""Tells webhooks of events: lease, send, keep what came of it. Only the call itself is made beside others.

The same event has the same `webhook-id` each time it is sent, so that a platform which has it already can tell.
"""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import outside_calls
from accounts.outside_calls import NotPublic, NotReached, TooSlow
from accounts.sealed_secrets import SecretUnreadable
from audit.transitions import transition
from audit.verbs import Verb
from platforms.asking import PLATFORMS
from platforms.leasing import Lease, lease_due, put_back
from platforms.models import Attempt, Event, EventDelivery, Webhook
from platforms.schedule import rest_after, wait_after
from platforms.signing import signed_headers
from platforms.telling import body_of, with_what_is_told
from scoring.key_providers import KeyUnavailable

Outcome = Attempt.Outcome
# Webhooks that one worker tells at the same time, and for how long it looks for further ones.
BESIDE = 8
SECONDS = 20.0
GONE = 410

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Letter:
    """All that a call needs: it is made without the database."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Result:
    outcome: Outcome
    status: int | None = None
    retry_after: int | None = None
    milliseconds: int = 0


def send_events(*, seconds: float = SECONDS) -> int:
    """Answers how many attempts were made. A slow server holds up nobody else's messages."""
    until, made = monotonic() + seconds, 0
    running: dict[Future[Result], Lease] = {}
    with ThreadPoolExecutor(BESIDE) as pool:
        while True:
            if monotonic() < until and len(running) < BESIDE:
                for lease in lease_due(limit=BESIDE - len(running)):
                    running[_begin(pool, lease)] = lease
            if not running:
                return made
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                keep(running.pop(future), future.result())
                made += 1


def _begin(pool: ThreadPoolExecutor, lease: Lease) -> "Future[Result]":
    try:
        letter = letter_of(lease)
    except KeyUnavailable:
        # A fault of this installation, which counts against nobody.
        put_back(lease)
        raise
    except SecretUnreadable:
        log.error("a webhook's secret cannot be read", webhook=lease.delivery.webhook_id)
        return pool.submit(Result, Outcome.UNSIGNED)
    private, patience = settings.ARTEMIS_WEBHOOK_PRIVATE, settings.ARTEMIS_WEBHOOK_SECONDS
    return pool.submit(call, letter, private_allowed=private, seconds=patience)


def letter_of(lease: Lease) -> Letter:
    event = with_what_is_told(Event.objects.all()).get(pk=lease.delivery.event_id)
    live = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    secrets = [one.opened() for one in lease.delivery.webhook.secrets.filter(live)]
    body = body_of(event)
    headers = signed_headers(event.public_id, body, secrets, at=timezone.now())
    return Letter(lease.delivery.webhook.url, body, headers)


def call(letter: Letter, *, private_allowed: bool, seconds: float) -> Result:
    began = monotonic()
    status, retry_after = None, None
    try:
        answer = outside_calls.post(
            letter.url, letter.body, letter.headers, private_allowed=private_allowed, seconds=seconds
        )
    except NotPublic:
        outcome = Outcome.NOT_ALLOWED
    except TooSlow:
        outcome = Outcome.TOO_SLOW
    except NotReached:
        outcome = Outcome.UNREACHED
    else:
        status, retry_after = answer.status, answer.retry_after
        outcome = _meaning(status)
    return Result(outcome, status, retry_after, round((monotonic() - began) * 1_000))


def _meaning(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.TAKEN
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.GONE if status == GONE else Outcome.REFUSED


# --- What came of it ---------------------------------------------------------------------------------


def keep(lease: Lease, result: Result) -> None:
    """The attempt is logged whatever has happened since; the rest only where nobody else has sent it since."""
    with transaction.atomic():
        # No key of theirs changes: whoever writes an event for this webhook meanwhile does not wait.
        webhook = Webhook.objects.select_for_update(no_key=True).get(pk=lease.delivery.webhook_id)
        delivery = EventDelivery.objects.select_for_update(no_key=True).get(pk=lease.delivery.pk)
        Attempt.objects.get_or_create(
            delivery=delivery,
            number=lease.number,
            defaults={
                "began_at": lease.began_at,
                "milliseconds": result.milliseconds,
                "status": result.status,
                "outcome": result.outcome,
            },
        )
        is_mine = delivery.attempts == lease.number
        is_taken = result.outcome == Outcome.TAKEN
        if delivery.state == EventDelivery.State.WAITING and (is_mine or is_taken):
            _settle(delivery, result)
        if is_mine:
            _let_go(webhook, result)


def _settle(delivery: EventDelivery, result: Result) -> None:
    now = timezone.now()
    if result.outcome == Outcome.TAKEN:
        _move(delivery, EventDelivery.State.DELIVERED, Verb.EVENT_DELIVERED, delivered_at=now)
        return
    if result.outcome == Outcome.GONE:
        # It stays until somebody says where to, and starts anew then.
        EventDelivery.objects.filter(pk=delivery.pk).update(tries=0, next_attempt_at=now)
        return
    pause = wait_after(delivery.tries, asked=result.retry_after)
    if pause is None:
        _move(delivery, EventDelivery.State.GIVEN_UP, Verb.EVENT_GIVEN_UP)
        return
    EventDelivery.objects.filter(pk=delivery.pk).update(next_attempt_at=now + pause)


def _move(delivery: EventDelivery, to: EventDelivery.State, verb: Verb, **changes: Any) -> None:
    delivery.event = with_what_is_told(Event.objects.all()).get(pk=delivery.event_id)
    payload = {
        "event": delivery.event.public_id,
        "type": delivery.event.type,
        "webhook": delivery.webhook_id,
        "attempts": delivery.attempts,
    }
    transition(delivery, to=to, by=PLATFORMS, verb=verb, payload=payload, **changes)


def _let_go(webhook: Webhook, result: Result) -> None:
    """Its next event goes at once; after a failure it rests for a moment."""
    webhook.failures = 0 if result.outcome == Outcome.TAKEN else webhook.failures + 1
    webhook.look_after = timezone.now() + (rest_after(webhook.failures) if webhook.failures else timedelta())
    webhook.save(update_fields=["failures", "look_after"])
    if result.outcome == Outcome.GONE and webhook.is_active:
        because = Webhook.Disabled.GONE
        transition(
            webhook,
            to=Webhook.State.DISABLED,
            by=PLATFORMS,
            verb=Verb.WEBHOOK_DISABLED,
            payload={"because": because},
            disabled_because=because,
        )
