"""The conversation as a blind reader sees it: no score, rating, annotation, decision or case reference."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.models import User
from audit.record import About
from audit.transitions import NotPossible
from licensees.together import ask
from review.models import Case
from review.timeline import Turn, in_words, timeline
from review.turn_numbers import whole
from review.views.bubbles import Reading, age_of_account, bubble, masked, role_of
from review.views.request import PersonRequest
from review.views.window import WINDOW
from review.views.words import language
from scoring.models import Message, Participant
from scoring.weighing import Weighing


@dataclass(frozen=True)
class Blind:
    """What one person reads blindly, and how a text is revealed to them."""

    case: Case
    messages: QuerySet[Message]
    reveal: Callable[[Collection[int]], dict[int, str]]
    # Empty where nothing is revealed any more.
    reveal_url: str
    page_url: str
    about: About


def blind_page(blind: Blind, person: User, *, start: int = 1) -> dict[str, Any]:
    """The conversation, its few facts and its accounts. Texts revealed before come back, and that is recorded."""
    answers = ask(
        messages=_unrated(blind, person).filter(number__gte=start)[: WINDOW + 1],
        accounts=Participant.objects.filter(conversation_id=blind.case.conversation_id),
    )
    shown, more = answers["messages"][:WINDOW], answers["messages"][WINDOW:]
    seen = [message.number for message in shown if message.is_seen]
    texts = blind.reveal(seen) if seen and blind.reveal_url else {}
    return {
        "start": start,
        "facts": _facts(blind.case),
        "accounts": _accounts(blind.case, answers["accounts"]),
        "transcript": {
            "items": list(_items(shown, blind, texts)),
            "showing": f"Turns {shown[0].number:,} to {shown[-1].number:,}" if shown else "",
            "earlier_url": f"?from={max(1, start - WINDOW)}" if start > 1 else "",
            "later_url": f"?from={more[0].number}" if more else "",
        },
    }


def revealed_blind(request: PersonRequest, blind: Blind) -> HttpResponse:
    """The turns that were chosen, each in its place; without htmx the page again."""
    sent = [turn for text in request.POST.getlist("number") if (turn := whole(text)) is not None]
    if not sent:
        raise NotPossible("No turn was chosen. Reload the page and choose one.", about=blind.about)
    texts = blind.reveal(sent)
    if not request.htmx:
        return redirect(f"{blind.page_url}#m-{min(sent)}")
    messages = _unrated(blind, request.user).filter(number__in=list(texts))
    turns = [_bubble(message, blind, texts) for message in messages]
    response = render(request, "review/_turns_in_place.html", {"turns": turns})
    response["HX-Reswap"] = "none"
    return response


def _unrated(blind: Blind, person: User) -> QuerySet[Message]:
    """What the machine said of a message is not even fetched."""
    return masked(blind.messages, blind.case, person, rated=False)


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
        {"label": "Language", "value": language(conversation.language)},
        {"label": "Span", "value": in_words(last - first) if first and last else ""},
    ]


def _accounts(case: Case, accounts: Iterable[Participant]) -> list[dict[str, str]]:
    return [
        {
            "name": str(account),
            "role": role_of(account, None),
            "age_band": account.get_declared_age_band_display(),
            "age": age_of_account(account, case),
        }
        for account in accounts
    ]
