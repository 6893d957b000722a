"""A pause that the queue asked for after a long stretch of reviewing."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from audit.append_only import AppendOnly


class Pause(AppendOnly):
    """While it lasts the queue gives this person no case; what they hold they may finish."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("began_at")), name="pause_ends_after_it_begins"
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["person", "-ends_at"], name="pause_by_person")]

    def __str__(self) -> str:
        return f"pause of {self.person_id} until {self.ends_at:%H:%M}"
