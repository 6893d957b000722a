"""What the challenger would have said of a conversation at one revision; compared by count, followed by nothing."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from scoring.models.conversation import Conversation
from scoring.models.model_version import ModelVersion


class ShadowScore(models.Model):
    """Never a flag, never a case, never told to a platform or a moderator. Rows go after `leftovers.SHADOW_DAYS`."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    probability = models.FloatField(null=True)
    abstained = models.CharField(max_length=40, blank=True)
    # Whether it is at or over the threshold that the licensee had in force at that moment.
    would_flag = models.BooleanField(default=False)
    scored_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["conversation", "revision", "model"], name="shadow_score_once_per_revision"
            ),
            models.CheckConstraint(
                condition=models.Q(probability=None, would_flag=False) & ~models.Q(abstained="")
                | models.Q(probability__gte=0, probability__lte=1, abstained=""),
                name="shadow_score_or_abstained",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["model", "scored_at"], name="shadow_score_by_time"),
        ]

    def __str__(self) -> str:
        return f"shadow score of conversation {self.conversation_id} at revision {self.revision}"
