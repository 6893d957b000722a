"""How long a licensee's evidence is kept: effective-dated, written once; the newest that is in effect counts."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly, AppendOnlyQuerySet
from licensees.models import Licensee
from retention.usual_terms import usual_for

# (least, most) of each figure; the database holds the same.
BOUNDS: dict[str, tuple[int, int]] = {
    "unflagged_hours": (1, 720),
    "dismissed_days": (1, 366),
    "acted_days": (1, 732),
    "referred_days": (90, 3_660),
    "states_days": (0, 366),
}


class TermsQuerySet(AppendOnlyQuerySet["Terms"]):
    def in_force(self, licensee: Licensee, *, at: datetime | None = None) -> "Terms":
        """What it has set; else what is usual where it is established, which is no row and has no key."""
        effective = self.filter(licensee=licensee, effective_from__lte=at or timezone.now())
        return effective.order_by("effective_from", "id").last() or usual_terms(licensee)


def usual_terms(licensee: Licensee) -> "Terms":
    usual = usual_for(licensee.jurisdiction)
    return Terms(licensee=licensee, reason=usual.basis, **usual.figures)


class Terms(AppendOnly):
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateTimeField(default=timezone.now)
    set_at = models.DateTimeField(default=timezone.now, editable=False)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    # From the last message, where no case came of a conversation.
    unflagged_hours = models.PositiveIntegerField()
    # From when a case was closed: without action, or from the day until which its conversation was monitored; with an
    # act of the platform, against which the account may appeal; with a referral, beside which holds stand.
    dismissed_days = models.PositiveIntegerField()
    acted_days = models.PositiveIntegerField()
    referred_days = models.PositiveIntegerField()
    # From the last message: what models counted, numbers without a word, so that a slow approach is still seen.
    states_days = models.PositiveIntegerField()

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(TermsQuerySet)()

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(**{f"{name}__range": bounds for name, bounds in BOUNDS.items()}),
                name="terms_within_bounds",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-effective_from"], name="terms_in_force")
        ]

    def __str__(self) -> str:
        return f"{self.licensee} keeps from {self.effective_from:%Y-%m-%d}"

    @property
    def figures(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in BOUNDS}

    @property
    def is_usual(self) -> bool:
        return self.pk is None
