"""Waits until a checkpoint covers what was committed, where nothing may leave the house before."""

import time

from django.conf import settings
from django.db import connection

from audit.record import About
from audit.sealer import BELL
from audit.transitions import NotPossible

PAUSE = 0.02
NOT_SEALED = (
    "The trail has no checkpoint yet that covers this, so nothing was done. Try again in a minute; if it stays so, "
    "tell the operator that the sealer (manage.py seal_audit) does not run."
)

_PENDING = """
    SELECT EXISTS (
        SELECT FROM audit_auditpending AS pending JOIN audit_auditevent AS event ON event.id = pending.event_id
        WHERE event.case_reference = %s
    )
"""


def wait_for_checkpoint(about: About) -> None:
    """Until every entry of the case that is committed now is under a checkpoint; at most ARTEMIS_SEAL_SECONDS long.

    With 0 nothing waits: packets then say that no checkpoint covers them (manage.py check --deploy refuses that).
    """
    seconds = settings.ARTEMIS_SEAL_SECONDS
    if not seconds or not is_pending(about.case_reference):
        return
    ring()
    until = time.monotonic() + seconds
    while is_pending(about.case_reference):
        if time.monotonic() > until:
            raise NotPossible(NOT_SEALED, about=about)
        time.sleep(PAUSE)


def is_pending(case_reference: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, [case_reference])
        return bool(cursor.fetchone()[0])


def ring() -> None:
    """Not with every entry: a notification is one global lock at commit."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {BELL}")
