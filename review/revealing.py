"""Revealing texts: what is asked about them under the lock, kept and recorded, and only then decrypted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet, Subquery

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from licensees.together import Question
from review.models import Case, Decision, Reveal
from review.policies import not_erased
from scoring.evidence import open_texts
from scoring.models import Message


def messages_judged_by(decisions: QuerySet[Decision]) -> QuerySet[Message]:
    """What there was of the conversation when this one decision was made: for who judges without knowing it."""
    conversation = Subquery(decisions.values("case__conversation")[:1])
    decided_at = Subquery(decisions.values("decided_at")[:1])
    return Message.objects.filter(conversation=conversation, received_at__lte=decided_at)


def about_texts(messages: QuerySet[Message], *, case: Any, by: User) -> dict[str, Question]:
    """The questions: these messages, and which of them this person has revealed on the case before."""
    seen = Reveal.objects.filter(case=case, revealed_by=by, message__in=messages.order_by().values("pk"))
    return {"messages": messages, "seen": seen.values_list("message_id", flat=True)}


def keep_and_record(case: Case, answers: Mapping[str, Sequence[Any]], *, by: User, **payload: object) -> None:
    """That this person sees these messages, before any of them is decrypted. The case is locked."""
    kept = not_erased(case, answers["messages"])
    new = [message for message in kept if message.pk not in answers["seen"]]
    if new:
        rows = [Reveal(case=case, message=message, revealed_by=by) for message in new]
        Reveal.objects.bulk_create(rows, ignore_conflicts=True)
    shown = {"messages": [message.pk for message in kept]}
    record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload=shown | payload)


def texts_of(case: Case, messages: Collection[Message]) -> dict[int, str]:
    """{turn number: text}, when their reading is committed; none of those that were erased."""
    kept = [message for message in messages if message.erasure_id is None]
    texts = open_texts(case.conversation, kept)
    return {message.number: texts[message.pk] for message in kept}
