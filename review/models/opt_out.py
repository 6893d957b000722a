"""What a person leaves out: no reason is asked, nobody else is shown it, and it ends when they say so."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class OptOut(models.Model):
    """One lane, or one characteristic, that the queue does not offer to this person."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Exactly one of the two: a lane of Case.Lane, or a key of scoring/characteristics.py.
    lane = models.CharField(max_length=10, blank=True)
    characteristic = models.CharField(max_length=40, blank=True)
    left_out_at = models.DateTimeField(default=timezone.now, editable=False)
    # Null: until the person takes it back.
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "lane", "characteristic"], name="opt_out_once"),
            models.CheckConstraint(
                condition=models.Q(lane="") ^ models.Q(characteristic=""), name="opt_out_names_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lane or self.characteristic} left out by {self.person_id}"
