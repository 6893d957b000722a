"""What a platform says that it did, or did not do. A later word stands beside the earlier one and counts instead."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from licensees.models import ApiKey
from platforms.models.event import Event

LONGEST_NOTE = 1_000


class Confirmation(AppendOnly):
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="confirmations")
    done = models.BooleanField()
    # By the platform's clock.
    at = models.DateTimeField()
    # What somebody there wrote: it may quote, so it is sealed under the conversation's key and read like evidence.
    note_sealed = models.BinaryField(null=True)
    # Over the note, so that a repetition is known as one without opening it.
    note_digest = models.BinaryField(max_length=32)
    # The name under which the note was sealed.
    row = models.CharField(max_length=60)
    confirmed_with = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["at", "id"]
        constraints: ClassVar[list[Any]] = [
            # Of two words about the same moment none is the later one.
            models.UniqueConstraint(fields=["event", "at"], name="confirmation_one_per_moment"),
        ]

    def __str__(self) -> str:
        return f"{'done' if self.done else 'not done'}: {self.event_id}"
