"""A user of the platform reports a conversation: the second door to the queue, whatever the machine says."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from scoring.models.conversation import Conversation, Participant
from scoring.models.erasure import Erasure
from scoring.models.under_hold import refusing_blanking, refusing_deletion


class UserReport(models.Model):
    """Evidence as received. Its words are sealed under the conversation's key and die with it."""

    class Reason(models.TextChoices):
        UNWANTED_CONTACT = "unwanted_contact", "Unwanted contact"
        PERSONAL_QUESTIONS = "personal_questions", "Personal questions"
        ASKS_FOR_PICTURES = "asks_for_pictures", "Asks for pictures"
        ASKS_TO_MEET = "asks_to_meet", "Asks to meet"
        FALSE_AGE = "false_age", "A false age"
        PRESSURE = "pressure", "Pressure or threats"
        OTHER = "other", "Something else"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(Participant, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    comment_sealed = models.BinaryField(null=True)
    # Keyed: the same report of the same revision coming once more is the same report.
    digest = models.BinaryField(max_length=32)
    # Of the conversation when it came.
    revision = models.PositiveIntegerField()
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set where its words were erased.
    erasure = models.ForeignKey(
        Erasure, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["received_at", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "digest"], name="report_once"),
            models.CheckConstraint(
                condition=models.Q(erasure=None) | models.Q(comment_sealed=None),
                name="report_erased_is_empty",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_deletion(conversation="OLD.conversation_id"),
            refusing_blanking("comment_sealed", conversation="OLD.conversation_id"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of conversation {self.conversation_id}"
