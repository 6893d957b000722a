"""Sixteen writers with slow transactions against the running sealer: no entry is lost, and none is sealed twice.

ARTEMIS_TRAIL_ENTRIES says how many entries: 50,000 is what the trail is judged by, the suite takes fewer.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection, transaction

from audit.models import AuditEvent, AuditLeaf, AuditPending
from audit.record import About, Machine, record
from audit.sealed_trail import check_places
from audit.sealer import BELL
from audit.tests.test_sealing import recomputed
from audit.verbs import Verb
from audit.verify import check_cases
from tests.machinery import wait_until
from tests.sealing import Seal

pytestmark = pytest.mark.django_db(transaction=True)
ENTRIES = int(os.environ.get("ARTEMIS_TRAIL_ENTRIES", "1600"))
WRITERS = 16


class Undone(Exception):
    """A test's own reason to roll back."""


def act(writer: int) -> None:
    chance = random.Random(writer)
    try:
        for turn in range(ENTRIES // WRITERS):
            _one_act(f"NW-{chance.randrange(40)}", slow=chance.random() < 0.2, pause=chance.random() / 50)
            if turn % 10 == 0:
                _undone(f"NW-{chance.randrange(40)}")
    finally:
        connection.close()


def _one_act(case: str, *, slow: bool, pause: float) -> None:
    """The entry stands before the pause, so that later ones overtake it."""
    with transaction.atomic():
        record(Verb.CASE_ANNOTATED, by=Machine("tests"), about=About("case", "1", 1, case_reference=case))
        if slow:
            time.sleep(pause)


def _undone(case: str) -> None:
    with suppress(Undone), transaction.atomic():
        record(Verb.CASE_ANNOTATED, by=Machine("tests"), about=About("case", "1", 1, case_reference=case))
        raise Undone


def test_none_is_lost_and_none_is_sealed_twice(seal: Seal) -> None:
    stop = threading.Event()
    sealing = threading.Thread(target=seal.sealer.run, args=[stop], kwargs={"seconds": 0.05})
    sealing.start()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(act, range(WRITERS)))
    wait_until(lambda: not AuditPending.objects.exists(), seconds=60, what="everything to be sealed")
    stop.set()
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {BELL}")
    sealing.join(timeout=30)
    expected = ENTRIES // WRITERS * WRITERS
    assert AuditEvent.objects.count() == AuditLeaf.objects.count() == expected
    assert AuditLeaf.objects.values("event_id").distinct().count() == expected
    assert recomputed() == seal.sealer.published.last()
    assert [*check_places(), *check_cases()] == []
