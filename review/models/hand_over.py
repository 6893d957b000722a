"""A hand-over: a claim that passed from one named person to another, written once."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.claim import Claim


class HandOver(AppendOnly):
    # The claim that ended and the one that began by it: who, about what and when is theirs to say.
    from_claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="handed_on")
    to_claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="handed_over")
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField(default=timezone.now, editable=False)
    # Encrypted under the conversation's key, since it may quote.
    note_sealed = models.BinaryField(null=True)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(from_claim=models.F("to_claim")), name="hand_over_between_two_claims"
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.from_claim_id} handed over as {self.to_claim_id}"
