"""A message: its text is encrypted; what it said before an edit is kept as evidence."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from scoring.models.conversation import Conversation, Participant
from scoring.models.erasure import Erasure
from scoring.models.under_hold import (
    refusing_blanking,
    refusing_change,
    refusing_deletion,
    refusing_overwriting,
)

CONVERSATION_OF_REVISION = "(SELECT conversation_id FROM scoring_message WHERE id = OLD.message_id)"


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    external_id = models.CharField(max_length=200)
    sender = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    # 1, 2, 3 … in the order of receipt: the stable turn number that people and packets cite.
    number = models.PositiveIntegerField()
    # Null only for an imported corpus that holds no times.
    sent_at = models.DateTimeField(null=True)
    text_sealed = models.BinaryField()
    # HMAC under the conversation's key: tells a duplicate from an edit without decrypting.
    content_digest = models.BinaryField(max_length=32)
    version = models.PositiveIntegerField(default=1)
    reply_to = models.CharField(max_length=200, blank=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    # Set where the text was erased: `text_sealed` is empty then, and nothing opens what it said.
    erasure = models.ForeignKey(
        Erasure, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "external_id"], name="message_once"),
            models.UniqueConstraint(fields=["conversation", "number"], name="message_number_once"),
            models.CheckConstraint(
                condition=models.Q(erasure=None) | models.Q(text_sealed=b""), name="message_erased_is_empty"
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_deletion(conversation="OLD.conversation_id"),
            refusing_blanking("text_sealed", conversation="OLD.conversation_id"),
            refusing_overwriting(),
        ]

    def __str__(self) -> str:
        return f"message {self.number} of conversation {self.conversation_id}"


class MessageRevision(models.Model):
    """What a message said before an edit; goes only when its conversation is erased."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    text_sealed = models.BinaryField()
    edited_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "version"], name="message_revision_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_deletion(conversation=CONVERSATION_OF_REVISION),
            refusing_change("text_sealed", conversation=CONVERSATION_OF_REVISION),
        ]

    def __str__(self) -> str:
        return f"{self.message} version {self.version}"
