"""An agency or hotline on the operator's allow-list; nobody else can be referred to."""

from typing import Any, ClassVar

from django.db import models


class Recipient(models.Model):
    class Exit(models.TextChoices):
        IMMINENT_THREAT = "imminent_threat", "Imminent threat"
        SUSPECTED_EXPLOITATION = "suspected_exploitation", "Suspected exploitation"

    name = models.CharField(max_length=120, unique=True)
    exit = models.CharField(max_length=30, choices=Exit.choices)
    jurisdiction = models.CharField(max_length=2)
    contact = models.CharField(max_length=200)
    # True for a recipient that exists only to try the workflow; said on every page and in the packet.
    is_test = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return self.name
