"""The shapes of events and confirmations for the OpenAPI document. They describe; platforms/api/reading.py checks."""

from rest_framework import serializers

from platforms.models import Event
from platforms.models.confirmation import LONGEST_NOTE
from review.models import Decision


class EventDataOut(serializers.Serializer):
    conversation = serializers.CharField(required=False, help_text="The platform's own id.")
    subject = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="The platform's own id of the account; null where it was erased since.",
    )
    action = serializers.ChoiceField(choices=Decision.PlatformAction.choices, required=False)
    reference = serializers.CharField(
        required=False, help_text="The same of a request and of what takes it back."
    )
    licensee = serializers.CharField(required=False, help_text="Of events that are about no account.")


class EventOut(serializers.Serializer):
    id = serializers.CharField(help_text="The webhook-id as well: the same each time it is told.")
    type = serializers.ChoiceField(choices=Event.Type.choices)
    created_at = serializers.DateTimeField()
    data = EventDataOut()  # type: ignore[assignment]


class EventsOut(serializers.Serializer):
    events = serializers.ListField(child=EventOut(), help_text="The oldest first.")
    cursor = serializers.CharField(help_text="Keep it, and send it as “after” the next time.")
    has_more = serializers.BooleanField(help_text="There are further events: ask again at once.")


class ConfirmationIn(serializers.Serializer):
    done = serializers.BooleanField(help_text="Whether the account was acted on as asked.")
    at = serializers.DateTimeField(help_text="When it was done, or refused: RFC 3339 with a zone.")
    note = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=LONGEST_NOTE,
        help_text="For the people who decided. It is kept sealed, and never given back.",
    )


class ConfirmationOut(serializers.Serializer):
    done = serializers.BooleanField()
    at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()


class ConfirmedOut(serializers.Serializer):
    id = serializers.CharField()
    confirmation = ConfirmationOut()


class ConfirmationsOut(serializers.Serializer):
    id = serializers.CharField()
    confirmations = serializers.ListField(child=ConfirmationOut(), help_text="The last one counts.")
