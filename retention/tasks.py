"""A doorbell: it only says "look now", takes no argument, and may run twice, late or never."""

import time

from celery import shared_task

from accounts.row_scope import system_scope
from retention import sweep

# Short, so that a backlog never keeps a worker from scoring.
SECONDS_A_RUN = 10


@shared_task(name="retention.tasks.erase_what_is_due")
@system_scope("what is due of every licensee")
def erase_what_is_due() -> None:
    until = time.monotonic() + SECONDS_A_RUN
    sweep.call_again()
    while sweep.erase_due() and time.monotonic() < until:
        pass
