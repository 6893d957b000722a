"""Lets time pass over evidence, so that what is kept for days comes to its end in a test."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from retention.models import Due
from retention.sweep import erase_due
from review.models import Case
from scoring.models import Conversation, DataKey, Message


def let_pass(conversation: Conversation, **time: float) -> None:
    """It was received, and its cases were closed, so much earlier; it is looked at now."""
    earlier = timezone.now() - timedelta(**time)
    Message.objects.filter(conversation=conversation).update(received_at=earlier)
    Conversation.objects.filter(pk=conversation.pk).update(received_at=earlier)
    Case.every.filter(conversation=conversation).exclude(closed_at=None).update(closed_at=earlier)
    look_now(conversation)


def look_now(conversation: Conversation) -> None:
    Due.objects.filter(conversation=conversation).update(look_at=timezone.now())


def sweep_once(conversation: Conversation) -> Due:
    look_now(conversation)
    erase_due()
    return Due.objects.get(conversation=conversation)


def is_erased(conversation: Conversation) -> bool:
    """Wholly or not at all: anything between is a fault."""
    messages = Message.objects.filter(conversation=conversation)
    row: Any = Conversation.objects.values("data_key_id").get(pk=conversation.pk)
    facts = {
        DataKey.objects.get(pk=row["data_key_id"]).wrapped is None,
        all(one.erasure_id is not None and bytes(one.text_sealed) == b"" for one in messages),
        not messages.filter(erasure=None).exists(),
    }
    assert len(facts) == 1, "Half of it was erased."
    return facts.pop()
