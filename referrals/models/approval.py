"""An approval: the second person's yes, bound to the digest of the packet that they saw."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from referrals.models.escalation import Escalation


class Approval(AppendOnly):
    """Dual control in the database: the requester is copied here, held equal to the escalation's by a composite
    foreign key (migration 0002), and may not be the approver."""

    escalation = models.OneToOneField(Escalation, on_delete=models.PROTECT, related_name="approval")
    version_number = models.PositiveIntegerField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(default=timezone.now, editable=False)
    packet_digest = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("requested_by")),
                name="approval_by_another_person",
            ),
            # What packet's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "packet_digest"], name="approval_with_digest"),
        ]

    def __str__(self) -> str:
        return f"approval of {self.escalation_id}"
