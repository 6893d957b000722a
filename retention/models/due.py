"""When a conversation is looked at next: a queue, so that looking costs what is due and not what is kept."""

from typing import Any, ClassVar

from django.db import models

from licensees.models import Licensee
from scoring.models import Conversation


class Due(models.Model):
    """A trigger (migration 0001) writes one for each conversation, and calls it again when an erased one goes on.

    `look_at` is when, by what was known when it was last looked at; nothing is erased by it. What is due is found
    anew each time, under the locks, from the facts.
    """

    class Kind(models.TextChoices):
        NEW = "new", "not looked at yet"
        UNFLAGGED = "unflagged", "no case came of it"
        DISMISSED = "dismissed", "closed without action"
        ACTED = "acted", "the platform acted"
        MONITORED = "monitored", "monitored until a day"
        REFERRED = "referred", "referred"
        HELD = "held", "under a preservation hold"
        OPEN = "open", "a case is open"
        BUSY = "busy", "a review, a session, a delivery or an answer is under way"
        UNSCORED = "unscored", "waits to be scored"
        STATES = "states", "erased but for what models counted"
        DONE = "done", "erased"

    # Those at whose end something is erased.
    ENDING: ClassVar[frozenset[str]] = frozenset(
        {Kind.UNFLAGGED, Kind.DISMISSED, Kind.ACTED, Kind.MONITORED, Kind.REFERRED, Kind.STATES}
    )

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="due"
    )
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NEW)
    # Null where nothing is left to erase.
    look_at = models.DateTimeField(null=True)
    # The terms by which it was looked at; 0 for the usual ones, null before the first time.
    judged_under = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "due"
        constraints: ClassVar[list[Any]] = []
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["look_at"], condition=~models.Q(look_at=None), name="due_next"),
            models.Index(
                fields=["licensee", "kind", "look_at"],
                condition=~models.Q(look_at=None),
                name="due_by_licensee",
            ),
            models.Index(
                fields=["licensee", "judged_under"],
                condition=models.Q(look_at__isnull=False, judged_under__isnull=False),
                name="due_by_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.conversation_id} at {self.look_at}"
