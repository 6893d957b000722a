"""What a platform is told of an event: its own ids, never a word of text, and the same by cursor as by webhook."""

import json
from typing import Any

from django.db.models import QuerySet

from platforms.models import Event
from scoring.evidence import open_account_id
from scoring.key_providers import EvidenceUnreadable, KeyUnavailable
from scoring.models import Conversation, Participant


def with_what_is_told(events: QuerySet[Event]) -> QuerySet[Event]:
    return events.select_related(
        "licensee", "case__conversation__data_key", "subject__decision", "subject__account", "withdraws"
    )


def told(event: Event) -> dict[str, Any]:
    return {
        "id": event.public_id,
        "type": event.type,
        "created_at": event.created_at,
        "data": _data(event),
    }


def body_of(event: Event) -> bytes:
    """As it is signed and sent: the same bytes each time."""
    said = told(event) | {"created_at": event.created_at.isoformat().replace("+00:00", "Z")}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _data(event: Event) -> dict[str, str | None]:
    if event.subject is None or event.case is None:
        return {"licensee": event.licensee.slug}
    return {
        "conversation": event.case.conversation.external_id,
        "subject": _subject_of(event.case.conversation, event.subject.account),
        "action": event.subject.decision.platform_action,
        # The same of a request and of what takes it back.
        "reference": (event.withdraws or event).public_id,
    }


def _subject_of(conversation: Conversation, account: Participant) -> str | None:
    """The platform's own id; None where it was erased, or damaged: what stands after it must not wait for it."""
    try:
        return open_account_id(conversation, account) or None
    except KeyUnavailable:
        raise
    except EvidenceUnreadable:
        return None
