"""A case: a conversation that a person has to judge."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from scoring.models import Conversation, Score


class CaseQuerySet(models.QuerySet["Case"]):
    def lock(self, case_id: int) -> "Case":
        """The case alone, locked until the transaction ends; never the joined rows with it."""
        return self.select_for_update(of=("self",)).select_related("licensee", "conversation").get(pk=case_id)


class Case(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_REVIEW = "in_review", "In review"
        ESCALATED = "escalated", "Escalated"
        DECIDED = "decided", "Decided"
        REFERRED = "referred", "Referred"

    class Lane(models.TextChoices):
        IMMINENT = "imminent", "Imminent"
        STANDARD = "standard", "Standard"

    CLOSED: ClassVar[frozenset[str]] = frozenset({State.DECIDED, State.REFERRED})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.WAITING, State.IN_REVIEW): frozenset({Verb.CASE_CLAIMED}),
        (State.IN_REVIEW, State.WAITING): frozenset({Verb.CASE_RELEASED, Verb.CLAIM_EXPIRED}),
        (State.IN_REVIEW, State.DECIDED): frozenset({Verb.CASE_DECIDED}),
        (State.IN_REVIEW, State.ESCALATED): frozenset({Verb.CASE_DECIDED}),
        # An escalation that was declined or withdrawn: the case needs another judgement.
        (State.ESCALATED, State.WAITING): frozenset({Verb.CASE_RETURNED}),
        (State.ESCALATED, State.REFERRED): frozenset({Verb.CASE_REFERRED}),
    }

    reference = models.CharField(max_length=20, unique=True)
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="cases")
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="cases")
    # Why it was opened. Unique: intake may run as often as it likes.
    opened_by_score = models.OneToOneField(Score, on_delete=models.PROTECT, related_name="case")
    band = models.CharField(max_length=10, choices=Score.Band.choices)
    lane = models.CharField(max_length=10, choices=Lane.choices)
    # 0 is taken first; derived from the lane when the case opens, so that one index orders the queue.
    lane_order = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    closed_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(closed_at=None),
                name="case_one_open_per_conversation",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["decided", "referred"], closed_at__isnull=False)
                | (~models.Q(state__in=["decided", "referred"]) & models.Q(closed_at=None)),
                name="case_closed_at_with_closed_state",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["licensee", "lane_order", "due_at", "id"],
                condition=models.Q(state="waiting"),
                name="case_queue",
            ),
            models.Index(fields=["licensee", "state", "-opened_at"], name="case_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_closed(self) -> bool:
        return self.state in self.CLOSED

    def about(self) -> About:
        return About(
            object_type="case",
            object_id=str(self.pk),
            licensee_id=self.licensee_id,
            case_reference=self.reference,
        )


class CaseNumber(models.Model):
    """The last case number of each licensee."""

    licensee = models.OneToOneField(Licensee, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.licensee_id}: {self.last}"
