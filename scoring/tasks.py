"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

import time
from datetime import timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from accounts.row_scope import system_scope
from scoring import bulk_acts, bulk_running, drift, leftovers, outbox
from scoring.bulk_receiving import RUN_JOBS
from scoring.doorbell import ring
from scoring.models import IdempotentRequest
from scoring.pipeline import ModelFileError
from scoring.registry import ModelDamaged, NoChampion

# Short, so that a backlog of scoring never keeps a worker from opening cases.
SECONDS_A_RUN = 5
IDEMPOTENCY_HOURS = 24

log = structlog.get_logger(__name__)


@shared_task(name="scoring.tasks.score_pending")
@system_scope("conversations of every licensee")
def score_pending() -> None:
    """Score until nothing is pending or the time is up; then ring again, behind whoever else waits."""
    until = time.monotonic() + SECONDS_A_RUN
    try:
        while outbox.score_pending():
            if time.monotonic() >= until:
                return ring()
    except (NoChampion, ModelDamaged, ModelFileError) as nothing_to_score_with:
        log.warning("scoring waits", reason=str(nothing_to_score_with))


@shared_task(name=RUN_JOBS)
@system_scope("jobs of every licensee")
def run_jobs() -> None:
    """Step by step until no job is due or the time is up; then ring again, behind whoever else waits."""
    until = time.monotonic() + SECONDS_A_RUN
    while bulk_running.run_step():
        if time.monotonic() >= until:
            return ring(RUN_JOBS)


@shared_task(name="scoring.tasks.forget_jobs")
@system_scope("jobs of every licensee")
def forget_jobs() -> None:
    """What was never received to its end, or waits for too long, is deleted with its key."""
    bulk_acts.cancel_abandoned()
    bulk_acts.forget_old()


@shared_task(name="scoring.tasks.forget_idempotency_keys")
@system_scope("answers to every licensee")
def forget_idempotency_keys() -> None:
    IdempotentRequest.objects.filter(
        created_at__lt=timezone.now() - timedelta(hours=IDEMPOTENCY_HOURS)
    ).delete()


@shared_task(name="scoring.tasks.forget_leftovers")
@system_scope("what models left of every licensee")
def forget_leftovers() -> None:
    """What was kept only to compare models or to go on from, and serves neither any more."""
    leftovers.forget_old_shadows()
    leftovers.forget_unused_states()


@shared_task(name="scoring.tasks.watch_drift")
@system_scope("scores of every licensee")
def watch_drift() -> None:
    """Looks at the weeks that changed; what has drifted becomes an alert for the admins, and nothing else."""
    drift.watch()
