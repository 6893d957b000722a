"""Who signed which version of the agreement for a licensee: written once."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from licensees.models.licensee import Licensee


class Signature(AppendOnly):
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="signatures")
    # A file of licensees/agreements/, and the SHA-256 of the text that it had then.
    version = models.CharField(max_length=20)
    text_digest = models.CharField(max_length=64)
    signed_by_name = models.CharField(max_length=120)
    signed_by_function = models.CharField(max_length=120)
    signed_on = models.DateField()
    # Of the signed document, where one was shown: the document itself stays with whoever keeps contracts.
    document_digest = models.CharField(max_length=64, blank=True)
    document_bytes = models.PositiveIntegerField(default=0)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "version"], name="signature_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.licensee} signed {self.version}"
