"""A packet: the sealed evidence. Without an approval of exactly these bytes it cannot be represented."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from referrals.models.approval import Approval
from scoring.models import DataKey


class Packet(AppendOnly):
    """`digest` covers what the approver saw and equals the approval's (composite foreign key, migration 0002);
    `archive_digest` covers the whole signed archive."""

    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, related_name="packet")
    digest = models.CharField(max_length=64)
    archive_digest = models.CharField(max_length=64)
    archive_sealed = models.BinaryField()
    archive_size = models.PositiveIntegerField()
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+")
    signing_key = models.CharField(max_length=64, help_text="SHA-256 of the public key")
    sealed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"packet {self.digest[:8]}"

    def about(self) -> About:
        case = self.approval.escalation.case
        return About(
            object_type="packet",
            object_id=str(self.pk),
            licensee_id=case.licensee_id,
            case_reference=case.reference,
        )
