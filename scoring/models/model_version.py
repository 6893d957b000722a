"""A registered model: its digest, its card, whether it scores or is compared; and apart from that, its bytes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb

# Said on every page as long as the model that scores was trained to show the path only.
DEMONSTRATION = "Demonstration model, not deployable"


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def demonstrating(self) -> "ModelVersionQuerySet":
        """The champion, if it was trained to show the path only."""
        return self.filter(state=ModelVersion.State.CHAMPION, is_demonstration=True)


class ModelVersion(models.Model):
    """The champion scores. The challenger scores the same traffic beside it, for comparison only."""

    class State(models.TextChoices):
        REGISTERED = "registered", "Registered"
        CHALLENGER = "challenger", "Challenger"
        CHAMPION = "champion", "Champion"
        RETIRED = "retired", "Retired"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.REGISTERED, State.CHALLENGER): frozenset({Verb.MODEL_CHALLENGER_NAMED}),
        (State.REGISTERED, State.CHAMPION): frozenset({Verb.MODEL_PROMOTED}),
        (State.CHALLENGER, State.CHAMPION): frozenset({Verb.MODEL_PROMOTED, Verb.MODEL_ROLLED_BACK}),
        (State.CHALLENGER, State.RETIRED): frozenset({Verb.MODEL_CHALLENGER_WITHDRAWN}),
        (State.CHAMPION, State.RETIRED): frozenset({Verb.MODEL_PROMOTED, Verb.MODEL_ROLLED_BACK}),
        (State.RETIRED, State.CHALLENGER): frozenset({Verb.MODEL_CHALLENGER_NAMED}),
        (State.RETIRED, State.CHAMPION): frozenset({Verb.MODEL_PROMOTED, Verb.MODEL_ROLLED_BACK}),
    }

    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the model's bytes")
    card = models.JSONField(default=dict, help_text="What the training run measured")
    is_demonstration = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.REGISTERED)
    # The champion whose place it took when it was last promoted: the one that a roll-back brings back.
    predecessor = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    # Conversations that it failed on as challenger; the champion's scoring went on without it.
    shadow_faults = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = models.Manager.from_queryset(ModelVersionQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="champion"),
                name="model_one_champion",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state="challenger"),
                name="model_one_challenger",
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
