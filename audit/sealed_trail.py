"""Checks the trail against its tree, and the tree against checkpoints that somebody else kept."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from audit.bulk import LeafMissing, doubtful_entries, tree
from audit.models import AuditEvent
from audit.notes import Checkpoint
from audit.verify import CHUNK, Fault, check_entries

MOST_NAMED = 100

_NOT_AS_SEALED = """
    SELECT leaf.index, leaf.event_id, event.id IS NULL FROM audit_auditleaf AS leaf
    LEFT JOIN audit_auditevent AS event ON event.id = leaf.event_id
    WHERE event.leaf_hash IS DISTINCT FROM leaf.leaf_hash ORDER BY 1 LIMIT %s
"""
# No act takes longer from its entry to its commit; whatever is dated further back was put in afterwards.
LONGEST_ACT = timedelta(hours=1)
_DATED_BACK = """
    SELECT index, event_id, at FROM (
        SELECT leaf.index, leaf.event_id, event.at, max(event.at) OVER (
            ORDER BY leaf.index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
        FROM audit_auditleaf AS leaf JOIN audit_auditevent AS event ON event.id = leaf.event_id
    ) AS placed WHERE at < before - %s ORDER BY 1 LIMIT %s
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
        return f"{self.count:,} pending, the oldest for {self.age.total_seconds():,.0f} s"


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
        yield


# --- Entries and places ------------------------------------------------------------------------


@dataclass
class Count:
    """How many entries were looked at."""

    entries: int = 0


def check_all_entries(count: Count) -> Iterator[Fault]:
    """Each entry against its columns and its hash; only those in doubt one by one, after the reading has ended."""
    doubtful = []
    for found in doubtful_entries():
        if isinstance(found, int):
            count.entries = found
        else:
            doubtful.append(found)
    for at in range(0, len(doubtful), CHUNK):
        yield from check_entries(AuditEvent.objects.filter(pk__in=doubtful[at : at + CHUNK]))


def check_places() -> Iterator[Fault]:
    """Each entry is pending or has one place, and each place has the entry that was sealed there."""
    for index, event_id, is_gone in _rows(_NOT_AS_SEALED, [MOST_NAMED]):
        what = "was taken out" if is_gone else "is not the one that was sealed there"
        yield Fault(f"place {index:,} of the tree", f"its entry {event_id} {what}.")
    for index, event_id, at in _rows(_DATED_BACK, [LONGEST_ACT, MOST_NAMED]):
        yield Fault(
            f"place {index:,} of the tree",
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
