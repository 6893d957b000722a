"""Erases what conversations say: destroys their keys, overwrites the ciphertext, keeps scores, counts and digests.

When that is due, and whether anything forbids it, is not known here: `retention/` decides, checks and records. The
database itself refuses it while a preservation hold stands (`models/under_hold.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from audit.record import Actor, OutsideTransaction
from scoring.bulk import update_rows
from scoring.evidence import seal_state_anew
from scoring.key_providers import EvidenceUnreadable, KeyUnavailable
from scoring.models import Conversation, ConversationState, DataKey, Erasure, MessageRevision
from scoring.vault import new_data_key

COUNTS = """
    SELECT conversation.id,
           (SELECT count(*) FROM scoring_message WHERE conversation_id = conversation.id AND erasure_id IS NULL),
           (SELECT count(*) FROM scoring_messagerevision revision JOIN scoring_message message
               ON message.id = revision.message_id WHERE message.conversation_id = conversation.id),
           (SELECT count(*) FROM scoring_participant
             WHERE conversation_id = conversation.id AND identity_sealed IS NOT NULL)
      FROM unnest(%s::bigint[]) AS conversation (id)
"""
EMPTY_MESSAGES = """
    UPDATE scoring_message message SET text_sealed = '', erasure_id = erasure.id
      FROM scoring_erasure erasure
     WHERE erasure.id = ANY(%s) AND message.conversation_id = erasure.conversation_id
       AND message.erasure_id IS NULL
"""
EMPTY_IDENTITIES = """
    UPDATE scoring_participant SET identity_sealed = NULL, external_id_sealed = NULL
     WHERE conversation_id = ANY(%s) AND (identity_sealed IS NOT NULL OR external_id_sealed IS NOT NULL)
"""

EMPTY_REPORTS = """
    UPDATE scoring_userreport report SET comment_sealed = NULL, erasure_id = erasure.id
      FROM scoring_erasure erasure
     WHERE erasure.id = ANY(%s) AND report.conversation_id = erasure.conversation_id
       AND report.comment_sealed IS NOT NULL
"""


@dataclass(frozen=True)
class Doomed:
    """A conversation that the caller has locked, with its key, and why its text goes."""

    conversation: Conversation
    rule: str
    term: str = ""
    # The models' states, numbers without words, stay for when it goes on; else they go as well.
    keeps_states: bool = False


def erase(doomed: Sequence[Doomed], *, by: Actor) -> list[Erasure]:
    """Inside the caller's transaction, which records it. A handful of statements, however many conversations."""
    if not connection.in_atomic_block:
        raise OutsideTransaction("An erasure must be recorded inside the transaction of the act itself.")
    doomed = [one for one in doomed if one.conversation.data_key.destroyed_at is None]
    if not doomed:
        return []
    ids = [one.conversation.pk for one in doomed]
    erasures = _written(doomed, _counts(ids), by)
    _keep_states([one.conversation for one in doomed if one.keeps_states])
    forget_states([one.conversation for one in doomed if not one.keeps_states])
    MessageRevision.objects.filter(message__conversation__in=ids).delete()
    with connection.cursor() as cursor:
        cursor.execute(EMPTY_MESSAGES, [[erasure.pk for erasure in erasures]])
        cursor.execute(EMPTY_IDENTITIES, [ids])
        cursor.execute(EMPTY_REPORTS, [[erasure.pk for erasure in erasures]])
    destroy_keys([one.conversation.data_key_id for one in doomed])
    return erasures


def destroy_keys(key_ids: Sequence[int]) -> int:
    """Answers how many were destroyed: what they encrypted is unreadable from now on, wherever a copy of it lies."""
    keys = DataKey.objects.filter(pk__in=key_ids, destroyed_at=None)
    return keys.update(wrapped=None, destroyed_at=timezone.now())


def forget_states(conversations: Sequence[Conversation]) -> None:
    """What the models kept of locked conversations, and the key that kept it after their erasure."""
    ConversationState.objects.filter(conversation__in=conversations).delete()
    kept = [one for one in conversations if one.next_key_id is not None]
    if kept:
        keys = [one.next_key_id for one in kept if one.next_key_id is not None]
        Conversation.objects.filter(pk__in=[one.pk for one in kept]).update(next_key=None)
        destroy_keys(keys)


def _counts(ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [list(ids)])
        return {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}


def _written(doomed: Sequence[Doomed], counts: dict[int, tuple[int, int, int]], by: Actor) -> list[Erasure]:
    now = timezone.now()
    rows = []
    for one in doomed:
        messages, versions, identities = counts[one.conversation.pk]
        rows.append(
            Erasure(
                licensee_id=one.conversation.licensee_id,
                conversation=one.conversation,
                data_key_id=one.conversation.data_key_id,
                rule=one.rule,
                term=one.term,
                messages=messages,
                versions=versions,
                identities=identities,
                erased_at=now,
                erased_by=by.actor_name,
            )
        )
    return list(Erasure.objects.bulk_create(rows))


def _keep_states(conversations: Sequence[Conversation]) -> None:
    """Sealed anew under a key of their own, since the key of the texts dies."""
    by_pk = {one.pk: one for one in conversations}
    states: dict[int, list[ConversationState]] = {}
    for state in ConversationState.objects.filter(conversation__in=by_pk):
        states.setdefault(state.conversation_id, []).append(state)
    for pk, kept in states.items():
        _keep_states_of(by_pk[pk], kept)


def _keep_states_of(conversation: Conversation, states: Sequence[ConversationState]) -> None:
    key, cipher = new_data_key(licensee_id=conversation.licensee_id)
    try:
        rows = [(state.pk, seal_state_anew(conversation, state, under=cipher)) for state in states]
    except KeyUnavailable:
        raise
    except EvidenceUnreadable:
        # Damaged: there is nothing to go on from.
        return forget_states([conversation])
    key.save()
    update_rows(ConversationState, ("data",), rows)
    conversation.next_key = key
    conversation.save(update_fields=["next_key"])
