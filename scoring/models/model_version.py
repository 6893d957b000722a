"""A registered model: its digest, its card, whether it is the one that scores; and apart from that, its bytes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb


class ModelVersion(models.Model):
    class State(models.TextChoices):
        REGISTERED = "registered", "Registered"
        CHAMPION = "champion", "Champion"
        RETIRED = "retired", "Retired"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.REGISTERED, State.CHAMPION): frozenset({Verb.MODEL_PROMOTED}),
        (State.CHAMPION, State.RETIRED): frozenset({Verb.MODEL_PROMOTED}),
        (State.RETIRED, State.CHAMPION): frozenset({Verb.MODEL_PROMOTED}),
    }

    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the model's bytes")
    card = models.JSONField(default=dict, help_text="What the training run measured")
    is_demonstration = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REGISTERED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="champion"),
                name="model_one_champion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.digest[:8]}"

    def about(self) -> About:
        return About(object_type="model", object_id=str(self.pk))


class ModelArtifact(models.Model):
    """The bytes, in the database so that every worker host has them and they are backed up with what they scored.

    A table of their own: a score is read with its model on many pages, and megabytes must not come along.
    """

    version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="artifact"
    )
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"bytes of {self.version}"
