"""The one way in: the platforms' API, `manage.py ingest` and the demo all hand their conversations to accept()."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from audit.record import Actor, record
from audit.verbs import Verb
from licensees.legal_basis import check_intake
from licensees.models import ApiKey, Licensee
from licensees.policies import NotAccepting, why_refused
from scoring.doorbell import ring
from scoring.incoming import IncomingConversation, Outcome
from scoring.ingest_changes import ConversationChanges
from scoring.ingest_locking import lock
from scoring.ingest_storing import discard, store


def accept(
    *,
    licensee: Licensee,
    items: Sequence[IncomingConversation],
    by: Actor,
    is_report: bool = False,
    is_archive: bool = False,
    mode: str = "",
) -> list[Outcome]:
    """Store the items, each wholly or not at all, and answer what became of each, in their order.

    The items are checked values (scoring/incoming.py). What is known already is a duplicate and changes nothing;
    what contradicts it makes its item a conflict. `is_report`: a user reported it, which needs no legal basis of the
    licensee's. `mode`: of the key that brought them, where its call is over.
    Safe to run beside itself on the same conversations.
    """
    if not items:
        return []
    with transaction.atomic():
        now = check_may_accept(licensee, by, is_report=is_report, mode=mode)
        conversations = lock(licensee, items)
        outcomes = [conversations[item.id].take(item) for item in items]
        _mark(conversations, outcomes, in_test=now.state == Licensee.State.TEST)
        changed = [one for one in conversations.values() if one.changed]
        discard([one for one in conversations.values() if one.is_new and not one.changed])
        for one in changed:
            # A live conversation stays live whatever an archive adds, and one that goes on is live from now on.
            one.conversation.is_archive = is_archive and (one.is_new or one.conversation.is_archive)
        if changed:
            store(changed)
            record(Verb.CONVERSATIONS_ACCEPTED, by=by, about=licensee.about(), payload=_payload(changed))
            transaction.on_commit(ring, robust=True)
    return outcomes


def check_may_accept(licensee: Licensee, by: Actor, *, is_report: bool = False, mode: str = "") -> Licensee:
    """Asked again here, since the licensee may have been suspended, or gone live, after its key was checked."""
    now = Licensee.objects.get(pk=licensee.pk)
    refused = why_refused(now, mode=by.mode if isinstance(by, ApiKey) else mode)
    if refused:
        raise NotAccepting(refused, about=licensee.about())
    check_intake(now, is_report=is_report)
    return now


def _mark(
    conversations: Mapping[str, ConversationChanges], outcomes: Sequence[Outcome], *, in_test: bool
) -> None:
    """What came in test is for practice until the platform sends it live: then it is scored anew, also where no
    message is new."""
    for one in (conversations[outcome.id] for outcome in outcomes if not outcome.faults):
        if one.conversation.in_test != in_test:
            one.conversation.in_test = in_test
            one.changed = True


def _payload(changed: Sequence[ConversationChanges]) -> dict[str, Any]:
    """Our own ids, counts, and one digest that ties the entry to the evidence without telling anything of it."""
    return {
        "conversations": [
            {"id": one.conversation.pk, "messages": len(one.touched), "revision": one.conversation.revision}
            for one in changed
        ],
        "messages": sum(len(one.touched) for one in changed),
        "digest": _digest(changed),
    }


def _digest(changed: Sequence[ConversationChanges]) -> str:
    """SHA-256 over conversation, number, version and keyed content digest of each message taken."""
    digest = hashlib.sha256()
    for one in changed:
        for draft in one.touched.values():
            digest.update(f"{one.conversation.pk}\x1f{draft.number}\x1f{draft.version}\x1f".encode())
            digest.update(draft.digest)
    return digest.hexdigest()
