"""A recipient asks for more: somebody of the house owns the answer, by the day that the law of its country gives."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from referrals.models.delivery import DeliveryFeedback
from referrals.models.escalation import Escalation
from referrals.models.recipient import Recipient


class RecipientRequest(models.Model):
    """Only `state` and what belongs to the answer may change (trigger)."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ANSWERED = "answered", "Answered"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.OPEN, State.ANSWERED): frozenset({Verb.REQUEST_ANSWERED}),
    }

    feedback = models.OneToOneField(DeliveryFeedback, on_delete=models.PROTECT, related_name="request")
    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="requests")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    # Why by that day: words of ours.
    basis = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # What was answered, in a person's words; they may quote.
    answer_sealed = models.BinaryField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(state="open", answered_at=None, answered_by=None)
                | models.Q(state="answered", answered_at__isnull=False, answered_by__isnull=False),
                name="request_answered_by_somebody",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="refuse_removal", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="refuse_another_request",
                fields=["feedback", "escalation", "recipient", "asked_at", "due_at", "basis", "owner"],
            ),
        ]

    def __str__(self) -> str:
        return f"request of {self.recipient_id} about {self.escalation_id}"

    def about(self) -> About:
        case = self.escalation.case
        return About(
            object_type="request",
            object_id=str(self.pk),
            licensee_id=case.licensee_id,
            case_reference=case.reference,
        )
