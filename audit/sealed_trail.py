"""Checks the trail against its tree, and the tree against checkpoints that somebody else kept."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DataError, connection, transaction
from django.utils import timezone

from accounts.row_scope import system_scope
from audit.bulk import LeafMissing, tree
from audit.models import AuditEvent
from audit.notes import Checkpoint
from audit.verify import CHUNK, Fault, check_entries
from audit.words import in_words

MOST_NAMED = 100
# What a reader says of a time after the year 9999, or of JSON that is nested beyond measure.
UNREADABLE = (DataError, OverflowError, RecursionError, ValueError)

# No act takes longer from its entry to its commit; whatever is dated further back was put in afterwards.
LONGEST_ACT = timedelta(hours=1)
_MISPLACED = """
    SELECT index, event_id, at, is_gone, differs FROM (
        SELECT leaf.index, leaf.event_id, event.at, event.id IS NULL AS is_gone,
            event.leaf_hash IS DISTINCT FROM leaf.leaf_hash AS differs,
            max(event.at) OVER (ORDER BY leaf.index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM audit_auditleaf AS leaf LEFT JOIN audit_auditevent AS event ON event.id = leaf.event_id
    ) AS placed WHERE differs OR at < before - %s ORDER BY differs DESC, index LIMIT %s
"""
_NEITHER = """
    SELECT event.id FROM audit_auditevent AS event
    WHERE NOT EXISTS (SELECT FROM audit_auditleaf AS leaf WHERE leaf.event_id = event.id)
      AND NOT EXISTS (SELECT FROM audit_auditpending AS pending WHERE pending.event_id = event.id) LIMIT %s
"""
_PENDING_WITHOUT_ENTRY = """
    SELECT pending.event_id FROM audit_auditpending AS pending
    WHERE NOT EXISTS (SELECT FROM audit_auditevent AS event WHERE event.id = pending.event_id) LIMIT %s
"""
_PENDING = """
    SELECT count(*), min(event.at) FROM audit_auditpending AS pending
    JOIN audit_auditevent AS event ON event.id = pending.event_id
"""


@dataclass(frozen=True)
class Waiting:
    """What no checkpoint covers yet: how many entries, and how old the oldest is."""

    count: int = 0
    age: timedelta = timedelta()

    def __str__(self) -> str:
        if not self.count:
            return "nothing is pending"
        return f"{self.count:,} pending, the oldest for {in_words(self.age)}"


@system_scope("how much waits is counted whole, whoever looks")
def waiting() -> Waiting:
    (row,) = _rows(_PENDING, [])
    count, oldest = row
    return Waiting(count, max(timezone.now() - oldest, timedelta())) if count else Waiting()


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything inside sees the trail as it was at one moment, however long it takes."""
    is_first = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_first:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


# --- Entries and places ------------------------------------------------------------------------


def check_doubtful(doubtful: Sequence[UUID]) -> Iterator[Fault]:
    """Those that the quick reading was not sure of, against their columns and their hash."""
    for at in range(0, len(doubtful), CHUNK):
        chunk = doubtful[at : at + CHUNK]
        try:
            yield from list(check_entries(AuditEvent.objects.filter(pk__in=chunk)))
        except UNREADABLE:
            for event_id in chunk:
                yield from _checked_alone(event_id)


def _checked_alone(event_id: UUID) -> list[Fault]:
    try:
        return list(check_entries(AuditEvent.objects.filter(pk=event_id)))
    except UNREADABLE as problem:
        what = (
            f"a column holds what cannot be read ({type(problem).__name__}): nothing is recorded like that."
        )
        return [Fault(f"entry {event_id}", what)]


def check_places() -> Iterator[Fault]:
    """Each entry is pending or has one place, and each place has the entry that was sealed there."""
    for index, event_id, at, is_gone, differs in _rows(_MISPLACED, [LONGEST_ACT, MOST_NAMED]):
        where = f"place {index:,} of the tree"
        if differs:
            what = "was taken out" if is_gone else "is not the one that was sealed there"
            yield Fault(where, f"its entry {event_id} {what}.")
        else:
            yield Fault(
                where,
                f"its entry {event_id} is dated {at:%Y-%m-%d %H:%M}, but much younger ones were sealed before it: "
                "it was put in afterwards.",
            )
    for (event_id,) in _rows(_NEITHER, [MOST_NAMED]):
        yield Fault(
            f"entry {event_id}", "it is neither sealed nor pending: it was put in, or taken from the queue."
        )
    for (event_id,) in _rows(_PENDING_WITHOUT_ENTRY, [MOST_NAMED]):
        yield Fault(f"entry {event_id}", "it was taken out before it was sealed: the queue still names it.")


# --- Checkpoints -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A checkpoint that is to be held against the trail, and whence it came."""

    name: str
    checkpoint: Checkpoint


def check_tree(held: Iterable[Held]) -> Iterator[Fault | str]:
    """For each checkpoint the root over what it covers, made anew from every leaf: a fault, or a good word."""
    waiting_for = sorted(held, key=lambda one: one.checkpoint.size)
    roots: dict[int, bytes] = {}
    size = 0
    try:
        for size, root in tree(iter(sorted({one.checkpoint.size for one in waiting_for}))):
            roots[size] = root
    except LeafMissing as gap:
        yield Fault("the tree", f"{gap}: places were taken out or changed.")
        return
    for one in waiting_for:
        yield _held(one, roots.get(one.checkpoint.size), size=size)


def _held(one: Held, root: bytes | None, *, size: int) -> Fault | str:
    wanted = one.checkpoint
    if root is None:
        return Fault(
            one.name,
            f"it covers {wanted.size:,} entries, and only {size:,} are sealed here: the trail was cut, or reset.",
        )
    if root != wanted.root:
        return Fault(
            one.name,
            f"the first {wanted.size:,} entries are not those that it covers: some were changed, taken out, put in or "
            "moved.",
        )
    return f"{one.name}: holds. The first {wanted.size:,} entries are the ones that were sealed."


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
