"""For the case page: what the platform was asked to do, and what it says that it did."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import NotAllowed, access, asked_by_the_page
from accounts.roles import Role
from accounts.signed_in import signed_in
from platforms.history import Asked, Done, done_about
from platforms.models import Confirmation, EventDelivery
from platforms.reading import read_platform_note
from review.models import SubjectAccount
from review.permissions import get_case_for, supervises
from review.views.arrivals import STOP_POLLING
from review.views.words import ago

State = EventDelivery.State
CHANGED = "platform-changed"
VERBS = {"warn": "Warn", "restrict": "Restrict", "block": "Block"}


@access(Role.MODERATOR, Role.SUPERVISOR)
@asked_by_the_page
@require_GET
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """Asked again while something may still change; who may no longer see the case is told nothing more."""
    person = signed_in(request)
    try:
        case = get_case_for(person, reference)
    except NotAllowed:
        if "seen" in request.GET:
            return HttpResponse(status=STOP_POLLING)
        raise
    done = done_about(case)
    words = {
        "case": case,
        "rows": rows_of(done, may_read=supervises(person, case)),
        "polls": done.is_open,
        "mark": done.mark,
    }
    whole = not request.headers.get("HX-Request")
    response = render(request, "platforms/did.html" if whole else "platforms/_panel.html", words)
    if request.GET.get("seen", done.mark) != done.mark:
        response["HX-Trigger"] = CHANGED
    return response


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def note(request: HttpRequest, reference: str, confirmation_id: int) -> HttpResponse:
    person = signed_in(request)
    case = get_case_for(person, reference)
    confirmation, words = read_platform_note(case_id=case.pk, confirmation_id=confirmation_id, by=person)
    subject = confirmation.event.subject
    about = {
        "case": case,
        "confirmation": confirmation,
        "words": words,
        "what": _what(subject) if subject else "",
    }
    return render(request, "platforms/note.html", about)


def rows_of(done: Done, *, may_read: bool) -> list[dict[str, Any]]:
    coming = [
        {
            "what": _what(one),
            "state": {"label": "not asked yet", "tone": "neutral"},
            "lines": [{"words": "Asked when the seconds to take the decision back are over."}],
        }
        for one in done.coming
    ]
    asked = [
        {"what": _what(one.subject), "state": _state(one), "lines": list(_lines(one, may_read=may_read))}
        for one in reversed(done.asked)
    ]
    return coming + asked


def _what(subject: SubjectAccount) -> str:
    return f"{VERBS.get(subject.decision.platform_action, '')} {subject.account}"


def _state(asked: Asked) -> dict[str, str]:
    """The last thing that is known, in a word."""
    if asked.withdrawal is not None:
        return {"label": "withdrawn", "tone": "stopped"}
    if asked.newest is not None:
        return (
            {"label": "confirmed", "tone": "done"}
            if asked.newest.done
            else {"label": "not done", "tone": "waiting"}
        )
    states = {one.state for one in asked.deliveries}
    if State.DELIVERED in states:
        return {"label": "sent", "tone": "active"}
    if states == {State.GIVEN_UP}:
        return {"label": "not reached", "tone": "waiting"}
    return {"label": "requested", "tone": "active"}


def _lines(asked: Asked, *, may_read: bool) -> Iterator[dict[str, Any]]:
    yield _line("Requested", asked.request.created_at)
    sent = [one.delivered_at for one in asked.deliveries if one.delivered_at]
    if sent:
        yield _line("Sent to the platform", min(sent))
    elif {one.state for one in asked.deliveries} == {State.GIVEN_UP}:
        yield {
            "words": "Its server took no message for three days. The platform may still read it by its cursor."
        }
    for one in asked.confirmations:
        yield _answer(one, "The platform did it" if one.done else "The platform did not do it", may_read)
    if asked.withdrawal is not None:
        yield _line("Withdrawn: a later judgement no longer asks for it", asked.withdrawal.created_at)
    for one in asked.undone:
        yield _answer(one, "The platform undid it" if one.done else "The platform did not undo it", may_read)


def _answer(confirmation: Confirmation, words: str, may_read: bool) -> dict[str, Any]:
    has_note = confirmation.note_sealed is not None
    return _line(words, confirmation.at) | {
        "note": confirmation.pk if has_note and may_read else None,
        "noted": has_note,
    }


def _line(words: str, at: Any) -> dict[str, Any]:
    return {"words": words, "at": at, "ago": ago(at)}
