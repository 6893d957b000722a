"""The trail: one row per act, written in the act's own transaction, never changed."""

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from audit.append_only import AppendOnly, refusing_triggers


class AuditEvent(AppendOnly):
    """One recordable act. `entry` is the canonical JSON (RFC 8785) of all the other columns, and what the
    leaf hash covers, so that a column changed on its own is found by comparing it with its entry.
    No foreign keys: the trail outlives what it speaks of. Ids and digests only, never message text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    actor_roles = models.CharField(max_length=60, blank=True)
    licensee_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    case_reference = models.CharField(max_length=40, blank=True)
    # Contiguous per case, so that a row taken out of the middle leaves a hole.
    case_sequence = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    payload = models.JSONField(default=dict)
    # Random, inside the leaf: the hash of a short entry cannot be guessed after its subject is erased.
    nonce = models.BinaryField(max_length=16)
    entry = models.TextField()
    # SHA-256(0x00 || entry), the leaf hash of RFC 6962, computed by the database.
    leaf_hash = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["case_reference", "case_sequence"],
                name="audit_case_sequence_once",
            ),
            models.CheckConstraint(
                condition=models.Q(case_reference="", case_sequence=None)
                | (~models.Q(case_reference="") & models.Q(case_sequence__isnull=False)),
                name="audit_case_sequence_with_case",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["licensee_id", "-at"], name="audit_by_licensee"),
            models.Index(fields=["actor", "-at"], name="audit_by_actor"),
            BrinIndex(fields=["at"], name="audit_by_time"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_triggers(),
            pgtrigger.Trigger(
                name="compute_leaf_hash",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.leaf_hash = sha256('\\x00'::bytea || convert_to(NEW.entry, 'UTF8')); RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="queue_for_sealing",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="INSERT INTO audit_auditpending (event_id) VALUES (NEW.id); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.verb} by {self.actor}"


class AuditPending(models.Model):
    """Entries that no checkpoint covers yet. A queue, not `id > last`: ids commit out of order."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, db_constraint=False)

    def __str__(self) -> str:
        return str(self.event_id)


class Sealed(AppendOnly):
    """What only the sealer writes; the application may read it."""

    written_by_sealer: ClassVar[bool] = True

    class Meta(AppendOnly.Meta):
        abstract = True


class AuditLeaf(Sealed):
    """An entry's place in the tree, and the hash that stands there."""

    index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.PROTECT, db_constraint=False, related_name="leaf"
    )
    leaf_hash = models.BinaryField(max_length=32)

    class Meta(Sealed.Meta):
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(index__gte=0), name="audit_leaf_counts_from_zero"),
        ]

    def __str__(self) -> str:
        return f"leaf {self.index}"


class AuditSubtree(Sealed):
    """The hash of a complete subtree, kept at each fourth level (`audit.merkle`)."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"subtree {self.level}/{self.index}"


class AuditCheckpoint(Sealed):
    """A signed statement of size and root. `frontier` is the edge of the tree, from which the sealer goes on."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()
    note = models.TextField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta(Sealed.Meta):
        get_latest_by = "size"

    def __str__(self) -> str:
        return f"checkpoint of {self.size:,} entries"


class CheckpointDispatch(models.Model):
    """Which checkpoint a third party was given last, and what keeps it from the newest (`audit.outbox`)."""

    destination = models.CharField(max_length=300, primary_key=True)
    size = models.BigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.destination}: {self.size:,}"


class CaseCounter(models.Model):
    """The last sequence number given to each case; incremented in the act's own transaction."""

    case_reference = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.case_reference}: {self.last}"
