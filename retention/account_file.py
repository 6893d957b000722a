"""The file that an account gets: its own messages and facts, and nothing of other people but that they were there."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from licensees.models import Licensee
from retention.models import Terms
from retention.outlook import kept_by
from scoring.blind_index import digests_of
from scoring.evidence import open_identity, open_texts
from scoring.models import Conversation, Message, Participant

FORMAT, FORMAT_VERSION = "artemis-account", 1
PURPOSE = (
    "Finding conversations in which an adult may be grooming a child; people judge, never a machine alone."
)
# The same in every file, so that it says nothing of this one.
GENERAL = (
    "This file holds what is kept about this account, as far as the law lets it be told. Other people's words and "
    "identities are left out (GDPR art. 15(4)). Where the law asks for it, or telling would harm the prevention or the "
    "investigation of crimes (art. 23), something may be left out as well; this sentence stands in every file."
)


def file_of(licensee: Licensee, account: str, conversations: Sequence[Conversation]) -> bytes:
    """Callers record first that a person takes it out."""
    indexes = digests_of([licensee.pk], [account]).keys()
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "made_at": timezone.now().isoformat(),
        "platform": licensee.name,
        "account": account,
        "please_note": GENERAL,
        "purpose": PURPOSE,
        "kept_how_long": [one.sentence for one in kept_by(Terms.objects.in_force(licensee))],
        "conversations": [_conversation(row, indexes) for row in conversations],
    }
    return json.dumps(content, ensure_ascii=True, indent=2).encode()


def _conversation(row: Conversation, indexes: Collection[bytes]) -> dict[str, Any]:
    people = list(row.participants.all())
    own = next(one for one in people if bytes(one.account_index or b"") in indexes)
    newest = row.scores.order_by("-revision").first()
    return {
        "id": row.external_id,
        "kind": row.kind,
        "language": row.language,
        "received_at": row.received_at.isoformat(),
        "other_accounts": len(people) - 1,
        "about_you": _facts(row, own),
        "rated_by_machine": bool(newest),
        "your_messages": _messages(row, own),
    }


def _facts(row: Conversation, own: Participant) -> dict[str, Any]:
    known = {
        "declared_age_band": own.declared_age_band,
        "account_created_at": _time(own.account_created_at),
    }
    return known | open_identity(row, own)


def _messages(row: Conversation, own: Participant) -> list[dict[str, Any]]:
    messages = list(Message.objects.filter(sender=own).select_related("erasure").order_by("number"))
    texts = open_texts(row, messages)
    return [_message(message, texts[message.pk]) for message in messages]


def _message(message: Message, text: str) -> dict[str, Any]:
    said = {"erased": message.erasure.sentence} if message.erasure else {"text": text}
    times = {"edited_at": message.edited_at, "deleted_at": message.deleted_at}
    return {
        "id": message.external_id,
        "sent_at": _time(message.sent_at),
        **said,
        **{name: _time(at) for name, at in times.items() if at},
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
