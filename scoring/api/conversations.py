"""Platforms send conversations here, and ask what became of them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLATFORM, access
from licensees.models import ApiKey, Licensee
from scoring.api.idempotency import Answer, answer_once
from scoring.api.platform_view import PlatformView, key_of, licensee_of
from scoring.api.problems import errors_of, problem
from scoring.api.reading_scores import score_answer
from scoring.api.schema import DELETE_CONVERSATION, GET_CONVERSATION, POST_CONVERSATIONS
from scoring.incoming import Fault, Outcome, Status
from scoring.incoming_json import (
    MOST_CONVERSATIONS,
    NOT_LIST,
    NOT_OBJECT,
    REQUIRED,
    is_id,
    read_conversation,
)
from scoring.ingest import accept
from scoring.models import Conversation

NONE_TAKEN = "None of the conversations was taken; nothing was stored. Each fault is named below."
NOTHING_NEW = "Each of the conversations contradicts what is known of it; nothing was stored."
UNKNOWN = "There is no conversation with this id. Send it first."


class Conversations(PlatformView):
    scopes: ClassVar[dict[str, str]] = {"POST": ApiKey.Scope.CONVERSATIONS_WRITE}

    @POST_CONVERSATIONS
    def post(self, request: Request) -> Response:
        return answer_once(request, licensee_of(request), lambda: take(request.data, by=key_of(request)))


class OneConversation(PlatformView):
    scopes: ClassVar[dict[str, str]] = {
        "GET": ApiKey.Scope.CONVERSATIONS_READ,
        "HEAD": ApiKey.Scope.CONVERSATIONS_READ,
        "DELETE": ApiKey.Scope.CONVERSATIONS_WRITE,
    }

    @GET_CONVERSATION
    def get(self, request: Request, external_id: str) -> Response:
        return Response(score_answer(get_conversation_for(licensee_of(request), external_id)))

    @DELETE_CONVERSATION
    def delete(self, request: Request, external_id: str) -> Response:
        conversation = get_conversation_for(licensee_of(request), external_id)
        import_string(settings.ARTEMIS_ERASER)(conversation_id=conversation.pk, by=key_of(request))
        return Response(status=204)


conversations = access(PLATFORM)(Conversations.as_view())
one_conversation = access(PLATFORM)(OneConversation.as_view())


def get_conversation_for(licensee: Licensee, external_id: str) -> Conversation:
    """Another licensee's conversation is as unknown as one that does not exist."""
    found = (
        Conversation.objects.filter(licensee=licensee, external_id=external_id)
        if is_id(external_id)
        else None
    )
    conversation = found.first() if found is not None else None
    if conversation is None:
        raise NotFound(UNKNOWN)
    return conversation


def take(body: Any, *, by: ApiKey) -> Answer:
    """Read and accept what can be accepted; the answer has the status that api.md gives to what became of it."""
    fault = _fault_of_envelope(body)
    if fault:
        return Answer(422, problem(422, NONE_TAKEN, [fault]))
    raw = body["conversations"]
    now = timezone.now()
    read = [read_conversation(one, now=now) for one in raw]
    taken = [item for item, _ in read if item is not None]
    accepted = iter(accept(licensee=by.licensee, items=taken, by=by))
    outcomes = [
        next(accepted) if item is not None else _invalid(one, faults)
        for one, (item, faults) in zip(raw, read, strict=True)
    ]
    return _answer(outcomes)


def _fault_of_envelope(body: Any) -> Fault | None:
    if not isinstance(body, dict):
        return Fault("", NOT_OBJECT)
    items = body.get("conversations")
    if items is None:
        return Fault("/conversations", REQUIRED)
    if not isinstance(items, list):
        return Fault("/conversations", NOT_LIST)
    if not 0 < len(items) <= MOST_CONVERSATIONS:
        return Fault("/conversations", f"A call takes 1 to {MOST_CONVERSATIONS} conversations.")
    return None


def _invalid(raw: Any, faults: list[Fault]) -> Outcome:
    """An id that cannot be one is not repeated in the answer."""
    external_id = raw.get("id") if isinstance(raw, dict) else None
    repeated = str(external_id) if is_id(external_id) else ""
    return Outcome(repeated, Status.INVALID, faults=tuple(faults))


def _answer(outcomes: Sequence[Outcome]) -> Answer:
    statuses = {outcome.status for outcome in outcomes}
    if Status.ACCEPTED not in statuses:
        return _refusal(outcomes, only_conflicts=statuses == {Status.CONFLICT})
    accepted = sum(outcome.status == Status.ACCEPTED for outcome in outcomes)
    if statuses == {Status.ACCEPTED}:
        return Answer(202, {"accepted": accepted, "conversations": [_counts(one) for one in outcomes]})
    items = [_item(place, one) for place, one in enumerate(outcomes)]
    return Answer(207, {"accepted": accepted, "rejected": len(outcomes) - accepted, "conversations": items})


def _refusal(outcomes: Sequence[Outcome], *, only_conflicts: bool) -> Answer:
    status, detail = (409, NOTHING_NEW) if only_conflicts else (422, NONE_TAKEN)
    faults = [
        Fault(f"/conversations/{place}{fault.pointer}", fault.detail)
        for place, outcome in enumerate(outcomes)
        for fault in outcome.faults
    ]
    return Answer(status, problem(status, detail, faults))


def _item(place: int, outcome: Outcome) -> dict[str, Any]:
    if outcome.status == Status.ACCEPTED:
        return {"status": 202, **_counts(outcome)}
    return {
        "id": outcome.id or None,
        "status": int(outcome.status),
        "detail": "This conversation was not taken; nothing of it was stored.",
        "errors": errors_of(outcome.faults, within=f"/conversations/{place}"),
    }


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "url": reverse("scoring_api:conversation", args=[outcome.id]),
        "messages_accepted": outcome.messages_accepted,
        "messages_duplicate": outcome.messages_duplicate,
    }
