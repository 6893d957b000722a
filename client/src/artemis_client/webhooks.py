"""Tells webhooks of Artemis from others (Standard Webhooks): who signed, when, and with which of several secrets."""

import hmac
import json
import time
from collections.abc import Mapping, Sequence

from artemis_client.errors import WebhookError
from artemis_client.signing import secret_bytes, signature
from artemis_client.values import Event

MOST_SIGNATURES = 10


class Webhook:
    """Verifies what comes in. While a secret is rotated, give both: either may have signed."""

    def __init__(self, secrets: str | Sequence[str], *, tolerance: float = 300) -> None:
        given = [secrets] if isinstance(secrets, str) else list(secrets)
        if not given:
            raise ValueError("Give at least one secret.")
        self._secrets = [secret_bytes(one) for one in given]
        self._tolerance = tolerance

    def verify(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event of a delivery. `body` is what came, byte for byte. Raises WebhookError.

        The same event may come again: remember its id, and act once.
        """
        known = {name.lower(): value for name, value in headers.items()}
        message_id, stamp, given = (
            known.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
        )
        if not (message_id and stamp and given):
            raise WebhookError("webhook-id, webhook-timestamp or webhook-signature is missing.")
        self._check_time(stamp)
        self._check_signature(message_id, stamp, given, body)
        try:
            return Event.read(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WebhookError("It is signed, and no event.") from None

    def _check_time(self, stamp: str) -> None:
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
            raise WebhookError("webhook-timestamp is no number of seconds.")
        if abs(time.time() - int(stamp)) > self._tolerance:
            raise WebhookError("It was signed too long ago, or in the future. Is the clock right?")

    def _check_signature(self, message_id: str, stamp: str, given: str, body: bytes) -> None:
        offered = given.split(" ")[:MOST_SIGNATURES]
        fits = False
        for secret in self._secrets:
            expected = signature(secret, message_id, stamp, body).encode()
            for one in offered:
                # All are compared, each in constant time: how long it takes tells nothing.
                fits |= hmac.compare_digest(one.encode("utf-8", "surrogateescape"), expected)
        if not fits:
            raise WebhookError("No signature fits any of the secrets.")
