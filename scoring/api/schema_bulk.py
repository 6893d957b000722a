"""What the OpenAPI document says of conversations in bulk, and of the jobs that take them in."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers

from scoring.api.schema import CONTENT_ENCODING, IDEMPOTENCY_KEY, problems
from scoring.api.serializers import ErrorOut
from scoring.models import BulkJob


class JobLinesOut(serializers.Serializer):
    received = serializers.IntegerField()
    done = serializers.IntegerField()


class JobConversationsOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField(help_text="Known already; nothing changed.")
    refused = serializers.IntegerField()


class JobMessagesOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField()


class JobErrorOut(serializers.Serializer):
    line = serializers.IntegerField(help_text="Counted from 1.")
    status = serializers.ChoiceField(choices=[409, 422])
    errors = serializers.ListField(child=ErrorOut())  # type: ignore[assignment]


class JobOut(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField()
    state = serializers.ChoiceField(choices=BulkJob.State.choices)
    note = serializers.CharField(allow_blank=True, help_text="Why it is paused or was cancelled.")
    priority = serializers.ChoiceField(choices=BulkJob.Priority.choices)
    bytes = serializers.IntegerField(help_text="Received and stored, unpacked.")
    lines = JobLinesOut()
    conversations = JobConversationsOut()
    messages = JobMessagesOut()
    received_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=JobErrorOut(), help_text="Lines that were refused: nothing of them was stored."
    )
    next = serializers.CharField(allow_null=True, help_text="Where further refused lines stand.")


LINE = (
    '{"id": "c-1", "messages": [{"id": "m1", "sender": "u1", "sent_at": "2026-11-22T08:00:00Z", "text": "Hello"}]}\n'
    '{"id": "c-2", "messages": [{"id": "m1", "sender": "u1", "sent_at": "2026-11-22T08:01:00Z", "text": "Hello"}]}\n'
)
EXAMPLE = OpenApiExample("Two lines", request_only=True, media_type="application/x-ndjson", value=LINE)
POST_BULK = extend_schema(
    operation_id="send_in_bulk",
    summary="Send a file of conversations",
    description=(
        "One conversation a line, each as in “conversations”, at most 8 MB a line; in one stream, up to a limit of "
        "gigabytes. 202 when all of it is stored: a job then takes it in, line by line. A body that breaks off goes on "
        "where it broke off if it is sent again from its beginning with the same Idempotency-Key within a day; a body "
        "that was received to its end answers its job again. With priority=archive it is taken in and scored behind "
        "everything else, at a pace of its own, and what is flagged comes into a lane of its own."
    ),
    parameters=[
        IDEMPOTENCY_KEY,
        CONTENT_ENCODING,
        OpenApiParameter("priority", OpenApiTypes.STR, enum=BulkJob.Priority.values),
    ],
    request={("application/x-ndjson"): OpenApiTypes.STR},
    examples=[EXAMPLE],
    responses={202: JobOut, **problems(400, 401, 403, 409, 411, 413, 415, 422, 429, 503)},
)
GET_JOB = extend_schema(
    operation_id="get_job",
    summary="Ask how far a job is",
    description="With the lines that were refused and why, 500 at a time; follow “next”, or name a line by “after”.",
    parameters=[
        OpenApiParameter("job_id", OpenApiTypes.UUID, OpenApiParameter.PATH),
        OpenApiParameter("after", {"type": "integer", "minimum": 0, "maximum": 10**17}),
    ],
    responses={200: JobOut, **problems(401, 403, 404, 422, 429, 503)},
)
