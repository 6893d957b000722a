"""What a licensee has set: effective-dated, written once; the newest that is in effect counts."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly, AppendOnlyQuerySet
from licensees.models.licensee import Licensee

# More would keep people from the cases that wait.
MOST_GOLDEN_PERCENT = 20


def usual_second_review_percent() -> int:
    """What a licensee begins with."""
    return int(settings.ARTEMIS_SECOND_REVIEW_PERCENT)


class PolicyQuerySet(AppendOnlyQuerySet["Policy"]):
    def in_force(self, licensee_id: int, *, at: datetime | None = None) -> "Policy":
        """Every licensee has one from its creation on (licensees/onboarding.py)."""
        effective = self.filter(licensee_id=licensee_id, effective_from__lte=at or timezone.now())
        return effective.latest("effective_from", "id")


class Policy(AppendOnly):
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="policies")
    effective_from = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300)
    # Probabilities between 0 and 1: at or over the first a person looks, at or over the second at once.
    flag_threshold = models.FloatField(default=0.7)
    imminent_threshold = models.FloatField(default=0.97)
    standard_due_hours = models.PositiveIntegerField(default=24)
    imminent_due_hours = models.PositiveIntegerField(default=1)
    # Against anchoring: a moderator sees no score of a case before their own first judgement on it.
    hides_score = models.BooleanField(default=False, db_default=False)
    # Of a hundred decisions that are no escalations, how many another person judges again, blindly, and within when.
    second_review_percent = models.PositiveSmallIntegerField(default=usual_second_review_percent)
    second_review_due_hours = models.PositiveIntegerField(default=72, db_default=72)
    # Of a hundred cases that a moderator is given, how many are golden: decided before, and only for practice.
    golden_percent = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(PolicyQuerySet)()

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(
                    flag_threshold__gt=0,
                    flag_threshold__lte=models.F("imminent_threshold"),
                    imminent_threshold__lte=1,
                ),
                name="policy_thresholds_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(second_review_percent__lte=100), name="policy_second_review_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(golden_percent__lte=MOST_GOLDEN_PERCENT), name="policy_few_are_golden"
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-effective_from"], name="policy_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.licensee} from {self.effective_from:%Y-%m-%d}"
