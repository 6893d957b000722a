"""A POST with an Idempotency-Key has its effect once; the same request again gets the same answer again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from licensees.models import Licensee
from scoring.api.problems import CONTENT_TYPE, Busy, Invalid
from scoring.models import IdempotentRequest

LONGEST_KEY = 255
# Seconds to wait for the same request on another connection.
PATIENCE = 10

OTHER_REQUEST = "This Idempotency-Key was used for another request. Use a new key for each new request."
STILL_RUNNING = "The same request is still being answered. Send it again in a few seconds."
BAD_KEY = f"An Idempotency-Key has 1 to {LONGEST_KEY} visible ASCII characters."


@dataclass(frozen=True)
class Answer:
    """What a POST answers; kept, if it came with a key, in the transaction of its effect."""

    status: int
    body: dict[str, Any]

    def as_response(self, *, is_replay: bool = False) -> Response:
        headers = {"Idempotent-Replay": "true"} if is_replay else {}
        content_type = CONTENT_TYPE if self.status >= 400 else None
        return Response(self.body, status=self.status, headers=headers, content_type=content_type)


def answer_once(request: Request, licensee: Licensee, act: Callable[[], Answer]) -> Response:
    """Act, or answer what the same request was answered.

    An exception undoes the act and keeps nothing: what could not be read, was refused to the key or broke may be
    sent again under the same key.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act().as_response()
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise ParseError(BAD_KEY)
    with transaction.atomic():
        fingerprint = _fingerprint(request)
        if not _take(key, licensee, fingerprint):
            return _repeat(key, licensee, fingerprint)
        answer = act()
        IdempotentRequest.objects.filter(licensee=licensee, key=key).update(
            status=answer.status, body=answer.body
        )
        return answer.as_response()


def _fingerprint(request: Request) -> bytes:
    """Over the decompressed body: the same request may be packed differently when it is sent again."""
    _ = request.data  # Parsed here, if nobody asked before.
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.parser_context.get("body_digest", b""))
    return digest.digest()


def _take(key: str, licensee: Licensee, fingerprint: bytes) -> bool:
    """True for the first. Whoever comes while the first still acts waits here until that one is committed."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
            cursor.execute(
                "INSERT INTO scoring_idempotentrequest (licensee_id, key, fingerprint, status, created_at) "
                "VALUES (%s, %s, %s, 0, now()) ON CONFLICT (licensee_id, key) DO NOTHING",
                [licensee.pk, key, fingerprint],
            )
            is_first = cursor.rowcount == 1
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise Busy(STILL_RUNNING) from None
        raise
    return is_first


def _repeat(key: str, licensee: Licensee, fingerprint: bytes) -> Response:
    kept = IdempotentRequest.objects.get(licensee=licensee, key=key)
    if bytes(kept.fingerprint) != fingerprint:
        raise Invalid(OTHER_REQUEST)
    return Answer(kept.status, kept.body or {}).as_response(is_replay=True)
