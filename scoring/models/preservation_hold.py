"""A preservation hold: evidence that the law, or a person with a reason, wants kept until a day."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from scoring.models.conversation import Conversation
from scoring.models.data_key import DataKey


class PreservationHold(AppendOnly):
    """Written once; an extension is another row with a later day. No foreign key in the database: the row outlives
    what it held. While one is in force, triggers refuse to delete the conversation and all that belongs to it."""

    class What(models.TextChoices):
        CONTENT = "content", "Content"
        REFERENCE = "reference", "Reference of the report"

    conversation = models.ForeignKey(
        Conversation, on_delete=models.DO_NOTHING, db_constraint=False, related_name="preservation_holds"
    )
    # The key of the packet that was sent, so that it cannot be destroyed either.
    packet_key = models.ForeignKey(
        DataKey, on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    what = models.CharField(max_length=10, choices=What.choices, default=What.CONTENT)
    until = models.DateTimeField()
    basis = models.CharField(max_length=200)
    # What it was placed for, as “delivery 12”.
    source = models.CharField(max_length=60, blank=True)
    # Until migration 0009 a person's words stood here in clear; the database takes none any more.
    reason = models.CharField(max_length=300, blank=True)
    reason_sealed = models.BinaryField(null=True)
    placed_by = models.CharField(max_length=60)
    placed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["placed_at", "id"]
        constraints: ClassVar[list[Any]] = []
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["conversation", "until"], name="hold_by_conversation"),
            models.Index(fields=["packet_key"], condition=~models.Q(packet_key=None), name="hold_by_key"),
        ]

    def __str__(self) -> str:
        return f"hold of {self.conversation_id} until {self.until:%Y-%m-%d}"
