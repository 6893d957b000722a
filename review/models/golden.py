"""Golden cases: decided and agreed upon, given again for practice; and what was answered."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from review.models.case import Case
from review.models.decision import Decision

PERSON = settings.AUTH_USER_MODEL


class GoldenCase(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.ACTIVE, State.RETIRED): frozenset({Verb.GOLDEN_RETIRED}),
    }

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="golden")
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    # The agreed answer, and the revision of the conversation that it is about.
    disposition = models.CharField(max_length=20, choices=Decision.Disposition.choices)
    conversation_revision = models.PositiveIntegerField()
    # Encrypted under the conversation's key, since it may quote.
    why_sealed = models.BinaryField()
    marked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=20, choices=State.choices, default=State.ACTIVE)

    class Meta:
        constraints: ClassVar[list[Any]] = []
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee"], condition=models.Q(state="active"), name="golden_active")
        ]

    def __str__(self) -> str:
        return f"golden: {self.case}"

    def about(self) -> About:
        return self.case.about()


class GoldenAnswer(AppendOnly):
    """What one person answered in practice: shown to that person, and counted with those of four others at least."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="golden_answer")
    golden = models.ForeignKey(GoldenCase, on_delete=models.PROTECT, related_name="answers")
    answered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now, editable=False)
    disposition = models.CharField(max_length=20, choices=Decision.Disposition.choices)
    reason = models.CharField(max_length=20, choices=Decision.Reason.choices, blank=True)
    platform_action = models.CharField(max_length=10, choices=Decision.PlatformAction.choices, blank=True)
    # Null where the conversation had changed meanwhile: then the two are not about the same.
    agreed = models.BooleanField(null=True)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"answer to {self.golden_id}"
