"""A label with a place: what a person sees in a message. Superseded by a newer one, never edited."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from review.models.case import Case
from scoring.models import Message


class Annotation(AppendOnly):
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="annotations")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="annotations")
    # Characters of the message's text from start to before end; both null: the message as a whole.
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    # A key of scoring/characteristics.py; empty where this row only takes back the one it supersedes.
    characteristic = models.CharField(max_length=40, blank=True)
    # Encrypted under the conversation's key, since a note may quote.
    note_sealed = models.BinaryField(null=True)
    annotated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    annotated_at = models.DateTimeField(default=timezone.now, editable=False)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="superseded_by"
    )

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(start=None, end=None) | models.Q(start__lt=models.F("end")),
                name="annotation_span_whole_or_ordered",
            ),
            models.CheckConstraint(
                condition=~models.Q(characteristic="") | models.Q(supersedes__isnull=False),
                name="annotation_says_something",
            ),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["case", "message"], name="annotation_by_case")]

    def __str__(self) -> str:
        return f"{self.characteristic or 'withdrawn'} on {self.message_id}"
