"""What the OpenAPI document says of users' reports."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers

from scoring.api.schema import CONTENT_ENCODING, IDEMPOTENCY_KEY, problems
from scoring.api.serializers import OPTIONAL, AcceptedConversationOut, ConversationIn, MessageIn
from scoring.incoming_json import LONGEST_ID, LONGEST_TEXT, MOST_MESSAGES
from scoring.models import UserReport


class ReportedConversationIn(ConversationIn):
    messages = serializers.ListField(
        child=MessageIn(),
        max_length=MOST_MESSAGES,
        help_text="May be absent where the conversation was sent before.",
        **OPTIONAL,
    )


class ReportIn(serializers.Serializer):
    conversation = ReportedConversationIn()
    reporter = serializers.CharField(
        max_length=LONGEST_ID,
        allow_blank=True,
        help_text="Id of the account that reports; one of the conversation.",
        **OPTIONAL,
    )
    reason = serializers.ChoiceField(choices=UserReport.Reason.choices)
    comment = serializers.CharField(
        allow_blank=True,
        help_text=f"What the user wrote, at most {LONGEST_TEXT:,} bytes in UTF-8; evidence like a message.",
        **OPTIONAL,
    )


class ReceivedOut(serializers.Serializer):
    conversation = AcceptedConversationOut()
    duplicate = serializers.BooleanField(help_text="This very report was received before; nothing changed.")


WITH_ITS_MESSAGES = OpenApiExample(
    "With its messages",
    request_only=True,
    value={
        "conversation": {
            "id": "c-2044",
            "messages": [
                {
                    "id": "m1",
                    "sender": "u2",
                    "sent_at": "2026-11-22T08:00:00Z",
                    "text": "Which school do you go to?",
                }
            ],
        },
        "reporter": "u2",
        "reason": "personal_questions",
    },
)
ONLY_THE_ID = OpenApiExample(
    "Of a conversation that was sent before",
    request_only=True,
    value={
        "conversation": {"id": "c-1042"},
        "reporter": "u1",
        "reason": "personal_questions",
        "comment": "They keep asking which school I go to.",
    },
)
RECEIVED = OpenApiExample(
    "Received",
    response_only=True,
    status_codes=["202"],
    value={
        "conversation": {
            "id": "c-1042",
            "url": "/api/v1/conversations/c-1042",
            "messages_accepted": 0,
            "messages_duplicate": 0,
        },
        "duplicate": False,
    },
)
POST_REPORTS = extend_schema(
    operation_id="send_report",
    summary="Hand on what a user reports",
    description=(
        "A person looks at it, whatever the machine says of the conversation. Where the conversation was sent before, "
        "its id is enough; with messages they are taken in first, and the report with them or not at all. The same "
        "report again is a duplicate as long as the conversation did not go on. 409: the messages contradict what is "
        "known, or all that the conversation said was erased."
    ),
    parameters=[IDEMPOTENCY_KEY, CONTENT_ENCODING],
    request=ReportIn,
    examples=[WITH_ITS_MESSAGES, ONLY_THE_ID, RECEIVED],
    responses={202: ReceivedOut, **problems(400, 401, 403, 409, 411, 413, 415, 422, 429, 503)},
)
