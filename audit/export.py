"""The trail as a file that anybody can verify: one line for each place of the tree, in its order.

A line is the entry as it was hashed, or its leaf hash where the reader may not see it: the root is the same.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit.models import AuditCheckpoint
from audit.proofs import newest_checkpoint

AT_ONCE = 2000

_LINES = """
    SELECT CASE WHEN event.id IS NOT NULL
                     AND (%(all)s OR event.licensee_id IS NULL OR event.licensee_id = ANY(%(licensees)s))
                THEN event.entry ELSE encode(leaf.leaf_hash, 'hex') END
    FROM audit_auditleaf AS leaf LEFT JOIN audit_auditevent AS event ON event.id = leaf.event_id
    WHERE leaf.index < %(size)s ORDER BY leaf.index
"""


def exported(*, licensee_ids: list[int] | None = None, under: AuditCheckpoint | None = None) -> Iterator[str]:
    """Lines, each with its line end: a head with the checkpoint, then the places. None: of every licensee."""
    checkpoint = under or newest_checkpoint()
    head = {
        "format": "artemis-trail-export",
        "format_version": 1,
        "size": checkpoint.size if checkpoint else 0,
        "checkpoint": checkpoint.note if checkpoint else None,
    }
    yield json.dumps(head, ensure_ascii=False, sort_keys=True) + "\n"
    if checkpoint is None:
        return
    asked: dict[str, Any] = {
        "all": licensee_ids is None,
        "licensees": licensee_ids or [],
        "size": checkpoint.size,
    }
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_LINES, asked)
        while rows := cursor.fetchmany(AT_ONCE):
            yield "".join(f"{line}\n" for (line,) in rows)
