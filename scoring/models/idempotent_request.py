"""The answer already given to a POST with this Idempotency-Key, to be given again."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from licensees.models import Licensee


class IdempotentRequest(models.Model):
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    # SHA-256 of method, path and body: the same key with another request is a mistake of the client.
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "key"], name="idempotency_key_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["created_at"], name="idempotency_by_age")]

    def __str__(self) -> str:
        return f"idempotency key of {self.licensee_id}"
