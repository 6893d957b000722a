"""Secrets of people, sealed under SECRET_KEY, which the database does not hold.

AES-256-GCM; the associated data binds a secret to its owner, so that one copied to another row does not open. A new
SECRET_KEY goes first, the old one into SECRET_KEY_FALLBACKS, until everybody has set up their second factor anew.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """Sealed under a key that is no longer among SECRET_KEY and its fallbacks, or of somebody else."""


def seal_secret(secret: str, *, owner: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _ciphers()[0].encrypt(nonce, secret.encode(), owner.encode())


def open_secret(sealed: bytes | memoryview, *, owner: str) -> str:
    raw = bytes(sealed)
    for cipher in _ciphers():
        try:
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], owner.encode()).decode()
        except InvalidTag:
            continue
    raise SecretUnreadable(owner)


def keyed_digest(text: str) -> bytes:
    """HMAC-SHA-256 under SECRET_KEY: equal texts are counted together, and none can be guessed from the table."""
    return keyed_digests(text)[0]


def keyed_digests(text: str) -> list[bytes]:
    """The same under each key that still counts, the newest first: for what is looked up long after it was kept."""
    words = b"artemis digest\x00" + text.encode("utf-8", "replace")
    return [hmac.digest(key.encode(), words, "sha256") for key in _keys()]


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _ciphers() -> list[AESGCM]:
    return [AESGCM(hmac.digest(key.encode(), b"artemis sealed secrets", "sha256")) for key in _keys()]
