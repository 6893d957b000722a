"""Signs as Standard Webhooks 1.0 says: HMAC-SHA-256 over `id.timestamp.body`, one signature for each live secret."""

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime

USER_AGENT = "Artemis-Webhooks/1"


def signed_headers(message_id: str, body: bytes, secrets: Iterable[bytes], *, at: datetime) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    signatures = (b64encode(hmac.digest(secret, signed, "sha256")).decode() for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
