"""What the OpenAPI document says of events; scoring/api/schema.py makes the document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema

from platforms.api.serializers import ConfirmationIn, ConfirmationsOut, ConfirmedOut, EventsOut
from scoring.api.problems import CONTENT_TYPE
from scoring.api.schema import IDEMPOTENCY_KEY
from scoring.api.serializers import ProblemOut

REFERENCE = "evt_8e3a5c01f2d94b7e9c6a1b2c3d4e5f60"


def _problems(*statuses: int) -> dict[tuple[int, str], type[ProblemOut]]:
    return {(status, CONTENT_TYPE): ProblemOut for status in statuses}


AFTER = OpenApiParameter(
    "after",
    OpenApiTypes.STR,
    OpenApiParameter.QUERY,
    description="The cursor of the last answer. Left out: from the oldest event on.",
)
LIMIT = OpenApiParameter(
    "limit", OpenApiTypes.INT, OpenApiParameter.QUERY, description="How many at most, 1 to 500; usually 100."
)
PUBLIC_ID = OpenApiParameter(
    "public_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="The id of the event."
)
TOLD = OpenApiExample(
    "A request and what takes it back",
    response_only=True,
    status_codes=["200"],
    value={
        "events": [
            {
                "id": REFERENCE,
                "type": "action.requested",
                "created_at": "2026-11-22T08:05:12.201000Z",
                "data": {
                    "conversation": "c-1042",
                    "subject": "u2",
                    "action": "block",
                    "reference": REFERENCE,
                },
            },
            {
                "id": "evt_07d1c2b3a4958677f0e1d2c3b4a59687",
                "type": "action.withdrawn",
                "created_at": "2026-11-24T10:31:40.008000Z",
                "data": {
                    "conversation": "c-1042",
                    "subject": "u2",
                    "action": "block",
                    "reference": REFERENCE,
                },
            },
        ],
        "cursor": "2",
        "has_more": False,
    },
)
SAID = OpenApiExample(
    "Blocked",
    request_only=True,
    value={"done": True, "at": "2026-11-22T08:06:00Z", "note": "Blocked on all our services."},
)

GET_EVENTS = extend_schema(
    operation_id="read_events",
    summary="Read what is asked of the platform",
    description=(
        "The same events as the webhooks, the oldest first. Keep the cursor of each answer and send it as “after”: no "
        "event is passed by, however late it was written. “action.requested” asks for an act on an account; "
        "“action.withdrawn” takes back what its reference names; “licensee.suspended”, “licensee.resumed” and "
        "“licensee.ended” say how the licensee stands; “webhook.test” asks for nothing. Ids only, never text. Open "
        "while a licensee is suspended."
    ),
    parameters=[AFTER, LIMIT],
    examples=[TOLD],
    responses={200: EventsOut, **_problems(401, 403, 422, 429, 503)},
)
GET_CONFIRMATION = extend_schema(
    operation_id="read_confirmations",
    summary="Ask what was confirmed of an event",
    parameters=[PUBLIC_ID],
    responses={200: ConfirmationsOut, **_problems(401, 403, 404, 429, 503)},
)
POST_CONFIRMATION = extend_schema(
    operation_id="confirm_event",
    summary="Say what was done about an event",
    description=(
        "The people who decided see it on the case. The same again is the same confirmation. Something else, with a "
        "later “at”, stands beside it and counts instead. 409: a later one is known, or the event asks for nothing."
    ),
    parameters=[PUBLIC_ID, IDEMPOTENCY_KEY],
    request=ConfirmationIn,
    examples=[SAID],
    responses={200: ConfirmedOut, **_problems(400, 401, 403, 404, 409, 411, 413, 415, 422, 429, 503)},
)
