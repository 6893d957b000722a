"""What was looked at before a licensee is let in: written once, the newest note on an item counts."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from licensees.models.licensee import Licensee


class VettingNote(AppendOnly):
    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        NOT_APPLICABLE = "not_applicable", "Not applicable"
        OPEN = "open", "Open again"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="vetting_notes")
    # One of licensees/vetting.toml.
    item = models.CharField(max_length=40)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    note = models.CharField(max_length=500)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "item", "-noted_at"], name="vetting_newest")
        ]

    def __str__(self) -> str:
        return f"{self.item} of {self.licensee}: {self.get_outcome_display()}"
