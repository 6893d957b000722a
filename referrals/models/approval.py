"""An approval: the second person's yes, bound to the digest of the packet that they saw."""

from datetime import timedelta
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly, refusing_triggers
from referrals.models.escalation import Escalation

# After the insert, so that the constraints have spoken first.
NOT_WHO_SUBMITTED = """
IF EXISTS (
  SELECT 1 FROM referrals_escalationversion v
  WHERE v.escalation_id = NEW.escalation_id AND v.submitted_by_id = NEW.approved_by_id
) THEN
  RAISE EXCEPTION 'approval_by_who_submitted: whoever submitted a version may not approve it';
END IF;
RETURN NULL;
"""
REPORTED_ONCE = """
IF EXISTS (
  SELECT 1 FROM referrals_escalationversion v
  JOIN referrals_escalation e ON e.id = v.escalation_id
  JOIN review_case c ON c.id = e.case_id
  WHERE v.escalation_id = NEW.escalation_id AND v.number = NEW.version_number
    AND v.exit = 'suspected_exploitation'
    AND NOT EXISTS (
      SELECT 1 FROM referrals_conversationreport r
      WHERE r.conversation_id = c.conversation_id AND r.recipient_id = v.recipient_id)
) THEN
  RAISE EXCEPTION 'approval_reported_once: the conversation is not registered for this clearing house';
END IF;
RETURN NULL;
"""


class Approval(AppendOnly):
    """Dual control in the database: the requester is copied here, held equal to the escalation's by a composite
    foreign key (migration 0002), and may not be the approver; nor may anybody who submitted a version of it."""

    escalation = models.OneToOneField(Escalation, on_delete=models.PROTECT, related_name="approval")
    version_number = models.PositiveIntegerField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the approver last typed their password for this escalation; never null since migration 0004.
    confirmed_at = models.DateTimeField(null=True)
    packet_digest = models.CharField(max_length=64)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("requested_by")),
                name="approval_by_another_person",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None)
                | models.Q(
                    confirmed_at__lte=models.F("approved_at"),
                    confirmed_at__gte=models.F("approved_at") - timedelta(minutes=10),
                ),
                name="approval_confirmed_shortly_before",
            ),
            # What packet's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "packet_digest"], name="approval_with_digest"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_triggers(),
            pgtrigger.Trigger(
                name="not_who_submitted",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=NOT_WHO_SUBMITTED,
            ),
            pgtrigger.Trigger(
                name="reported_once",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=REPORTED_ONCE,
            ),
        ]

    def __str__(self) -> str:
        return f"approval of {self.escalation_id}"
