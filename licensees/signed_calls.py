"""Calls that are signed one by one, where a key asks for it: a key that leaks alone then opens nothing.

The form is that of Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64>`, an
HMAC-SHA-256 over `id.timestamp.payload`. The payload is the method, a space, the path with its query, a line feed, and
the body as it was sent, so that no signature fits another call. Each call is taken once.
"""

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts.sealed_secrets import SecretUnreadable
from licensees.models import ApiKey, SignedCall

TOLERANCE = timedelta(minutes=5)
LONGEST_ID = 200
MOST_SIGNATURES = 5
UNSIGNED = (
    "Calls with this key are signed: send webhook-id, webhook-timestamp and webhook-signature as Standard Webhooks "
    "says, over the method, a space, the path with its query, a line feed and the body."
)
STALE = (
    "webhook-timestamp is no number of seconds, or five minutes off. Sign the call anew; is the clock right?"
)
FALSE = "webhook-signature does not fit this call. Sign method, path and body as they are sent, with this key's secret."
REPLAYED = (
    "A call with this webhook-id was taken already. Give each call, and each repetition, an id of its own."
)


class Unsignable(APIException):
    status_code = 413
    default_detail = "The body is too large to be signed in one piece. Send it in several calls."
    default_code = "too_large"


def check_signature(request: Request, key: ApiKey) -> None:
    """Raises AuthenticationFailed for what is unsigned, stale, signed otherwise or sent again."""
    if not key.is_signed:
        return
    call_id, stamp, given = (
        request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (0 < len(call_id) <= LONGEST_ID and stamp and given):
        raise AuthenticationFailed(UNSIGNED)
    now = timezone.now()
    if not _is_near(stamp, now):
        raise AuthenticationFailed(STALE)
    expected = signature_of(
        _secret(key), call_id=call_id, stamp=stamp, target=_target(request), body=_body(request)
    )
    offered = given.split(" ")[:MOST_SIGNATURES]
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in offered):
        raise AuthenticationFailed(FALSE)
    _take_once(key, call_id, now)


def signature_of(secret: bytes, *, call_id: str, stamp: str, target: str, body: bytes) -> str:
    signed = f"{call_id}.{stamp}.{target}\n".encode() + body
    return f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode()}"


def _target(request: Request) -> str:
    return f"{request.method} {request.get_full_path()}"


def _secret(key: ApiKey) -> bytes:
    try:
        return key.signing_secret()
    except SecretUnreadable:
        raise AuthenticationFailed(
            "The signing secret of this key cannot be read. Ask an admin for a new key."
        ) from None


def _body(request: Request) -> bytes:
    """As it came, still compressed; the parsers read it again from memory."""
    try:
        return bytes(request._request.body)
    except RequestDataTooBig:
        raise Unsignable from None


def _is_near(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= TOLERANCE


def _take_once(key: ApiKey, call_id: str, now: datetime) -> None:
    """The database decides which of two that come at once is the first."""
    SignedCall.objects.filter(at__lt=now - 2 * TOLERANCE).delete()
    digest = hashlib.sha256(call_id.encode()).digest()
    _, is_first = SignedCall.objects.get_or_create(key=key, call_digest=digest, defaults={"at": now})
    if not is_first:
        raise AuthenticationFailed(REPLAYED)
