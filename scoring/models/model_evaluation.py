"""What an evaluation run measured of a model: its card as it came out, kept as it is."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from scoring.models.model_version import ModelVersion


class ModelEvaluation(AppendOnly):
    """Figures that people choose by, so nobody changes them afterwards: a later run is another row."""

    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="evaluations")
    card = models.JSONField(help_text="Counts and figures, never text")
    corpus_digest = models.CharField(max_length=64, help_text="SHA-256 of the corpus that it was measured on")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # As in the trail: a person, or the command that ran.
    created_by = models.CharField(max_length=60)

    class Meta(AppendOnly.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["model", "-created_at"], name="evaluation_of_model"),
        ]

    def __str__(self) -> str:
        return f"evaluation of {self.model} on {self.corpus_digest[:8]}"
