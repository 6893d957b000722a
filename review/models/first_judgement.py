"""A first judgement: how much concerns a person in a conversation, said before they see what the machine rated."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.case import Case


class FirstJudgement(AppendOnly):
    """Once a person and case; from here on this person sees the score of this case."""

    class Concern(models.TextChoices):
        NONE = "none", "No concern"
        SOME = "some", "Some concern"
        SERIOUS = "serious", "Serious concern"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="first_judgements")
    judged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(default=timezone.now, editable=False)
    concern = models.CharField(max_length=10, choices=Concern.choices)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["case", "judged_by"], name="first_judgement_once_per_person"),
            models.CheckConstraint(
                condition=models.Q(concern__in=["none", "some", "serious"]), name="first_judgement_is_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.concern} on {self.case_id}"
