"""An erasure: what a conversation said is gone for good, by which rule, and what of it stayed. Written once."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from licensees.models import Licensee
from scoring.models.conversation import Conversation
from scoring.models.data_key import DataKey


class Erasure(AppendOnly):
    """Its key was destroyed and its ciphertext overwritten. Scores, counts, times and keyed digests stay.

    A conversation that goes on afterwards has another key; a message names the erasure that took its text.
    """

    class Rule(models.TextChoices):
        UNFLAGGED = "unflagged", "no case came of it"
        DISMISSED = "dismissed", "its case was closed without action"
        ACTED = "acted", "the platform acted on its case"
        MONITORED = "monitored", "its case was monitored until a day"
        REFERRED = "referred", "it was referred, and nothing holds it any more"
        WITHDRAWN = "withdrawn", "its platform took it back"
        REQUESTED = "requested", "one of its accounts asked for erasure"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="erasures")
    # The key that was destroyed.
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="erasure")
    rule = models.CharField(max_length=10, choices=Rule.choices)
    # The time that the rule gave, in words, as “48 hours after the last message”; empty where somebody asked.
    term = models.CharField(max_length=80, blank=True)
    # How many texts, earlier versions of texts, and identities of accounts were overwritten.
    messages = models.PositiveIntegerField()
    versions = models.PositiveIntegerField()
    identities = models.PositiveIntegerField()
    erased_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_by = models.CharField(max_length=60)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["erased_at", "id"]
        constraints: ClassVar[list[Any]] = []
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee", "-erased_at"], name="erasure_by_licensee"),
        ]

    def __str__(self) -> str:
        return f"erasure of conversation {self.conversation_id} on {self.erased_at:%Y-%m-%d}"

    @property
    def sentence(self) -> str:
        """What stands in the place of a text."""
        day, why = f"{self.erased_at:%-d %B %Y}", self.get_rule_display()
        term = f", and {self.term} had passed" if self.term else ""
        return f"Erased on {day}: {why}{term}."
