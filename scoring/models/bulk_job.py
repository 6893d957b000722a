"""Conversations that were handed in together, as a file: how far they are taken in, and what was refused."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from audit.record import About
from audit.verbs import Verb
from licensees.models import Licensee
from scoring.models.data_key import DataKey


class BulkJob(models.Model):
    """A body that is stored in sealed chunks, and then taken in line by line. Each chunk goes when it is done, and the
    key of all of them when the job ends."""

    class State(models.TextChoices):
        RECEIVING = "receiving", "Being received"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    class Priority(models.TextChoices):
        LIVE = "live", "Live"
        ARCHIVE = "archive", "Archive"

    OPEN: ClassVar[frozenset[str]] = frozenset({State.RECEIVING, State.RUNNING, State.PAUSED})
    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        (State.RECEIVING, State.RUNNING): frozenset({Verb.JOB_RECEIVED}),
        (State.RECEIVING, State.CANCELLED): frozenset({Verb.JOB_CANCELLED}),
        (State.RUNNING, State.PAUSED): frozenset({Verb.JOB_PAUSED}),
        (State.PAUSED, State.RUNNING): frozenset({Verb.JOB_RESUMED}),
        (State.RUNNING, State.CANCELLED): frozenset({Verb.JOB_CANCELLED}),
        (State.PAUSED, State.CANCELLED): frozenset({Verb.JOB_CANCELLED}),
        (State.RUNNING, State.DONE): frozenset({Verb.JOB_DONE}),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    licensee = models.ForeignKey(Licensee, on_delete=models.PROTECT, related_name="bulk_jobs")
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+")
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.LIVE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    # Of the key that brought it: what was sent in test is never taken in as live. Empty: by the operator.
    mode = models.CharField(max_length=4, blank=True)
    # Why it is paused or was cancelled by the machine, as a sentence.
    note = models.CharField(max_length=200, blank=True)
    # By which the same body is known again; blank after a day.
    idempotency_key = models.CharField(max_length=255, blank=True)
    # SHA-256 over the digests of its chunks, when all was received.
    fingerprint = models.BinaryField(max_length=32, null=True)
    chunks = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)

    # Lines of its first chunk that are done; and those of all chunks.
    line_in_chunk = models.PositiveIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0)
    conversations_accepted = models.BigIntegerField(default=0)
    conversations_duplicate = models.BigIntegerField(default=0)
    conversations_refused = models.BigIntegerField(default=0)
    messages_accepted = models.BigIntegerField(default=0)
    messages_duplicate = models.BigIntegerField(default=0)

    received_at = models.DateTimeField(default=timezone.now, editable=False)
    # The last chunk that came, or the last step that was done.
    worked_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # A worker's lease, or the pace of an archive: not looked at before this moment.
    run_after = models.DateTimeField(default=timezone.now)
    # Since the last step that succeeded; counted before the work, so that even a killed worker's counts.
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["licensee", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="bulk_job_once_per_key",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["done", "cancelled"], finished_at__isnull=False)
                | (~models.Q(state__in=["done", "cancelled"]) & models.Q(finished_at=None)),
                name="bulk_job_finished_at_with_its_end",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["run_after"], condition=models.Q(state="running"), name="bulk_job_running"),
            models.Index(fields=["licensee", "-received_at"], name="bulk_job_by_licensee"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"

    @property
    def is_archive(self) -> bool:
        return self.priority == self.Priority.ARCHIVE

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def about(self) -> About:
        return About(object_type="bulk_job", object_id=str(self.pk), licensee_id=self.licensee_id)


class BulkChunk(models.Model):
    """Whole lines, compressed and sealed under the job's key."""

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="waiting")
    number = models.PositiveIntegerField()
    first_line = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    # As they were sent, unpacked.
    bytes = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    body_sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["job", "number"], name="bulk_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of job {self.job_id}"


class BulkFault(models.Model):
    """A line that was not taken in, and why; never what it said."""

    job = models.ForeignKey(BulkJob, on_delete=models.CASCADE, related_name="faults")
    line = models.BigIntegerField()
    status = models.PositiveSmallIntegerField()
    # [{"pointer": …, "detail": …}]
    errors = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["job", "line"], name="bulk_fault_once"),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of job {self.job_id}"
