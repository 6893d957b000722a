"""The shapes of the API for its OpenAPI document. They describe; scoring/incoming_json.py checks.

A test holds the two together: what one of them takes or refuses, the other takes or refuses too.
"""

from typing import TypedDict

from rest_framework import serializers

from licensees.models import ApiKey, Licensee
from scoring.incoming_json import (
    LONGEST_ID,
    LONGEST_LANGUAGE,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_CONVERSATIONS,
    MOST_MESSAGES,
    MOST_PARTICIPANTS,
)
from scoring.models import Conversation, Participant, Score


class Optional(TypedDict):
    required: bool
    allow_null: bool


OPTIONAL: Optional = {"required": False, "allow_null": True}
TIME = "RFC 3339 with a zone, not in the future."


class MessageIn(serializers.Serializer):
    id = serializers.CharField(
        min_length=1, max_length=LONGEST_ID, help_text="The platform's own id of the message."
    )
    sender = serializers.CharField(
        min_length=1, max_length=LONGEST_ID, help_text="Id of the account that wrote it."
    )
    sent_at = serializers.DateTimeField(help_text=TIME)
    text = serializers.CharField(
        allow_blank=True,
        allow_null=True,
        required=False,
        help_text=f"At most {LONGEST_TEXT:,} bytes in UTF-8. May be absent only beside deleted_at.",
    )
    reply_to = serializers.CharField(max_length=LONGEST_ID, allow_blank=True, **OPTIONAL)
    edited_at = serializers.DateTimeField(
        help_text=f"{TIME} Needed to change the text of a known message, and later than before.", **OPTIONAL
    )
    deleted_at = serializers.DateTimeField(
        help_text=f"{TIME} The text that was sent before stays as evidence.", **OPTIONAL
    )


class ParticipantIn(serializers.Serializer):
    id = serializers.CharField(min_length=1, max_length=LONGEST_ID)
    declared_age_band = serializers.ChoiceField(choices=Participant.AgeBand.choices, **OPTIONAL)
    account_created_at = serializers.DateTimeField(help_text=TIME, **OPTIONAL)
    display_name = serializers.CharField(max_length=LONGEST_NAME, allow_blank=True, **OPTIONAL)
    facts = serializers.DictField(
        help_text="Whatever else the platform knows of the account; encrypted at rest.", **OPTIONAL
    )


class ConversationIn(serializers.Serializer):
    id = serializers.CharField(min_length=1, max_length=LONGEST_ID, help_text="The platform's own id.")
    kind = serializers.ChoiceField(
        choices=Conversation.Kind.choices, help_text="“direct” if it was never given.", **OPTIONAL
    )
    language = serializers.CharField(
        max_length=LONGEST_LANGUAGE, help_text="BCP 47, such as “en”.", **OPTIONAL
    )
    participants = serializers.ListField(
        child=ParticipantIn(),
        max_length=MOST_PARTICIPANTS,
        help_text="Senders that are not named here are added as they appear.",
        **OPTIONAL,
    )
    messages = serializers.ListField(
        child=MessageIn(), max_length=MOST_MESSAGES, help_text="Only what is new need be sent."
    )


class ConversationsIn(serializers.Serializer):
    conversations = serializers.ListField(child=ConversationIn(), min_length=1, max_length=MOST_CONVERSATIONS)


class ErrorOut(serializers.Serializer):
    pointer = serializers.CharField(allow_blank=True, help_text="JSON Pointer (RFC 6901) into the body.")
    detail = serializers.CharField()


class ProblemOut(serializers.Serializer):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.ListField(child=ErrorOut(), required=False)  # type: ignore[assignment]


class AcceptedConversationOut(serializers.Serializer):
    id = serializers.CharField()
    url = serializers.CharField(help_text="Ask here what became of it.")
    messages_accepted = serializers.IntegerField(help_text="New, edited or newly deleted.")
    messages_duplicate = serializers.IntegerField(help_text="Known already; nothing changed.")


class AcceptedOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    conversations = serializers.ListField(child=AcceptedConversationOut())


class MixedConversationOut(serializers.Serializer):
    id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=[202, 409, 422])
    url = serializers.CharField(required=False)
    messages_accepted = serializers.IntegerField(required=False)
    messages_duplicate = serializers.IntegerField(required=False)
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(child=ErrorOut(), required=False)  # type: ignore[assignment]


class MixedOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    conversations = serializers.ListField(child=MixedConversationOut())


class CharacteristicOut(serializers.Serializer):
    name = serializers.CharField()
    rating = serializers.FloatField(min_value=0, max_value=1)


class ContributionOut(serializers.Serializer):
    id = serializers.CharField(help_text="The platform's own id of the message.")
    contribution = serializers.FloatField(
        help_text="In units of log-odds; negative where it lowered the score."
    )


class ScoreOut(serializers.Serializer):
    """A machine's rating, never a finding."""

    probability = serializers.FloatField(allow_null=True, min_value=0, max_value=1)
    band = serializers.ChoiceField(choices=Score.Band.choices, allow_null=True)
    flagged = serializers.BooleanField()
    threshold = serializers.FloatField()
    model = serializers.CharField(allow_null=True)
    scored_at = serializers.DateTimeField()
    revision = serializers.IntegerField(help_text="The revision of the conversation that was scored.")
    abstained = serializers.CharField(allow_null=True, help_text="Why there is no probability, as a word.")
    reason = serializers.CharField(allow_null=True, help_text="Why there is no probability, as a sentence.")
    characteristics = serializers.ListField(child=CharacteristicOut())
    messages = serializers.ListField(child=ContributionOut(), help_text="The ten that weighed most.")


class ConversationOut(serializers.Serializer):
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=["queued", "scored", "abstained"])
    revision = serializers.IntegerField(help_text="How many calls brought something new.")
    message_count = serializers.IntegerField()
    score = ScoreOut(allow_null=True)


class LicenseeOut(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class LimitsOut(serializers.Serializer):
    calls_a_minute = serializers.IntegerField(
        help_text="By this key; then 429 with Retry-After. 0: no limit."
    )
    conversations_a_call = serializers.IntegerField()
    messages_a_conversation_a_call = serializers.IntegerField()
    participants_a_conversation_a_call = serializers.IntegerField()
    bytes_a_body = serializers.IntegerField(help_text="After decompression.")
    bytes_a_text = serializers.IntegerField()
    characters_an_id = serializers.IntegerField()


class MeOut(serializers.Serializer):
    licensee = LicenseeOut()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiKey.Scope.choices))
    mode = serializers.ChoiceField(choices=ApiKey.Mode.choices)
    state = serializers.ChoiceField(
        choices=Licensee.State.choices, help_text="Of the licensee: in test its cases are for practice."
    )
    refused = serializers.CharField(
        allow_blank=True, help_text="Why its other calls are refused; empty where they are taken."
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When this key ends; an admin rotates it before, and for a week both live."
    )
    signed = serializers.BooleanField(
        help_text="Each call is signed: webhook-id, webhook-timestamp and webhook-signature of Standard Webhooks, over "
        "the method, a space, the path with its query, a line feed and the body as it is sent."
    )
    limits = LimitsOut()
    threshold = serializers.FloatField(help_text="At or over this probability a person looks.")
