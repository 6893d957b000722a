"""A hold: a case that waits for a moment, not for a person. At most one is open per case."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from review.models.case import Case

LONGEST_HOLD = timedelta(days=14)


class Hold(models.Model):
    class Ending(models.TextChoices):
        TIME_CAME = "time_came", "The time came"
        TAKEN_BACK = "taken_back", "Taken back"
        RAISED = "raised", "The conversation became imminent"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="holds")
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    held_at = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField()
    # Encrypted under the conversation's key, since it may quote.
    reason_sealed = models.BinaryField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(ended_at=None), name="hold_one_open_per_case"
            ),
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("held_at"))
                & models.Q(until__lte=models.F("held_at") + LONGEST_HOLD),
                name="hold_ends_within_14_days",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ending="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ending="")),
                name="hold_ending_with_ended_at",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["until"], condition=models.Q(ended_at=None), name="hold_coming_due"),
        ]

    def __str__(self) -> str:
        return f"{self.case} on hold until {self.until}"
