"""The key that encrypts one conversation or one packet, itself wrapped by a key that the database never sees."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from licensees.models import Licensee
from scoring.models.under_hold import refusing_loss_of_key


class DataKey(models.Model):
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    # Null once destroyed: whatever it encrypted is then unreadable for good (crypto-shredding).
    wrapped = models.BinaryField(max_length=64, null=True)
    wrapped_by = models.CharField(max_length=80, help_text="Id of the key-encryption key")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(wrapped__isnull=False, destroyed_at=None)
                | models.Q(wrapped=None, destroyed_at__isnull=False),
                name="data_key_wrapped_or_destroyed",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = refusing_loss_of_key()

    def __str__(self) -> str:
        return f"data key {self.pk}"
