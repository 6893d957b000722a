"""A platform reads what it is told, from wherever it stopped, and says what it did."""

from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLATFORM, access
from licensees.models import ApiKey, Licensee
from platforms.api.reading import read_confirmation
from platforms.api.schema import GET_CONFIRMATION, GET_EVENTS, POST_CONFIRMATION
from platforms.confirming import confirm
from platforms.models import Confirmation, Event
from platforms.telling import told, with_what_is_told
from scoring.api.idempotency import Answer, answer_once
from scoring.api.platform_view import PlatformView, key_of, licensee_of
from scoring.api.problems import Invalid, problem
from scoring.incoming import Fault
from scoring.key_providers import KeyUnavailable

USUAL, MOST = 100, 500
LONGEST_CURSOR = 18
NO_CURSOR = "“after” is a cursor of an earlier answer. Leave it out to begin with the oldest event."
NO_LIMIT = f"“limit” is a number from 1 to {MOST}."
UNKNOWN = "There is no event with this id."
NOT_TAKEN = "The confirmation was not taken. Each fault is named below."


class KeysAway(APIException):
    status_code = 503
    default_detail = "The ids of accounts cannot be opened at the moment. Ask again with the same cursor."
    wait = 30


class Events(PlatformView):
    scopes: ClassVar[dict[str, str]] = {
        "GET": ApiKey.Scope.EVENTS_CONFIRM,
        "HEAD": ApiKey.Scope.EVENTS_CONFIRM,
    }
    # What a licensee is told of its suspension has to reach it, and what was asked before still stands.
    open_while_suspended = True

    @GET_EVENTS
    def get(self, request: Request) -> Response:
        after, limit = _cursor(request.GET), _limit(request.GET)
        try:
            return Response(events_answer(licensee_of(request), after=after, limit=limit))
        except KeyUnavailable:
            raise KeysAway from None


class Confirming(PlatformView):
    scopes: ClassVar[dict[str, str]] = {
        "GET": ApiKey.Scope.EVENTS_CONFIRM,
        "HEAD": ApiKey.Scope.EVENTS_CONFIRM,
        "POST": ApiKey.Scope.EVENTS_CONFIRM,
    }
    open_while_suspended = True

    @GET_CONFIRMATION
    def get(self, request: Request, public_id: str) -> Response:
        event = get_event_for(licensee_of(request), public_id)
        known = [_said(one) for one in event.confirmations.all()]
        return Response({"id": event.public_id, "confirmations": known})

    @POST_CONFIRMATION
    def post(self, request: Request, public_id: str) -> Response:
        event = get_event_for(licensee_of(request), public_id)
        key = key_of(request)
        return answer_once(request, key.licensee, lambda: _confirmed(event, key, request.data))


events = access(PLATFORM)(Events.as_view())
confirmation = access(PLATFORM)(Confirming.as_view())


def events_answer(licensee: Licensee, *, after: int, limit: int) -> dict[str, Any]:
    """One look into the index of numbers, wherever in a long history. One more than is shown says whether to go on."""
    found = with_what_is_told(Event.objects.filter(licensee=licensee, number__gt=after))
    rows = list(found.order_by("number")[: limit + 1])
    shown = rows[:limit]
    return {
        "events": [told(event) for event in shown],
        "cursor": str(shown[-1].number if shown else after),
        "has_more": len(rows) > limit,
    }


def get_event_for(licensee: Licensee, public_id: str) -> Event:
    """Another licensee's event is as unknown as one that does not exist."""
    event: Event | None = Event.objects.filter(licensee=licensee, public_id=public_id[:64]).first()
    if event is None:
        raise NotFound(UNKNOWN)
    return event


def _confirmed(event: Event, key: ApiKey, body: Any) -> Answer:
    said, faults = read_confirmation(body)
    if said is None:
        return Answer(422, problem(422, NOT_TAKEN, faults))
    confirmation = confirm(event_id=event.pk, by=key, done=said.done, at=said.at, note=said.note)
    return Answer(200, {"id": event.public_id, "confirmation": _said(confirmation)})


def _said(confirmation: Confirmation) -> dict[str, Any]:
    """The note is not given back: it is sealed, and read by people only."""
    return {
        "done": confirmation.done,
        "at": confirmation.at.isoformat().replace("+00:00", "Z"),
        "received_at": confirmation.received_at.isoformat().replace("+00:00", "Z"),
    }


def _cursor(asked: QueryDict) -> int:
    return _number(asked.get("after", "0"), NO_CURSOR, pointer="/after")


def _limit(asked: QueryDict) -> int:
    limit = _number(asked.get("limit", str(USUAL)), NO_LIMIT, pointer="/limit")
    if not 1 <= limit <= MOST:
        raise Invalid(NO_LIMIT, [Fault("/limit", NO_LIMIT)])
    return limit


def _number(text: str, sentence: str, *, pointer: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_CURSOR):
        raise Invalid(sentence, [Fault(pointer, sentence)])
    return int(text)
