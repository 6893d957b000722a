"""Checks the trail against itself: each entry against its columns and its hash, each case's numbers for holes."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from audit.models import AuditEvent
from audit.record import canonical_entry

CHUNK = 2000
LEAF = b"\x00"  # RFC 6962: a leaf's hash begins with this byte, so that it is never taken for a node's


@dataclass(frozen=True)
class Fault:
    """What does not agree, and where."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


def leaf_hash(entry: str) -> bytes:
    return hashlib.sha256(LEAF + entry.encode()).digest()


# --- Entries -----------------------------------------------------------------------------------


def check_entries(events: Iterable[AuditEvent]) -> Iterator[Fault]:
    for event in events:
        yield from check_entry(event)


def check_entry(event: AuditEvent) -> Iterator[Fault]:
    where = f"entry {event.id}"
    if not _columns_agree(event):
        yield Fault(where, "its columns are not what its entry says: a column or the entry was changed.")
    if bytes(event.leaf_hash or b"") != leaf_hash(event.entry):
        yield Fault(where, "its leaf hash is not the hash of its entry: one of the two was changed.")


def stored_events() -> Iterator[AuditEvent]:
    """All entries through a server-side cursor: memory stays flat however long the trail is."""
    with transaction.atomic():
        yield from AuditEvent.objects.iterator(chunk_size=CHUNK)


def _columns_agree(event: AuditEvent) -> bool:
    try:
        return canonical_entry(event) == event.entry
    except ValueError:
        # No canonical form exists for what stands in a column: nothing that was recorded is like that.
        return False


# --- Numbers of each case ----------------------------------------------------------------------


@dataclass(frozen=True)
class CaseNumbers:
    """The numbers that a case's entries carry, and the last one that was given out."""

    case_reference: str
    first: int | None
    last: int | None
    count: int
    given: int | None

    @property
    def is_contiguous(self) -> bool:
        return self.first == 1 and self.last == self.count == self.given

    def __str__(self) -> str:
        if self.is_contiguous:
            return f"1–{self.last}, no gap" if self.count > 1 else "1, no gap"
        if not self.count:
            return f"no entry is left of the {self.given} that were written"
        return f"{self.count} entries numbered {self.first}–{self.last}, {self.given or 'none'} given out"


_NUMBERS = """
    SELECT coalesce(found.case_reference, counter.case_reference), found.first, found.last,
           coalesce(found.count, 0), counter.last
    FROM (
        SELECT case_reference, min(case_sequence) AS first, max(case_sequence) AS last, count(*) AS count
        FROM audit_auditevent WHERE case_reference <> '' AND (%(case)s = '' OR case_reference = %(case)s)
        GROUP BY case_reference
    ) AS found
    FULL JOIN (
        SELECT * FROM audit_casecounter WHERE %(case)s = '' OR case_reference = %(case)s
    ) AS counter USING (case_reference)
"""
_UNEVEN = """
    WHERE found.first IS DISTINCT FROM 1 OR found.count <> found.last OR counter.last IS DISTINCT FROM found.last
"""
_MISSING = """
    SELECT number FROM generate_series(1, %(until)s) AS number
    WHERE NOT EXISTS (
        SELECT FROM audit_auditevent WHERE case_reference = %(case)s AND case_sequence = number
    ) ORDER BY number LIMIT %(limit)s
"""


def numbers_of(case_reference: str) -> CaseNumbers | None:
    """One statement reads entries and counter, so both are of the same moment."""
    rows = _rows(_NUMBERS, {"case": case_reference})
    return CaseNumbers(*rows[0]) if rows else None


def check_cases() -> Iterator[Fault]:
    for row in _rows(f"{_NUMBERS} {_UNEVEN} ORDER BY 1", {"case": ""}):
        numbers = CaseNumbers(*row)
        yield Fault(f"case {numbers.case_reference}", f"{numbers}; missing: {_missing_in_words(numbers)}.")


def missing_numbers(numbers: CaseNumbers, *, limit: int = 20) -> list[int]:
    until = max(numbers.last or 0, numbers.given or 0)
    rows = _rows(_MISSING, {"case": numbers.case_reference, "until": until, "limit": limit})
    return [number for (number,) in rows]


def _missing_in_words(numbers: CaseNumbers) -> str:
    missing = missing_numbers(numbers)
    return ", ".join(map(str, missing)) if missing else "none, but the counter does not agree"


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
