"""A claim: a lease on a case. It ends by itself, and at most one is open per case and per person."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from review.models.case import Case


class Claim(models.Model):
    class Ending(models.TextChoices):
        RELEASED = "released", "Released"
        EXPIRED = "expired", "Expired"
        DECIDED = "decided", "Decided"
        HELD = "held", "Put on hold"
        HANDED_ON = "handed_on", "Handed on"
        # Given by auto-advance, and given back because the decision before it was withdrawn: no “not me”.
        GIVEN_BACK = "given_back", "Given back"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="claims")
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claims")
    claimed_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(ended_at=None),
                name="claim_one_open_per_case",
            ),
            models.UniqueConstraint(
                fields=["holder"],
                condition=models.Q(ended_at=None),
                name="claim_one_open_per_person",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ending="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(ending="")),
                name="claim_ending_with_ended_at",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(ended_at=None),
                name="claim_expiring",
            ),
            models.Index(fields=["holder", "-claimed_at"], name="claim_by_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.case} held by {self.holder}"
