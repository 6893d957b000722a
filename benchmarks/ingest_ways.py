"""The two ways of benchmarks/ingest.py: ours, and what one would write without thinking of bulk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction

from audit.record import Machine
from licensees.models import Licensee
from licensees.onboarding import create_licensee
from licensees.samples import bring_live
from scoring.evidence import seal_account_id, seal_text
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.ingest import accept
from scoring.models import Conversation, Message, Participant
from scoring.vault import new_data_key

BY = Machine("benchmark")
BEGAN_AT = datetime(2026, 3, 3, 20, 0, tzinfo=UTC)
TEXT = "A neutral remark about the weather, of about the length that people write in a chat."
MESSAGES_EACH = 20


def licensee() -> Licensee:
    made = create_licensee(
        name="Benchmark", slug="benchmark", code="BM", jurisdiction="GB", contact_email="b@b.example", by=BY
    )
    return bring_live(made, by=BY, why="To be measured.")


def accepter(licensee: Licensee, count: int, *, size: int, prefix: str) -> Callable[[], None]:
    items = [_incoming(f"{prefix}-{number}") for number in range(count)]

    def work() -> None:
        for start in range(0, count, size):
            accept(licensee=licensee, items=items[start : start + size], by=BY)

    return work


def saver(licensee: Licensee, count: int) -> Callable[[], None]:
    """The same rows, encrypted alike, in one transaction for each conversation."""

    def work() -> None:
        for number in range(count):
            with transaction.atomic():
                _save(licensee, _incoming(f"plain-{number}"))

    return work


def _save(licensee: Licensee, incoming: IncomingConversation) -> None:
    data_key, cipher = new_data_key(licensee_id=licensee.pk)
    data_key.save()
    conversation = Conversation(licensee=licensee, external_id=incoming.id, data_key=data_key)
    conversation.save()
    for number, message in enumerate(incoming.messages, start=1):
        position = number % 2
        account = seal_account_id(
            cipher, conversation_id=incoming.id, position=position, account_id=message.sender
        )
        sender, _ = Participant.objects.get_or_create(
            conversation=conversation, position=position, defaults={"external_id_sealed": account}
        )
        text = message.text or ""
        Message(
            conversation=conversation,
            external_id=message.id,
            sender=sender,
            number=number,
            sent_at=message.sent_at,
            text_sealed=seal_text(
                cipher, conversation_id=incoming.id, message_id=message.id, version=1, text=text
            ),
            content_digest=cipher.content_digest(text),
        ).save()


def _incoming(name: str) -> IncomingConversation:
    return IncomingConversation(
        id=name,
        messages=tuple(
            IncomingMessage(
                id=f"{name}-{number}",
                sender=f"u{number % 2}",
                sent_at=BEGAN_AT + timedelta(minutes=number),
                text=TEXT,
            )
            for number in range(MESSAGES_EACH)
        ),
    )
