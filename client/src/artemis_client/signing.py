"""The HMAC of Standard Webhooks, for calls that a key demands signed and for webhooks that come in."""

import hmac
import secrets
import time
from base64 import b64decode, b64encode

PREFIX = "whsec_"


def secret_bytes(secret: str) -> bytes:
    """The bytes of a secret as Artemis shows it: whsec_ and base64."""
    try:
        return b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("A secret is whsec_ followed by base64, as Artemis showed it.") from None


def signature(secret: bytes, message_id: str, timestamp: str, payload: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + payload
    return "v1," + b64encode(hmac.digest(secret, signed, "sha256")).decode()


def headers_of_call(secret: bytes, *, method: str, target: str, body: bytes) -> dict[str, str]:
    """New for each attempt: Artemis takes each call once. The body is signed as it is sent, packed or not."""
    call_id, stamp = f"call_{secrets.token_hex(16)}", str(int(time.time()))
    payload = f"{method} {target}\n".encode() + body
    return {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(secret, call_id, stamp, payload),
    }
