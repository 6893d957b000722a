"""Which clearing house a conversation is reported to: one, however many cases and packets come of it."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from referrals.models.escalation import Escalation
from referrals.models.recipient import Recipient
from scoring.models import Conversation


class ConversationReport(AppendOnly):
    """Written with the first approval for “suspected exploitation”; no approval for another one can follow (trigger).

    Test recipients are counted apart: a trial must not keep a conversation from those who act on it.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    is_test = models.BooleanField()
    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["conversation", "is_test"], name="conversation_reported_to_one_clearing_house"
            ),
        ]

    def __str__(self) -> str:
        return f"report of {self.conversation_id} to {self.recipient_id}"
