"""A withdrawal: who decided took the decision back before it left the building. Both rows stay."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.decision import Decision


class Withdrawal(AppendOnly):
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="withdrawal")
    # A composite foreign key (migration 0005) holds this equal to the decision's decided_by.
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"decision {self.decision_id} withdrawn"
