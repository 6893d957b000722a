"""A machine's rating of a conversation at one revision; never a finding."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from scoring.models.conversation import Conversation
from scoring.models.message import Message
from scoring.models.model_version import ModelVersion


class Score(models.Model):
    class Band(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        IMMINENT = "imminent", "Imminent"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="scores")
    revision = models.PositiveIntegerField()
    message_count = models.PositiveIntegerField()
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+", null=True)
    # Null where the machine abstains; `abstained` then says why, so that silence never reads as safe.
    probability = models.FloatField(null=True)
    abstained = models.CharField(max_length=40, blank=True)
    band = models.CharField(max_length=10, choices=Band.choices, blank=True)
    flagged = models.BooleanField(default=False)
    # The licensee's thresholds at that moment.
    threshold = models.FloatField()
    imminent_threshold = models.FloatField()
    # {characteristic key: rating 0..1} for the conversation as a whole.
    characteristics = models.JSONField(default=dict)
    scored_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "revision"], name="score_once_per_revision"),
            models.CheckConstraint(
                condition=models.Q(probability=None, flagged=False, band="") & ~models.Q(abstained="")
                | models.Q(probability__gte=0, probability__lte=1, abstained="") & ~models.Q(band=""),
                name="score_or_abstained",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["id"], condition=models.Q(flagged=True), name="score_flagged"),
        ]

    def __str__(self) -> str:
        return f"score of conversation {self.conversation_id} at revision {self.revision}"


class MessageRating(models.Model):
    """What one message added to the newest score of its conversation, and its ratings."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="rating")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    # In units of the conversation's log-odds: contributions and the intercept add up to the score.
    contribution = models.FloatField()
    # {characteristic key: rating 0..1}, only those at or over the level that is worth showing.
    ratings = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"rating of {self.message_id}"
