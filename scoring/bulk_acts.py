"""What an admin, or the clock, does with a job: pause, let go on, cancel."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.record import Actor
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from scoring.bulk_receiving import RUN_JOBS
from scoring.bulk_running import RUNNER
from scoring.doorbell import ring
from scoring.erasing import destroy_keys
from scoring.models import BulkChunk, BulkFault, BulkJob

# A body that broke off is waited for so long, and what is paused.
BROKE_OFF = timedelta(days=1)
PAUSED = timedelta(days=7)
FAULTS_KEPT = timedelta(days=30)
ABANDONED = (
    "The body never came to its end, or the job was paused for too long: what was stored of it is deleted."
)
ONLY_ADMINS = "Only admins do this with a job. Ask one of them."
OVER = "This job is over. Reload the page to see what came of it."

State = BulkJob.State


def pause(*, job_id: Any, by: User) -> BulkJob:
    """At the next line; what was taken in stays."""
    with transaction.atomic():
        return transition(_lock(job_id, by), to=State.PAUSED, by=by, verb=Verb.JOB_PAUSED, note="")


def resume(*, job_id: Any, by: User) -> BulkJob:
    with transaction.atomic():
        transaction.on_commit(lambda: ring(RUN_JOBS), robust=True)
        now = timezone.now()
        return transition(
            _lock(job_id, by), to=State.RUNNING, by=by, verb=Verb.JOB_RESUMED, note="", run_after=now
        )


def cancel(*, job_id: Any, by: User) -> BulkJob:
    """For good: the lines that are not done are deleted, and the key that they were sealed with."""
    with transaction.atomic():
        return _end(_lock(job_id, by), by=by)


def cancel_abandoned() -> int:
    now = timezone.now()
    rows = BulkJob.objects.select_for_update(skip_locked=True)
    with transaction.atomic():
        broke_off = rows.filter(state=State.RECEIVING, worked_at__lt=now - BROKE_OFF)
        paused = rows.filter(state=State.PAUSED, worked_at__lt=now - PAUSED)
        abandoned = [*broke_off, *paused]
        for job in abandoned:
            _end(job, by=RUNNER, note=ABANDONED)
    return len(abandoned)


def forget_old() -> None:
    """A key names another body after a day; which lines were refused is kept for a month, how many for good."""
    now = timezone.now()
    ended = BulkJob.objects.filter(received_at__lt=now - BROKE_OFF).exclude(state=State.RECEIVING)
    ended.exclude(idempotency_key="").update(idempotency_key="", fingerprint=None)
    BulkFault.objects.filter(job__finished_at__lt=now - FAULTS_KEPT).delete()


def _lock(job_id: Any, by: User) -> BulkJob:
    if not by.has_role(Role.ADMIN):
        raise NotAllowed(ONLY_ADMINS)
    job: BulkJob = BulkJob.objects.select_for_update().get(pk=job_id)
    if not job.is_open:
        raise NotPossible(OVER, about=job.about())
    return job


def _end(job: BulkJob, *, by: Actor, note: str = "") -> BulkJob:
    BulkChunk.objects.filter(job=job).delete()
    destroy_keys([job.data_key_id])
    payload = {"done": job.lines_done, "of": job.lines}
    return transition(
        job,
        to=State.CANCELLED,
        by=by,
        verb=Verb.JOB_CANCELLED,
        payload=payload,
        note=note,
        finished_at=timezone.now(),
    )
