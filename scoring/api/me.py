"""What a key may do, and the limits and the threshold that hold for its licensee."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLATFORM, access
from licensees.models import ApiKey, Policy
from licensees.policies import why_refused
from scoring.api.parsers import LARGEST_BODY
from scoring.api.platform_view import PlatformView, key_of
from scoring.api.schema import GET_ME
from scoring.incoming_json import (
    LONGEST_ID,
    LONGEST_TEXT,
    MOST_CONVERSATIONS,
    MOST_MESSAGES,
    MOST_PARTICIPANTS,
)

LIMITS = {
    "conversations_a_call": MOST_CONVERSATIONS,
    "messages_a_conversation_a_call": MOST_MESSAGES,
    "participants_a_conversation_a_call": MOST_PARTICIPANTS,
    "bytes_a_body": LARGEST_BODY,
    "bytes_a_text": LONGEST_TEXT,
    "characters_an_id": LONGEST_ID,
}


class Me(PlatformView):
    open_in_every_state = True

    @GET_ME
    def get(self, request: Request) -> Response:
        return Response(me_answer(key_of(request)))


me = access(PLATFORM)(Me.as_view())


def me_answer(key: ApiKey) -> dict[str, Any]:
    return {
        "licensee": {"slug": key.licensee.slug, "name": key.licensee.name},
        "scopes": key.scopes,
        "mode": key.mode,
        # How it stands: empty where its calls are taken, else the sentence that they are refused with.
        "state": key.licensee.state,
        "refused": why_refused(key.licensee, mode=key.mode),
        "expires_at": key.expires_at,
        "signed": key.is_signed,
        "limits": {"calls_a_minute": settings.ARTEMIS_KEY_CALLS, **LIMITS},
        "threshold": Policy.objects.in_force(key.licensee_id).flag_threshold,
    }
