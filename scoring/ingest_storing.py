"""Writes what the items of a call changed: a constant number of statements, however many messages there are."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection
from django.utils import timezone

from scoring.blind_index import index_participants
from scoring.bulk import insert_rows, update_rows
from scoring.evidence import seal_text
from scoring.ingest_changes import ConversationChanges, Draft
from scoring.models import Conversation, DataKey, Message, MessageRevision, Participant

# The version that is stored becomes a revision before the row is overwritten.
KEEP_STORED_VERSIONS = """
    INSERT INTO scoring_messagerevision (message_id, version, text_sealed, edited_at, received_at)
    SELECT id, version, text_sealed, edited_at, received_at FROM scoring_message
     WHERE id = ANY(%s) AND erasure_id IS NULL
"""
PARTICIPANT_COLUMNS = ("declared_age_band", "account_created_at", "identity_sealed", "external_id_sealed")
CONVERSATION_COLUMNS = (
    "kind",
    "language",
    "first_message_at",
    "last_message_at",
    "message_count",
    "revision",
    "rewritten_revision",
    "score_after",
    "is_archive",
    "scoring_attempts",
    "in_test",
)
MESSAGE_COLUMNS = (
    "conversation_id",
    "external_id",
    "sender_id",
    "number",
    "sent_at",
    "text_sealed",
    "content_digest",
    "version",
    "reply_to",
    "edited_at",
    "deleted_at",
    "received_at",
)
EDIT_COLUMNS = (
    "text_sealed",
    "content_digest",
    "version",
    "edited_at",
    "deleted_at",
    "received_at",
    "erasure_id",
)


def store(changed: Sequence[ConversationChanges]) -> None:
    """Store the changes of locked conversations, and put those conversations before the scorer again."""
    _store_keys(changed)
    _store_participants(changed)
    _store_new_messages(changed)
    _store_edits(changed)
    _store_deletions(changed)
    _store_conversations(changed)


def discard(unused: Sequence[ConversationChanges]) -> None:
    """Take away conversations that this call inserted only to lock them, since none of their items was accepted."""
    if unused:
        Conversation.objects.filter(pk__in=[one.conversation.pk for one in unused]).delete()
        DataKey.objects.filter(pk__in=[one.conversation.data_key_id for one in unused]).delete()


def _store_keys(changed: Sequence[ConversationChanges]) -> None:
    """Of conversations that were erased and go on: what they say from now on has a key that lives."""
    for one in changed:
        if one.key is None:
            continue
        if one.key._state.adding:
            one.key.save()
        row = one.conversation
        row.data_key, row.next_key = one.key, None
        row.save(update_fields=["data_key", "next_key"])


def _store_participants(changed: Sequence[ConversationChanges]) -> None:
    people = [(person, account) for one in changed for account, person in one.touched_people.items()]
    rows = [
        (person.pk, *(getattr(person, name) for name in PARTICIPANT_COLUMNS))
        for person, _ in people
        if person.pk is not None
    ]
    update_rows(Participant, PARTICIPANT_COLUMNS, rows)
    new = [(person, account) for person, account in people if person.pk is None]
    if new:
        index_participants(new, licensee_id=changed[0].conversation.licensee_id)
        Participant.objects.bulk_create([person for person, _ in new])


def _store_new_messages(changed: Sequence[ConversationChanges]) -> None:
    drafts = [(one, draft) for one, draft in _touched(changed) if draft.pk is None]
    now = timezone.now()
    insert_rows(Message, MESSAGE_COLUMNS, [(*_row(one, draft), now) for one, draft in drafts])
    edited = [(one, draft) for one, draft in drafts if draft.replaced]
    if edited:
        _store_replaced(
            [(pk, one, version) for pk, one, draft in _with_keys(edited) for version in draft.replaced]
        )


def _store_edits(changed: Sequence[ConversationChanges]) -> None:
    edits = [(one, draft) for one, draft in _touched(changed) if draft.pk is not None and draft.replaced]
    if not edits:
        return
    with connection.cursor() as cursor:
        cursor.execute(KEEP_STORED_VERSIONS, [[draft.pk for _, draft in edits]])
    _store_replaced(
        [
            (draft.pk or 0, one, version)
            for one, draft in edits
            for version in draft.replaced
            if version.text is not None
        ]
    )
    now = timezone.now()
    update_rows(
        Message,
        EDIT_COLUMNS,
        [
            (
                draft.pk,
                _sealed(one, draft),
                draft.digest,
                draft.version,
                draft.edited_at,
                draft.deleted_at,
                now,
                None,
            )
            for one, draft in edits
        ],
    )


def _store_replaced(versions: Sequence[tuple[int, ConversationChanges, Draft]]) -> None:
    """Versions that came and were replaced within this very call."""
    now = timezone.now()
    if versions:
        MessageRevision.objects.bulk_create(
            MessageRevision(
                message_id=message_id,
                version=version.version,
                text_sealed=_sealed(one, version),
                edited_at=version.edited_at,
                received_at=now,
            )
            for message_id, one, version in versions
        )


def _store_deletions(changed: Sequence[ConversationChanges]) -> None:
    deleted = [draft for _, draft in _touched(changed) if draft.pk is not None and not draft.replaced]
    update_rows(Message, ("deleted_at",), [(draft.pk, draft.deleted_at) for draft in deleted])


def _store_conversations(changed: Sequence[ConversationChanges]) -> None:
    now = timezone.now()
    for one in changed:
        one.conversation.revision += 0 if one.is_new else 1
        if _rewrites(one):
            one.conversation.rewritten_revision = one.conversation.revision
        one.conversation.score_after = now
        one.conversation.scoring_attempts = 0
    rows = [
        (row.pk, *(getattr(row, name) for name in CONVERSATION_COLUMNS))
        for row in (one.conversation for one in changed)
    ]
    update_rows(Conversation, CONVERSATION_COLUMNS, rows)


def _rewrites(one: ConversationChanges) -> bool:
    """Whether a stored message says something else now. A deletion takes nothing back: what was said stays evidence."""
    return any(draft.pk is not None and draft.replaced for draft in one.touched.values())


def _touched(changed: Iterable[ConversationChanges]) -> Iterator[tuple[ConversationChanges, Draft]]:
    return ((one, draft) for one in changed for draft in one.touched.values())


def _row(one: ConversationChanges, draft: Draft) -> tuple[Any, ...]:
    """In the order of MESSAGE_COLUMNS, without the last."""
    return (
        one.conversation.pk,
        draft.id,
        one.people[draft.sender].pk,
        draft.number,
        draft.sent_at,
        _sealed(one, draft),
        draft.digest,
        draft.version,
        draft.reply_to,
        draft.edited_at,
        draft.deleted_at,
    )


def _with_keys(
    drafts: Sequence[tuple[ConversationChanges, Draft]],
) -> Iterator[tuple[int, ConversationChanges, Draft]]:
    """Messages that were just inserted, with their primary keys."""
    by_place = {(one.conversation.pk, draft.number): (one, draft) for one, draft in drafts}
    conversations, numbers = zip(*by_place, strict=True)
    rows = Message.objects.filter(conversation_id__in=set(conversations), number__in=set(numbers))
    for pk, *place in rows.values_list("pk", "conversation_id", "number"):
        if tuple(place) in by_place:
            yield pk, *by_place[place[0], place[1]]


def _sealed(one: ConversationChanges, draft: Draft) -> bytes:
    return seal_text(
        one.cipher,
        conversation_id=one.conversation.external_id,
        message_id=draft.id,
        version=draft.version,
        text=draft.text or "",
    )
