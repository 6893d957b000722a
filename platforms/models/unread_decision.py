"""Decisions that may ask something of a platform, or take it back: a queue, whose work grows with new ones only."""

from typing import Any, ClassVar

from django.db import models

from review.models import Decision


class UnreadDecision(models.Model):
    """Put here by a trigger on the decisions (migration 0002), in the decision's own transaction; taken away when its
    ten seconds are over. Review does not know who reads it."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, primary_key=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=["decided_at"], name="unread_decision_by_time")]

    def __str__(self) -> str:
        return f"unread decision {self.decision_id}"
