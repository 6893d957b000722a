"""A delivery: a packet that left, to whom, by what way and by whose hand."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from referrals.models.packet import Packet
from referrals.models.recipient import Recipient


class Delivery(AppendOnly):
    class Transport(models.TextChoices):
        DOWNLOAD = "download", "Download"

    packet = models.ForeignKey(Packet, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    transport = models.CharField(max_length=20, choices=Transport.choices)
    delivered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    delivered_at = models.DateTimeField(default=timezone.now, editable=False)
    archive_digest = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["delivered_at", "id"]
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"{self.transport} of {self.packet_id}"
