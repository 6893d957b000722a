"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from accounts.row_scope import system_scope
from licensees.applications import forget_unconfirmed
from licensees.assignments import end_lapsed


@shared_task(name="licensees.tasks.sweep")
@system_scope("assignments to every licensee that have ended")
def sweep() -> None:
    end_lapsed()
    forget_unconfirmed()
