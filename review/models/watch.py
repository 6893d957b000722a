"""Conversations that are monitored until a date: a queue, so that looking after them costs what is open only."""

from typing import Any, ClassVar

from django.db import models

from review.models.decision import Decision
from scoring.models import Conversation


class Watch(models.Model):
    """Written with a decision `monitor`; taken away when the conversation comes back, or the decision is withdrawn.

    While it stands, a trigger (migration 0005) hands scores below the flag to intake too: a rise may begin there.
    """

    decision = models.OneToOneField(
        Decision, on_delete=models.PROTECT, primary_key=True, related_name="watch"
    )
    conversation = models.OneToOneField(Conversation, on_delete=models.PROTECT, related_name="+")
    until = models.DateField(db_index=True)

    class Meta:
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"conversation {self.conversation_id} until {self.until}"
