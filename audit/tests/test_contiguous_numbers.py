"""The numbers of a case's entries have no gap and no double, however many act on it at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from audit.models import AuditEvent, CaseCounter
from audit.record import About, Machine, record
from audit.verbs import Verb
from audit.verify import check_cases, numbers_of

THREADS = 8
ACTS = 25
CASES = ("NW-1", "NW-2", "LS-1")


pytestmark = pytest.mark.django_db(transaction=True)


class Undone(Exception):
    """A test's own reason to roll back."""


def act(number: int) -> None:
    """Each thread acts on every case in turn, and every fifth act is rolled back."""
    try:
        for turn in range(ACTS):
            _one_act(CASES[turn % len(CASES)], undone=(number + turn) % 5 == 0)
    finally:
        connection.close()


def _one_act(case_reference: str, *, undone: bool) -> None:
    about = About(object_type="case", object_id="1", case_reference=case_reference)
    try:
        with transaction.atomic():
            record(Verb.CASE_ANNOTATED, by=Machine("tests"), about=about)
            if undone:
                raise Undone
    except Undone:
        pass


def test_eight_at_once_leave_neither_gap_nor_double() -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(act, range(THREADS)))
    assert AuditEvent.objects.count() == THREADS * ACTS * 4 // 5
    for reference in CASES:
        numbers = AuditEvent.objects.filter(case_reference=reference).values_list("case_sequence", flat=True)
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert CaseCounter.objects.get(pk=reference).last == len(numbers)
    assert list(check_cases()) == []


def test_the_numbers_are_told_in_words() -> None:
    for _ in range(3):
        _one_act("NW-1", undone=False)
    assert str(numbers_of("NW-1")) == "1–3, no gap"
    assert numbers_of("NW-9") is None
