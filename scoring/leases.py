"""Who works on which conversation until when: the conversation rows are the outbox, and a lease is committed before
the work.

A lease is a moment before which nobody else looks. The attempt is counted with it, so that a conversation which kills
its worker is not tried for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from scoring.bulk import update_rows
from scoring.models import Conversation, ModelVersion

# Chosen once: as a sub-query of the update, a join might choose anew for each row, and lease them all.
LEASE = """
    WITH due AS MATERIALIZED (
      SELECT id FROM scoring_conversation
       WHERE scored_revision < revision AND score_after <= clock_timestamp()
       ORDER BY is_archive, score_after, id LIMIT %s FOR UPDATE SKIP LOCKED)
    UPDATE scoring_conversation conversation
       SET score_after = clock_timestamp() + make_interval(secs => %s),
           scoring_attempts = scoring_attempts + 1
      FROM due WHERE conversation.id = due.id
    RETURNING conversation.id, revision, message_count, scoring_attempts
"""


@dataclass(frozen=True)
class Lease:
    """A conversation as it was when it was leased: its first `message_count` messages are what is scored."""

    conversation_id: int
    revision: int
    message_count: int
    attempt: int


def lease_pending(*, limit: int) -> list[Lease]:
    """Oldest first, archives last; rows that another worker is leasing at this moment are skipped, not waited for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LEASE, [limit, settings.ARTEMIS_SCORING_LEASE_SECONDS])
        return [Lease(*row) for row in cursor.fetchall()]


def lock(leases: Sequence[Lease]) -> dict[int, Conversation]:
    """Lock the rows of the leased conversations as they are now, in one order."""
    rows = Conversation.objects.select_for_update().order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in=[lease.conversation_id for lease in leases])}


def is_wanted(lease: Lease, row: Conversation | None) -> bool:
    """Whether a score at the leased revision still adds something: nobody was quicker, nothing it read was rewritten.

    Messages that came since do not matter: they have later numbers, and make the conversation pending once more.
    """
    return (
        row is not None and row.scored_revision < lease.revision and row.rewritten_revision <= lease.revision
    )


def mark_done(done: Sequence[tuple[Lease, Conversation]], version: ModelVersion | None) -> None:
    """Mark locked rows as scored at the leased revision, by `version`; None if nobody could. Those that changed
    meanwhile stay pending, with the time at which they are looked at next."""
    now = timezone.now()
    settled = [(lease, row) for lease, row in done if row.revision == lease.revision]
    update_rows(
        Conversation,
        ("scored_revision", "rated_by_id"),
        [(row.pk, lease.revision, version.pk if version else row.rated_by_id) for lease, row in done],
    )
    update_rows(Conversation, ("scoring_attempts", "score_after"), [(row.pk, 0, now) for _, row in settled])


def put_back(leases: Sequence[Lease], *, count_attempt: bool) -> None:
    """Try again after a pause that doubles; a fault of the installation does not count against anybody."""
    for lease in leases:
        pause = timedelta(seconds=2**lease.attempt if count_attempt else 5)
        changes: dict[str, Any] = {"score_after": timezone.now() + pause}
        if not count_attempt:
            changes |= {"scoring_attempts": lease.attempt - 1}
        Conversation.objects.filter(pk=lease.conversation_id, revision=lease.revision).update(**changes)
