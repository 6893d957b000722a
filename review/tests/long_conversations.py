"""A case whose conversation is long, made in a few statements."""

from datetime import timedelta

from licensees.models import Licensee
from review.models import Case
from scoring.evidence import cipher_of, seal_text
from scoring.models import Conversation, Message, MessageRating, Score
from tests.factories import BEGAN_AT, TEXTS, make_case

LONGEST_EXTERNAL_ID = "of-many"


def make_long_case(licensee: Licensee, *, messages: int, external_id: str = "") -> Case:
    """Every hundredth turn is flagged, and turns 3, 5 and 7."""
    case = make_case(licensee, external_id=external_id or f"{LONGEST_EXTERNAL_ID}-{messages}")
    grow(case, to=messages)
    Score.objects.filter(pk=case.opened_by_score_id).update(message_count=messages)
    Conversation.objects.filter(pk=case.conversation_id).update(message_count=messages)
    case.refresh_from_db()
    return case


def grow(case: Case, *, to: int) -> None:
    conversation = case.conversation
    cipher, people = cipher_of(conversation), list(conversation.participants.all())
    first = conversation.message_count + 1
    added = [
        Message(
            conversation=conversation,
            external_id=f"m{number}",
            sender=people[(number - 1) % 2],
            number=number,
            sent_at=BEGAN_AT + timedelta(minutes=number),
            text_sealed=seal_text(
                cipher,
                conversation_id=conversation.external_id,
                message_id=f"m{number}",
                version=1,
                text=TEXTS[number % len(TEXTS)],
            ),
            content_digest=b"-" * 32,
        )
        for number in range(first, to + 1)
    ]
    Message.objects.bulk_create(added, batch_size=1000)
    MessageRating.objects.bulk_create(
        [
            MessageRating(
                message=message,
                model=case.opened_by_score.model,
                conversation=conversation,
                weight=40,
                evidence=1.5 if message.number % 100 == 0 else -0.1,
                ratings={"secrecy_request": 0.9} if message.number % 100 == 0 else {},
            )
            for message in added
        ],
        batch_size=1000,
    )


def arrive(case: Case, *, number: int) -> None:
    """More messages came in, as the door for platforms would leave them."""
    conversation = Conversation.objects.get(pk=case.conversation_id)
    case.conversation = conversation
    grow(case, to=conversation.message_count + number)
    conversation.message_count += number
    conversation.revision += 1
    conversation.save(update_fields=["message_count", "revision"])
