"""Evidence at rest: one 256-bit key per conversation or packet, AES-256-GCM, wrapped by a key provider.

Associated data binds every ciphertext to its table, column, licensee and natural key, so that a value moved to
another row does not decrypt. Nonces are random 96-bit numbers: safe at this volume, since a key serves one
conversation (NIST SP 800-38D §8.2.2).
"""

import hmac
import secrets
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scoring.key_providers import EvidenceErased, EvidenceUnreadable, key_provider
from scoring.models.data_key import DataKey

NONCE_BYTES = 12


class Cipher:
    """Encrypts and decrypts what one data key protects."""

    def __init__(self, key: bytes, *, licensee_id: int) -> None:
        self._aead = AESGCM(key)
        self._digest_key = hmac.digest(key, b"artemis content digest", "sha256")
        self._licensee_id = licensee_id

    def encrypt(self, plaintext: bytes, *, table: str, column: str, row: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plaintext, self._bound_to(table, column, row))

    def decrypt(self, sealed: bytes | memoryview, *, table: str, column: str, row: str) -> bytes:
        sealed = bytes(sealed)
        try:
            return self._aead.decrypt(
                sealed[:NONCE_BYTES],
                sealed[NONCE_BYTES:],
                self._bound_to(table, column, row),
            )
        except InvalidTag:
            raise EvidenceUnreadable(
                f"{table}.{column} of {row} was changed or does not belong here."
            ) from None

    def content_digest(self, text: str) -> bytes:
        """Keyed BLAKE2b of 256 bits (RFC 7693): equal texts are recognised, and after erasure it cannot be guessed."""
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._digest_key, digest_size=32).digest()

    def account_digest(self, account: str) -> bytes:
        """HMAC-SHA-256 of an account's id under this key, which is an index's and encrypts nothing."""
        return hmac.digest(self._digest_key, account.encode("utf-8", "surrogatepass"), "sha256")

    def _bound_to(self, table: str, column: str, row: str) -> bytes:
        return f"{table}\x1f{column}\x1f{self._licensee_id}\x1f{row}".encode()


def new_data_key(*, licensee_id: int) -> tuple[DataKey, Cipher]:
    """An unsaved data key and the cipher that it gives."""
    key = AESGCM.generate_key(256)
    provider = key_provider()
    data_key = DataKey(licensee_id=licensee_id, wrapped=provider.wrap(key), wrapped_by=provider.key_id)
    return data_key, Cipher(key, licensee_id=licensee_id)


def open_data_key(data_key: DataKey) -> Cipher:
    if data_key.wrapped is None:
        raise EvidenceErased(
            f"This evidence was erased: its key was destroyed at {data_key.destroyed_at:%Y-%m-%d %H:%M} UTC. "
            "It cannot be read again."
        )
    key = key_provider().unwrap(bytes(data_key.wrapped), key_id=data_key.wrapped_by)
    return Cipher(key, licensee_id=data_key.licensee_id)
