"""Whom to reach at a licensee, for what, and when."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from licensees.models.licensee import Licensee


class Contact(models.Model):
    class Kind(models.TextChoices):
        SAFETY = "safety", "Head of safety"
        ENGINEERING = "engineering", "Engineering"
        LEGAL = "legal", "Legal"
        EMERGENCY = "emergency", "Emergency, round the clock"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=80, help_text="As “Monday to Friday, 9:00 to 17:00”")
    zone = models.CharField(max_length=40, default="UTC", help_text="As Europe/Dublin")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    # What was a contact then stays readable; it is shown no more.
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["kind", "name", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(email="") | ~models.Q(telephone=""), name="contact_can_be_reached"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_kind_display().lower()} of {self.licensee}"
