"""Who was shown the names behind the pseudonyms of a case, and for which purpose."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.case import Case


class Unveiling(AppendOnly):
    """From here on this person sees the names in this case; each time is in the trail."""

    class Purpose(models.TextChoices):
        SAME_ACCOUNT = "same_account", "To find other cases of the same account"
        DANGER = "danger", "To judge how near a danger is"
        PLATFORM = "platform", "To name the account to the platform"
        REFERRAL = "referral", "To prepare a referral"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="unveilings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    unveiled_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case", "person"], name="unveiling_once_per_person"),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="unveiling_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} unveiled to {self.person_id}"
