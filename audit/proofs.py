"""Reads from the stored tree what proves that entries are in it, and that an older tree is its beginning."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from audit.merkle import Place, Range, consistency_ranges, hash_of, inclusion_ranges, kept_for
from audit.models import AuditCheckpoint, AuditLeaf


@dataclass(frozen=True)
class Inclusion:
    """Where an entry stands in the tree of a checkpoint, and the hashes beside its way up."""

    index: int
    size: int
    leaf_hash: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True)
class Proofs:
    """A checkpoint, and the proofs of all the entries that were asked for."""

    note: str
    size: int
    by_event: dict[UUID, Inclusion]


def newest_checkpoint() -> AuditCheckpoint | None:
    return AuditCheckpoint.objects.order_by("-size").defer("frontier").first()


def proofs_of(event_ids: Iterable[UUID], *, under: AuditCheckpoint | None = None) -> Proofs | None:
    """Under the newest checkpoint, unless another is given. None, if there is none that covers all of them."""
    wanted = set(event_ids)
    checkpoint = under or newest_checkpoint()
    if checkpoint is None:
        return None
    leaves = AuditLeaf.objects.filter(event_id__in=wanted, index__lt=checkpoint.size)
    placed = {leaf.event_id: leaf for leaf in leaves}
    if len(placed) != len(wanted):
        return None
    ranges = {leaf.index: inclusion_ranges(leaf.index, checkpoint.size) for leaf in placed.values()}
    kept = stored(kept_for(part for parts in ranges.values() for part in parts))
    return Proofs(
        note=checkpoint.note,
        size=checkpoint.size,
        by_event={
            event_id: Inclusion(
                index=leaf.index,
                size=checkpoint.size,
                leaf_hash=bytes(leaf.leaf_hash),
                hashes=tuple(hash_of(part, kept) for part in ranges[leaf.index]),
            )
            for event_id, leaf in placed.items()
        },
    )


def consistency_between(old: int, new: int) -> list[bytes]:
    """What shows that the tree of `old` entries is the beginning of the tree of `new`."""
    parts: list[Range] = consistency_ranges(old, new)
    kept = stored(kept_for(parts))
    return [hash_of(part, kept) for part in parts]


def stored(places: set[Place]) -> dict[Place, bytes]:
    """Two short look-ups by key, however large the tree is."""
    leaves = [index for level, index in places if not level]
    above = [place for place in places if place[0]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 0, index, leaf_hash FROM audit_auditleaf WHERE index = ANY(%s)", [leaves])
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT kept.level, kept.index, kept.hash FROM audit_auditsubtree AS kept"
            " JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index) USING (level, index)",
            [[level for level, _ in above], [index for _, index in above]],
        )
        rows += cursor.fetchall()
    return {(level, index): bytes(found) for level, index, found in rows}
