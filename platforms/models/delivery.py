"""An event on its way to one webhook, and each attempt to tell it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from platforms.models.event import Event
from platforms.models.webhook import Webhook


class EventDelivery(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.WAITING, State.DELIVERED): frozenset({Verb.EVENT_DELIVERED}),
        (State.WAITING, State.GIVEN_UP): frozenset({Verb.EVENT_GIVEN_UP}),
        (State.GIVEN_UP, State.WAITING): frozenset({Verb.EVENT_REPLAYED}),
        (State.DELIVERED, State.WAITING): frozenset({Verb.EVENT_REPLAYED}),
    }

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    # All that were begun, which numbers them in the log; and those since it was last asked for.
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["webhook", "event"], name="event_delivery_once"),
            models.CheckConstraint(
                condition=~models.Q(state="delivered") | models.Q(delivered_at__isnull=False),
                name="event_delivered_at_some_time",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["webhook", "next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="event_delivery_due",
            ),
            models.Index(fields=["webhook", "-id"], name="event_delivery_by_webhook"),
            models.Index(
                fields=["webhook", "state"],
                condition=models.Q(state__in=["waiting", "given_up"]),
                name="event_delivery_open",
            ),
            models.Index(fields=["event"], name="event_delivery_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.webhook_id}"

    def about(self) -> About:
        return self.event.about()


class Attempt(AppendOnly):
    """What came of one attempt: a status and how long it took, and nothing of what either side said."""

    class Outcome(models.TextChoices):
        TAKEN = "taken", "taken"
        REFUSED = "refused", "not taken"
        REDIRECTED = "redirected", "sent elsewhere, which is not followed"
        GONE = "gone", "gone"
        UNREACHED = "unreached", "their server was not reached"
        TOO_SLOW = "too_slow", "no answer in time"
        NOT_ALLOWED = "not_allowed", "not sent: a private address, or no https"
        UNSIGNED = "unsigned", "not sent: the secret cannot be read"
        LOST = "lost", "the worker stopped on the way: it may have arrived"

    delivery = models.ForeignKey(EventDelivery, on_delete=models.PROTECT, related_name="log")
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["began_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_numbered_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["began_at"], name="webhook_attempt_by_time")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}: {self.outcome}"
