"""A conversation and its participants, as a platform sent them."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone

from audit.record import About
from licensees.models import Licensee
from scoring.models.data_key import DataKey
from scoring.models.index_key import IndexKey
from scoring.models.model_version import ModelVersion
from scoring.models.under_hold import refusing_another_key, refusing_blanking, refusing_deletion


class Conversation(models.Model):
    """Evidence as received. `revision` counts the calls that changed it; the worker scores what is newer than
    `scored_revision`. The row itself is the outbox: Celery only says "look now"."""

    class Kind(models.TextChoices):
        DIRECT = "direct", "Direct"
        GROUP = "group", "Group"
        PUBLIC = "public", "Public"

    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="conversations")
    external_id = models.CharField(max_length=200, help_text="The platform's own id")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DIRECT)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47, as the platform declared it")
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+")
    # After an erasure: what seals the models' states, which hold no word, until the conversation goes on under it.
    next_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, null=True, related_name="+")
    # Sent while its licensee was in test, and not since: its cases are for practice.
    in_test = models.BooleanField(default=False, db_default=False)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    first_message_at = models.DateTimeField(null=True)
    last_message_at = models.DateTimeField(null=True)
    message_count = models.PositiveIntegerField(default=0)

    revision = models.PositiveIntegerField(default=1)
    scored_revision = models.PositiveIntegerField(default=0)
    # The last revision that changed what an earlier message says: what was kept of it before is stale.
    rewritten_revision = models.PositiveIntegerField(default=0)
    # The model whose evidence its messages carry; another one has to read the whole conversation first.
    rated_by = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # Came in with an archive and nothing since: scored behind what people write now.
    is_archive = models.BooleanField(default=False, db_default=False)
    # A worker's lease, or a pause after a failure: not looked at before this moment.
    score_after = models.DateTimeField(default=timezone.now)
    # Attempts since the last success; counted before the work, so that even a killed worker's counts.
    scoring_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["licensee", "external_id"], name="conversation_once"),
            models.CheckConstraint(
                condition=models.Q(scored_revision__lte=models.F("revision")),
                name="conversation_scored_not_ahead",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["is_archive", "score_after", "id"],
                condition=models.Q(scored_revision__lt=models.F("revision")),
                name="conversation_pending",
            ),
            models.Index(fields=["licensee", "-received_at"], name="conversation_by_licensee"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_deletion(conversation="OLD.id"),
            refusing_another_key(),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    @property
    def is_erased(self) -> bool:
        """Something of it was, also where it has gone on since: what was said of it then cannot be read."""
        gone: bool = self.data_key.destroyed_at is not None or self.erasures.exists()
        return gone

    def about(self) -> About:
        return About(
            object_type="conversation",
            object_id=str(self.pk),
            licensee_id=self.licensee_id,
        )


class Participant(models.Model):
    """An account in a conversation. Its id and identifying facts are encrypted under the conversation's key, and it is
    known again by its index (scoring/blind_index.py), which outlives them."""

    class AgeBand(models.TextChoices):
        UNDER_13 = "under_13", "under 13"
        FROM_13 = "13_15", "13–15"
        FROM_16 = "16_17", "16–17"
        ADULT = "adult", "adult"
        UNKNOWN = "unknown", "unknown"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants")
    # The platform's id of the account; null where it was erased. See evidence.
    external_id_sealed = models.BinaryField(null=True)
    # 0, 1, 2 … in order of appearance: shown as Account A, Account B …
    position = models.PositiveIntegerField()
    declared_age_band = models.CharField(max_length=10, choices=AgeBand.choices, default=AgeBand.UNKNOWN)
    account_created_at = models.DateTimeField(null=True)
    # Null where the account was forgotten for its owner.
    account_index = models.BinaryField(max_length=32, null=True)
    index_key = models.ForeignKey(
        IndexKey, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # Encrypted JSON of display_name and facts; see vault.
    identity_sealed = models.BinaryField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["conversation", "account_index"], name="participant_once"),
            models.UniqueConstraint(fields=["conversation", "position"], name="participant_position_once"),
        ]
        # A moderator finds an account's cases by it.
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["account_index"], name="participant_by_index"),
            models.Index(fields=["index_key", "id"], name="participant_by_index_key"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_deletion(conversation="OLD.conversation_id"),
            refusing_blanking("identity_sealed", "external_id_sealed", conversation="OLD.conversation_id"),
        ]

    def __str__(self) -> str:
        return f"Account {self.letter}"

    @property
    def letter(self) -> str:
        """A … Z, AA, AB …: a pseudonym that says nothing."""
        number, letters = self.position + 1, ""
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("A") + rest) + letters
        return letters
