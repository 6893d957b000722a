"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from accounts.row_scope import system_scope
from review import holds, intake, intake_reports, queue


@shared_task(name="review.tasks.open_cases")
@system_scope("cases of every licensee")
def open_cases() -> None:
    intake.open_cases()
    intake.return_watched()
    intake_reports.open_reported()


@shared_task(name="review.tasks.expire_claims")
@system_scope("leases and holds of every licensee")
def expire_claims() -> None:
    queue.expire_claims()
    holds.resume_due()
