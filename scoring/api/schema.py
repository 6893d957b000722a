"""The OpenAPI 3.1 document: what each view takes and answers, and the view that serves it."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from accounts.access import PUBLIC, access
from scoring.api.problems import CONTENT_TYPE
from scoring.api.serializers import (
    AcceptedOut,
    ConversationOut,
    ConversationsIn,
    MeOut,
    MixedOut,
    ProblemOut,
)


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemOut]]:
    return {(status, CONTENT_TYPE): ProblemOut for status in statuses}


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[ -~]+$"},
    OpenApiParameter.HEADER,
    description=(
        "Up to 255 visible ASCII characters, new for each new request. The same request with the same key has its "
        "effect once and gets the same answer, with the header Idempotent-Replay: true. Kept for a day."
    ),
)
CONTENT_ENCODING = OpenApiParameter(
    "Content-Encoding",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    enum=["gzip"],
    description="The body may be packed with gzip; its limit holds for the unpacked body.",
)
EXTERNAL_ID = OpenApiParameter(
    "external_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="The platform's own id, percent-encoded; the url in the answer to POST has it ready.",
)
EXAMPLE = OpenApiExample(
    "Two messages",
    request_only=True,
    value={
        "conversations": [
            {
                "id": "c-1042",
                "kind": "direct",
                "language": "en",
                "participants": [{"id": "u1", "declared_age_band": "13_15"}],
                "messages": [
                    {
                        "id": "m1",
                        "sender": "u1",
                        "sent_at": "2026-11-22T08:00:00Z",
                        "text": "Good match yesterday",
                    },
                    {
                        "id": "m2",
                        "sender": "u2",
                        "sent_at": "2026-11-22T08:00:40Z",
                        "text": "Thanks, it was fun",
                    },
                ],
            }
        ]
    },
)

POST_CONVERSATIONS = extend_schema(
    operation_id="send_conversations",
    summary="Send conversations, or new messages of known ones",
    description=(
        "Each conversation is taken wholly or not at all. The same ids again are duplicates and change nothing. "
        "A known message with other text is an edit if its edited_at is later than before; otherwise its "
        "conversation is a conflict. 202: all were taken. 207: some were; see the status of each. 409: all contradict "
        "what is known. 422: none was taken. Accepted means durable: scoring follows by itself."
    ),
    parameters=[IDEMPOTENCY_KEY, CONTENT_ENCODING],
    request=ConversationsIn,
    examples=[EXAMPLE],
    responses={
        202: AcceptedOut,
        207: MixedOut,
        **problems(400, 401, 403, 409, 411, 413, 415, 422, 429, 503),
    },
)
GET_CONVERSATION = extend_schema(
    operation_id="get_conversation",
    summary="Ask what became of a conversation",
    description=(
        "The newest score. It belongs to the revision that it names: a lower one than the conversation's means that "
        "newer messages still wait for their score. The model abstains, with a reason, where it cannot judge; "
        "and without a score where it may not, as a user's report that no legal basis lets a machine rate."
    ),
    parameters=[EXTERNAL_ID],
    responses={200: ConversationOut, **problems(401, 403, 404, 429, 503)},
)
DELETE_CONVERSATION = extend_schema(
    operation_id="delete_conversation",
    summary="Take a conversation back",
    description=(
        "Its texts, and who its accounts are, are erased at once and for good; a score and counts stay. Again is no "
        "fault. 409 while something still needs it, in words; it is then erased by itself when that ends."
    ),
    parameters=[EXTERNAL_ID],
    responses={204: None, **problems(401, 403, 404, 409, 429, 503)},
)
GET_ME = extend_schema(
    operation_id="get_me",
    summary="Ask what this key may do",
    description="Its licensee, scopes and mode, the limits of a call, and the threshold in force. "
    "Answered in every state of the licensee; `refused` says with what other calls are refused.",
    responses={200: MeOut, **problems(401, 403, 429, 503)},
)


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Registers itself with the generator by being defined."""

    target_class = "licensees.authentication.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key that an admin issued."}


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document; the same for everybody, so it is made once for each process."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    for methods in document["paths"].values():
        for operation in methods.values():
            if "requestBody" in operation:
                # Nothing here is asked for by an empty body; the generator marks forms of our own only.
                operation["requestBody"]["required"] = True
    return document


@access(PUBLIC)
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return JsonResponse(openapi(), content_type="application/vnd.oai.openapi+json;version=3.1")
