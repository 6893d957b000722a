"""Who has really seen which message: the source of "viewed by a human" in a referral."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.case import Case
from scoring.models import Message


class Reveal(AppendOnly):
    """The first time that this person had this message's text shown. Each further time is in the trail."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reveals")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="reveals")
    revealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revealed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case", "message", "revealed_by"], name="reveal_once_per_person"),
        ]
        # What one person has read today, whatever they read before.
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["revealed_by", "revealed_at"], name="reveal_by_person")
        ]

    def __str__(self) -> str:
        return f"{self.message_id} seen by {self.revealed_by_id}"
