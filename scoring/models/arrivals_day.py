"""What one day brought at each possible threshold: the counters behind “what if people looked from here on”."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from licensees.models import Licensee


class ArrivalsDay(models.Model):
    """Sums only, so that the worker adds to them. A conversation counts once at each threshold: on the day when its
    probability was at or over it for the first time."""

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(help_text="In UTC")
    # One figure for each of `scoring.arrivals.THRESHOLDS`.
    reached = ArrayField(models.IntegerField())

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "day"], name="arrivals_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} for {self.licensee_id}"
