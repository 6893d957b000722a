"""Counters of what one model saw and said for one licensee in one week, and the alerts that came of them."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from licensees.models import Licensee
from scoring.models.model_version import ModelVersion


class DriftWeek(models.Model):
    """Sums only, so that the worker adds to them. A conversation counts once a week, with its newest score of it."""

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    week = models.DateField(help_text="Its Monday (ISO 8601), in UTC")
    # Conversations that were judged, by the bins of their probability, and those at or over the threshold.
    scores = ArrayField(models.IntegerField())
    flagged = models.IntegerField(default=0)
    # {reason: conversations} of those that were not judged.
    abstained = models.JSONField(default=dict)
    # {characteristic: sum of its ratings over the conversations that were judged}
    characteristics = models.JSONField(default=dict)
    # Of the messages that were new in this week.
    messages = models.BigIntegerField(default=0)
    words = models.BigIntegerField(default=0)
    known_words = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField(default=timezone.now)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "model", "week"], name="drift_week_once"),
        ]

    def __str__(self) -> str:
        return f"week of {self.week} for {self.licensee_id} by {self.model_id}"

    @property
    def judged(self) -> int:
        return sum(self.scores)


class DriftAlert(models.Model):
    """Said once for each licensee, model, week and kind; recorded in the trail with it."""

    class Kind(models.TextChoices):
        REFERENCE = "reference", "scores, against the model's reference"
        RECENT = "recent", "scores, against the weeks before"
        VOCABULARY = "vocabulary", "words that the model knows"
        ABSTAINED = "abstained", "conversations not judged"
        CHARACTERISTICS = "characteristics", "characteristics"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="drift_alerts")
    week = models.DateField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    index = models.FloatField(help_text="The population stability index when it was noticed")
    noticed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "model", "week", "kind"], name="drift_alert_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} drifted in the week of {self.week}"
