"""What a model keeps of a conversation, so that a new message costs what it adds and not what came before it."""

from typing import Any, ClassVar

from django.db import models

from scoring.models.conversation import Conversation
from scoring.models.model_version import ModelVersion


class ConversationState(models.Model):
    """`scoring.state.ConversationState` as bytes, sealed under the conversation's key: erasing that key erases it too.

    It covers the messages 1 … `messages` as they were at `revision`. Rewriting one of them makes it stale
    (`Conversation.rewritten_revision`), and then the whole conversation is read again.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="states")
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    messages = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "model"], name="state_once_per_model"),
        ]

    def __str__(self) -> str:
        return f"state of conversation {self.conversation_id} after {self.messages} messages"
