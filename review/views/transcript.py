"""A window of the conversation: its turns, masked or revealed, with the days and silences between them."""

from collections.abc import Collection, Iterator
from typing import Any

from accounts.models import User
from review.models import Case, Reveal
from review.timeline import Turn, timeline
from review.views.bubbles import (
    WINDOW,
    Reading,
    annotations_on,
    bubble,
    is_flagged,
    messages_from,
)
from review.views.standing import Standing
from review.views.strip import Weights, window_url
from review.workflow import reveal
from scoring.models import Message


def transcript(standing: Standing, weights: Weights, *, start: int, message_count: int) -> dict[str, Any]:
    """What `review/_transcript.html` shows. Texts that this person has revealed come back, and that is recorded."""
    case, person = standing.case, standing.person
    messages = list(messages_from(case, start, score=weights.score))
    numbers = _seen_by(person, case, messages) if standing.reveal[0] else []
    texts = reveal(case_id=case.pk, numbers=numbers, by=person) if numbers else {}
    reading = Reading(case, weights.heaviest_sender_id, weights.strongest, standing.reveal[0], texts)
    flagged = [message.number for message in messages if is_flagged(message, weights.strongest)]
    return {
        "case": case,
        "start": start,
        "items": list(_items(messages, reading)),
        "revealed": len(texts),
        "is_mine": standing.is_mine,
        "may_reveal": standing.reveal[0],
        "why_not_reveal": standing.reveal[1],
        "masked_flagged": [number for number in flagged if number not in texts],
        **_neighbours(case, messages, start, message_count),
    }


def one_turn(standing: Standing, weights: Weights, number: int, text: str) -> dict[str, Any]:
    """The bubble of one message whose text has just been revealed."""
    case = standing.case
    messages = list(messages_from(case, number, score=weights.score, size=1))
    reading = Reading(case, weights.heaviest_sender_id, weights.strongest, True, {number: text})
    annotations = annotations_on(case, messages)
    return bubble(messages[0], reading, annotations.get(messages[0].pk, []))


def _seen_by(person: User, case: Case, messages: Collection[Message]) -> list[int]:
    shown = Reveal.objects.filter(
        case=case, revealed_by=person, message_id__in=[message.pk for message in messages]
    )
    return list(shown.values_list("message__number", flat=True))


def _items(messages: list[Message], reading: Reading) -> Iterator[dict[str, Any]]:
    annotations = annotations_on(reading.case, messages)
    for item in timeline(messages):
        if isinstance(item, Turn):
            message = item.message
            yield {"kind": "turn", "message": bubble(message, reading, annotations.get(message.pk, []))}
        else:
            yield {"kind": item.kind, "item": item}


def _neighbours(case: Case, messages: list[Message], start: int, message_count: int) -> dict[str, Any]:
    first = messages[0].number if messages else start
    last = messages[-1].number if messages else start
    return {
        "earlier_url": window_url(case, first - WINDOW) if first > 1 else "",
        "later_url": window_url(case, last + 1) if last < message_count else "",
        "showing": f"Turns {first:,} to {last:,} of {message_count:,}",
    }
