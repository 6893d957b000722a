"""Takes the locks of a call on its conversations, new ones included, and loads what is known of what it names.

Two calls may name the same conversations in any order. Neither deadlocks the other: new rows are inserted first, in
the order of their ids, where the second call waits for the first; then all rows are locked in the order of their
keys. Whoever inserts holds no row lock that somebody who waits for an insert could need.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import connection

from licensees.models import Licensee
from scoring.blind_index import digests_of
from scoring.evidence import cipher_of, open_texts
from scoring.incoming import IncomingConversation
from scoring.ingest_changes import ConversationChanges, Draft
from scoring.models import Conversation, DataKey, Message, MessageRevision, Participant
from scoring.vault import Cipher, new_data_key, open_data_key

Pairs = Sequence[tuple[int, str]]

# LIMIT keeps each look-up on the unique index. Left to itself, the planner may join by conversation alone and
# compare each name with every message of it.
KNOWN_MESSAGES = """
    SELECT message.conversation_id, message.external_id, message.number, message.sender_id, message.sent_at,
           message.content_digest, message.id, message.version, message.edited_at, message.deleted_at,
           message.erasure_id IS NOT NULL
      FROM unnest(%s::bigint[], %s::varchar[]) AS named (conversation_id, external_id)
     CROSS JOIN LATERAL (
           SELECT * FROM scoring_message
            WHERE conversation_id = named.conversation_id AND external_id = named.external_id LIMIT 1) message
"""
KNOWN_PARTICIPANTS = """
    SELECT participant.*
      FROM unnest(%s::bigint[], %s::bytea[]) AS named (conversation_id, account_index)
     CROSS JOIN LATERAL (
           SELECT * FROM scoring_participant
            WHERE conversation_id = named.conversation_id AND account_index = named.account_index LIMIT 1) participant
"""
NEXT_POSITIONS = """
    SELECT conversation_id, max(position) + 1
      FROM scoring_participant WHERE conversation_id = ANY(%s) GROUP BY conversation_id
"""


def lock(licensee: Licensee, items: Sequence[IncomingConversation]) -> dict[str, ConversationChanges]:
    """{the platform's id: its locked conversation, with no changes yet}, for every conversation named."""
    ids = sorted({item.id for item in items})
    ciphers = _insert_missing(licensee, ids)
    rows = (
        Conversation.objects.select_for_update(of=("self",), no_key=True)
        .filter(licensee=licensee, external_id__in=ids)
        .order_by("pk")
    )
    locked = list(rows)
    # Asked only now: whoever held a lock that was waited for may have destroyed the key that stood there before.
    keys = DataKey.objects.in_bulk(
        [key for row in locked for key in (row.data_key_id, row.next_key_id) if key]
    )
    found = {row.external_id: _opened(row, ciphers, keys) for row in locked}
    _drop_unused_keys(ciphers, found.values())
    _load_known(found, items)
    return found


def _insert_missing(licensee: Licensee, ids: list[str]) -> dict[int, Cipher]:
    """Insert what is missing; answers the ciphers of the new data keys. A concurrent call may win the insert."""
    rows = Conversation.objects.filter(licensee=licensee, external_id__in=ids)
    existing = set(rows.values_list("external_id", flat=True))
    missing = [external_id for external_id in ids if external_id not in existing]
    made = [new_data_key(licensee_id=licensee.pk) for _ in missing]
    keys = DataKey.objects.bulk_create(key for key, _ in made)
    Conversation.objects.bulk_create(
        [
            Conversation(licensee=licensee, external_id=external_id, data_key=key)
            for external_id, key in zip(missing, keys, strict=True)
        ],
        ignore_conflicts=True,
    )
    return {key.pk: cipher for key, cipher in made}


def _opened(row: Conversation, ciphers: dict[int, Cipher], keys: dict[int, DataKey]) -> ConversationChanges:
    row.data_key, row.next_key = keys[row.data_key_id], keys.get(row.next_key_id or 0)
    cipher = ciphers.get(row.data_key_id)
    if cipher is not None:
        return ConversationChanges(row, cipher, is_new=True)
    if row.data_key.wrapped is not None:
        return ConversationChanges(row, cipher_of(row), is_new=False)
    # What it said was erased. It goes on under the key that keeps the models' states, or under a new one.
    if row.next_key is not None:
        key, cipher = row.next_key, open_data_key(row.next_key)
    else:
        key, cipher = new_data_key(licensee_id=row.licensee_id)
    row.data_key = key
    return ConversationChanges(row, cipher, is_new=False, key=key)


def _drop_unused_keys(ciphers: dict[int, Cipher], found: Iterable[ConversationChanges]) -> None:
    """Keys made for conversations that another call inserted at the same moment."""
    used = {one.conversation.data_key_id for one in found}
    if unused := ciphers.keys() - used:
        DataKey.objects.filter(pk__in=unused).delete()


def _load_known(found: dict[str, ConversationChanges], items: Sequence[IncomingConversation]) -> None:
    """Only of conversations that were there before, and only what the items name."""
    by_pk = {one.conversation.pk: one for one in found.values() if not one.is_new}
    known = [item for item in items if found[item.id].conversation.pk in by_pk]
    if not known:
        return
    names = ((item, name) for item in known for name in _people_named(item))
    senders = _load_participants(by_pk, _pairs(found, names))
    messages = ((item, message.id) for item in known for message in item.messages)
    _load_messages(by_pk, _pairs(found, messages), senders)
    _load_earlier_versions(by_pk)


def _people_named(item: IncomingConversation) -> set[str]:
    return {one.id for one in item.participants} | {message.sender for message in item.messages}


def _pairs(
    found: dict[str, ConversationChanges], named: Iterable[tuple[IncomingConversation, str]]
) -> list[tuple[int, str]]:
    return list({(found[item.id].conversation.pk, external_id) for item, external_id in named})


def _load_messages(by_pk: dict[int, ConversationChanges], pairs: Pairs, senders: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_MESSAGES, _columns(pairs))
        for conversation_id, external_id, number, sender_id, sent_at, digest, *rest in cursor:
            pk, version, edited_at, deleted_at, is_erased = rest
            by_pk[conversation_id].messages[external_id] = Draft(
                id=external_id,
                number=number,
                # Of an account that this call does not name: another one than it says.
                sender=senders.get(sender_id, ""),
                sent_at=sent_at,
                digest=bytes(digest),
                pk=pk,
                version=version,
                edited_at=edited_at,
                deleted_at=deleted_at,
                is_erased=is_erased,
            )


def _load_participants(by_pk: dict[int, ConversationChanges], pairs: Pairs) -> dict[int, str]:
    """{participant: account}; each is known again by its index, under whichever key that was made."""
    [licensee_id] = {one.conversation.licensee_id for one in by_pk.values()}
    accounts, indexes = (
        digests_of([licensee_id], {name for _, name in pairs}),
        defaultdict[str, list[bytes]](list),
    )
    for index, account in accounts.items():
        indexes[account].append(index)
    named = [(pk, index) for pk, account in pairs for index in indexes[account]]
    senders = {}
    for person in Participant.objects.raw(
        KNOWN_PARTICIPANTS, [[pk for pk, _ in named], [one for _, one in named]]
    ):
        account = senders[person.pk] = accounts[bytes(person.account_index or b"")]
        by_pk[person.conversation_id].people[account] = person
    with connection.cursor() as cursor:
        cursor.execute(NEXT_POSITIONS, [list(by_pk)])
        for conversation_id, position in cursor:
            by_pk[conversation_id].next_position = position
    return senders


def _load_earlier_versions(by_pk: dict[int, ConversationChanges]) -> None:
    """What edited messages said before, so that an old delivery coming again is known as such."""
    edited = {
        draft.pk: (one, draft)
        for one in by_pk.values()
        for draft in one.messages.values()
        if draft.pk is not None and draft.version > 1
    }
    if not edited:
        return
    earlier: dict[int, list[MessageRevision]] = {}
    for revision in MessageRevision.objects.filter(message_id__in=edited):
        earlier.setdefault(revision.message_id, []).append(revision)
    for pk, revisions in earlier.items():
        one, draft = edited[pk]
        one.messages[draft.id] = _with_earlier(one, draft, revisions)


def _with_earlier(one: ConversationChanges, draft: Draft, revisions: list[MessageRevision]) -> Draft:
    sealed = [
        Message(
            pk=revision.version,
            external_id=draft.id,
            version=revision.version,
            text_sealed=revision.text_sealed,
        )
        for revision in revisions
    ]
    texts = open_texts(one.conversation, sealed).values()
    return replace(draft, earlier=frozenset(map(one.cipher.content_digest, texts)))


def _columns(pairs: Pairs) -> list[list[int] | list[str]]:
    return [[pk for pk, _ in pairs], [external_id for _, external_id in pairs]]
