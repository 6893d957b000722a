"""A platform in the tests: it holds a key and sends neutral conversations; and what "nothing moved" means."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from audit.models import AuditEvent
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key
from scoring.evidence import open_texts
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.models import Conversation, DataKey, IdempotentRequest, Message, MessageRevision, Participant
from tests.people import TESTS

BEGAN_AT = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
CONVERSATIONS = "/api/v1/conversations"
TABLES = (DataKey, Conversation, Participant, Message, MessageRevision, IdempotentRequest, AuditEvent)


def message(number: int, **fields: Any) -> dict[str, Any]:
    """Two accounts that write in turns, one minute apart."""
    return {
        "id": f"m{number}",
        "sender": f"u{(number - 1) % 2}",
        "sent_at": at(number),
        "text": f"A neutral remark about the weather, number {number}",
    } | fields


def at(minutes: float) -> str:
    return (BEGAN_AT + timedelta(minutes=minutes)).isoformat()


def conversation(
    external_id: str = "c1", *, messages: int | list[dict[str, Any]] = 2, **fields: Any
) -> dict[str, Any]:
    if isinstance(messages, int):
        messages = [message(number) for number in range(1, messages + 1)]
    return {"id": external_id, "messages": messages} | fields


def incoming(external_id: str = "c1", *, messages: int = 2, first: int = 1) -> IncomingConversation:
    """The same as checked values, for accept()."""
    return IncomingConversation(
        id=external_id,
        messages=tuple(
            IncomingMessage(
                id=f"m{number}",
                sender=f"u{(number - 1) % 2}",
                sent_at=BEGAN_AT + timedelta(minutes=number),
                text=f"A neutral remark about the weather, number {number}",
            )
            for number in range(first, first + messages)
        ),
    )


class Platform:
    """One licensee's platform with a key of its own."""

    def __init__(self, licensee: Licensee, *, scopes: list[str] | None = None) -> None:
        scopes = [scope.value for scope in ApiKey.Scope] if scopes is None else scopes
        self.key, self.secret = issue_key(licensee=licensee, label="tests", scopes=scopes, by=TESTS)
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def send(self, *items: Any, **headers: str) -> Any:
        return self.post({"conversations": list(items)}, **headers)

    def post(self, body: Any, **headers: str) -> Any:
        return self.post_bytes(json.dumps(body).encode(), **headers)

    def post_bytes(self, body: bytes, *, content_type: str = "application/json", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(CONVERSATIONS, body, content_type=content_type, headers=named)

    def ask(self, external_id: str) -> Any:
        return self.client.get(f"{CONVERSATIONS}/{external_id}")


def everything() -> list[list[dict[str, Any]]]:
    """Every row that ingestion could touch: equal before and after, if nothing moved."""
    return [list(table.objects.order_by("pk").values()) for table in TABLES]


def evidence() -> list[list[dict[str, Any]]]:
    """The same without the trail and the kept answers."""
    return everything()[:-2]


def texts_of(external_id: str = "c1") -> list[str]:
    """In the order of their numbers."""
    found = Conversation.objects.select_related("data_key").get(external_id=external_id)
    messages = list(found.messages.all())
    texts = open_texts(found, messages)
    return [texts[one.pk] for one in messages]
