"""The conversation as a blind reader sees it: no score, rating, annotation, decision or case reference."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Length
from django.urls import reverse

from accounts.models import User
from review.models import Case, Reveal, SecondReview
from review.second_review import messages_of, reveal_blind
from review.timeline import Turn, in_words, timeline
from review.views.bubbles import Reading, age_of_account, bubble, role_of
from review.views.window import WINDOW
from scoring.models import Message, MessageRating, Participant
from scoring.weighing import Weighing


@dataclass(frozen=True)
class Blind:
    """What one person reads blindly, and how a text is revealed to them."""

    case: Case
    messages: QuerySet[Message]
    reveal: Callable[[Collection[int]], dict[int, str]]
    # Empty where nothing is revealed any more.
    reveal_url: str


def blind_review(review: SecondReview, person: User) -> Blind:
    def reveal(numbers: Collection[int]) -> dict[int, str]:
        return reveal_blind(review_id=review.pk, numbers=numbers, by=person)

    url = reverse("review:second_review_reveal", args=[review.pk])
    return Blind(review.case, messages_of(review), reveal, url)


def blind_page(blind: Blind, person: User, *, start: int = 1) -> dict[str, Any]:
    """The conversation, its few facts and its accounts. Texts revealed before come back, and that is recorded."""
    messages = list(_unrated(blind).filter(number__gte=start)[: WINDOW + 1])
    shown, more = messages[:WINDOW], messages[WINDOW:]
    texts = _texts_seen_before(blind, person, shown)
    return {
        "start": start,
        "facts": _facts(blind.case),
        "accounts": _accounts(blind.case),
        "transcript": {
            "items": list(_items(shown, blind, texts)),
            "showing": f"Turns {shown[0].number:,} to {shown[-1].number:,}" if shown else "",
            "earlier_url": f"?from={max(1, start - WINDOW)}" if start > 1 else "",
            "later_url": f"?from={more[0].number}" if more else "",
        },
    }


def blind_turns(blind: Blind, texts: Mapping[int, str]) -> list[dict[str, Any]]:
    """The bubbles of the messages whose texts have just been revealed."""
    return [_bubble(message, blind, texts) for message in _unrated(blind).filter(number__in=list(texts))]


def _unrated(blind: Blind) -> Any:
    """What the machine said of a message is not even fetched."""
    unrated = Prefetch("rating", MessageRating.objects.none())
    messages = blind.messages.select_related("sender").prefetch_related(unrated)
    return messages.annotate(sealed_length=Length("text_sealed")).defer("text_sealed").order_by("number")


def _texts_seen_before(blind: Blind, person: User, messages: Iterable[Message]) -> dict[int, str]:
    numbers = {message.pk: message.number for message in messages}
    seen = Reveal.objects.filter(case=blind.case, revealed_by=person, message_id__in=numbers)
    found = [numbers[message_id] for message_id in seen.values_list("message_id", flat=True)]
    return blind.reveal(found) if found and blind.reveal_url else {}


def _items(messages: list[Message], blind: Blind, texts: Mapping[int, str]) -> Iterable[Any]:
    for item in timeline(messages):
        if isinstance(item, Turn):
            yield {"kind": "turn", "message": _bubble(item.message, blind, texts)}
        else:
            yield {"kind": item.kind, "item": item}


def _bubble(message: Message, blind: Blind, texts: Mapping[int, str]) -> dict[str, Any]:
    reading = Reading(blind.case, subject_id=None, weighing=Weighing(), may_reveal=False, texts=texts)
    return {**bubble(message, reading, []), "reveal_url": blind.reveal_url}


def _facts(case: Case) -> list[dict[str, str]]:
    conversation = case.conversation
    first, last = conversation.first_message_at, conversation.last_message_at
    return [
        {"label": "Platform", "value": case.licensee.name},
        {"label": "Kind", "value": conversation.get_kind_display()},
        {"label": "Language", "value": conversation.language},
        {"label": "Span", "value": in_words(last - first) if first and last else ""},
    ]


def _accounts(case: Case) -> list[dict[str, str]]:
    accounts = Participant.objects.filter(conversation_id=case.conversation_id)
    return [
        {
            "name": str(account),
            "role": role_of(account, None),
            "age_band": account.get_declared_age_band_display(),
            "age": age_of_account(account, case),
        }
        for account in accounts
    ]
