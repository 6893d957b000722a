"""A window of the conversation: its turns, masked or revealed, with the days and silences between them."""

from collections.abc import Iterator, Mapping
from typing import Any

from review.folding import Fold, folded
from review.models import Case
from review.timeline import Turn, timeline
from review.views.bubbles import Reading, bubble, is_flagged
from review.views.case_file import Part
from review.views.standing import Standing
from review.views.window import WINDOW, Window, window_url
from scoring.models import Message


def transcript(
    standing: Standing, part: Part, window: Window, texts: Mapping[int, str], *, message_count: int
) -> dict[str, Any]:
    """What `review/_transcript.html` shows. `texts` are those that this person sees, which is recorded."""
    case = standing.case
    reading = _reading(standing, part, texts)
    flagged = [message.number for message in part.messages if is_flagged(message, part.weighing)]
    return {
        "case": case,
        "start": window.first,
        "items": list(_items(part, reading)),
        "revealed": len(texts),
        "is_mine": standing.is_mine,
        "may_reveal": standing.reveal[0],
        "why_not_reveal": standing.reveal[1],
        "masked_flagged": [number for number in flagged if number not in texts],
        **_neighbours(case, part.messages, window, message_count),
    }


def revealed_turns(standing: Standing, part: Part, texts: Mapping[int, str]) -> list[dict[str, Any]]:
    """The bubbles of the messages whose texts have just been revealed."""
    reading = _reading(standing, part, texts)
    return [bubble(message, reading, part.annotations.get(message.pk, [])) for message in part.messages]


def seen_again(standing: Standing, part: Part) -> list[Message]:
    """Turns that come back with their text: revealed before by who may still read them, and not hidden since."""
    if not standing.reveal[0]:
        return []
    shown = standing.shown
    seen = [
        message
        for message in part.messages
        if message.is_seen and (shown is None or message.number in shown)  # type: ignore[attr-defined]
    ]
    for message in seen:
        message.text_sealed = message.text_seen  # type: ignore[attr-defined]
    return seen


def _reading(standing: Standing, part: Part, texts: Mapping[int, str]) -> Reading:
    heaviest = part.weighing.heaviest_sender_id
    return Reading(standing.case, heaviest, part.weighing, standing.reveal[0], texts)


def _items(part: Part, reading: Reading) -> Iterator[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for item in timeline(part.messages, part.sent_before):
        if isinstance(item, Turn):
            message = item.message
            shown = bubble(message, reading, part.annotations.get(message.pk, []))
            items.append({"kind": "turn", "message": shown})
        else:
            items.append({"kind": item.kind, "item": item})
    if part.hidden:
        # What is folded is what the machine has nothing to say of: without a score there is nothing to fold by.
        yield from items
        return
    for one in folded(items, is_turn=lambda item: item["kind"] == "turn", is_marked=_is_marked):
        yield _fold(one) if isinstance(one, Fold) else one


def _is_marked(item: dict[str, Any]) -> bool:
    """Flagged, annotated, revealed, edited or deleted: there is something to see."""
    message = item["message"]
    names = ("contribution", "annotations", "is_revealed", "is_deleted", "is_edited")
    return any(message.get(name) for name in names)


def _fold(fold: Fold[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "fold", "label": f"{fold.turns} turns without a mark", "items": fold.items}


def _neighbours(case: Case, messages: list[Message], window: Window, message_count: int) -> dict[str, Any]:
    first = messages[0].number if messages else window.first
    last = messages[-1].number if messages else window.first
    return {
        "first": first,
        "last": last,
        "earlier_url": window_url(case, first - WINDOW) if first > 1 else "",
        "later_url": window_url(case, last + 1) if last < message_count else "",
        "showing": f"Turns {first:,} to {last:,} of {message_count:,}",
    }
