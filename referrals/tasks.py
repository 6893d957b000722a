"""Doorbells: each task only says "look now", takes no argument, and may run twice, late or never."""

from celery import shared_task

from accounts.row_scope import system_scope
from referrals import notices, sending


@shared_task(name="referrals.tasks.send_notices")
@system_scope("notices to supervisors of every licensee")
def send_notices() -> None:
    """Tells people that something waits for them; it answers nothing in their place."""
    notices.send_notices()


@shared_task(name="referrals.tasks.send_released")
@system_scope("packets that people of every licensee released")
def send_released() -> None:
    """Carries out what a person released; what nobody released is not even looked at."""
    sending.send_released()
