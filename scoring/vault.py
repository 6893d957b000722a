"""Evidence at rest: one 256-bit key per conversation or packet, AES-256-GCM, wrapped by a key provider.

Associated data binds every ciphertext to its table, column, licensee and natural key, so that a value moved to
another row does not decrypt. Nonces are random 96-bit numbers: safe at this volume, since a key serves one
conversation (NIST SP 800-38D §8.2.2).
"""

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from django.conf import settings

from scoring.models.data_key import DataKey

KEY_FILE = "key-encryption.key"
NONCE_BYTES = 12


class EvidenceUnreadable(Exception):
    """The ciphertext does not belong here, was changed, or its key was destroyed or is another one."""


class KeyUnavailable(EvidenceUnreadable):
    """The key-encryption key is missing or another one: a fault of the installation, not of this evidence."""


class KeyProvider(Protocol):
    """Holds key-encryption keys where the database cannot reach them: a file, the environment, a KMS."""

    key_id: str

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, key_id: str) -> bytes: ...

    def derive(self, purpose: str) -> bytes:
        """A 256-bit key for this purpose alone, the same as long as the key-encryption key is."""
        ...


class FileKeyProvider:
    """For the demo and for one host: one key-encryption key in a file that only this user may read."""

    def __init__(self, path: Path) -> None:
        try:
            self._key = bytes.fromhex(path.read_text().strip())
        except FileNotFoundError:
            raise KeyUnavailable(
                f"The key file {path} is missing. Restore it from its backup; on a new installation run "
                "“manage.py create_keys”. Evidence written under a lost key cannot be read again."
            ) from None
        self.key_id = "file:" + hashlib.sha256(self._key).hexdigest()[:16]

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self._key, key)

    def unwrap(self, wrapped: bytes, *, key_id: str) -> bytes:
        if key_id != self.key_id:
            raise EvidenceUnreadable(
                f"This evidence needs the key {key_id}; the key file holds {self.key_id}."
            )
        try:
            return aes_key_unwrap(self._key, wrapped)
        except InvalidUnwrap:
            raise EvidenceUnreadable("A wrapped key was changed or is damaged.") from None

    def derive(self, purpose: str) -> bytes:
        return hmac.digest(self._key, f"artemis {purpose}".encode(), "sha256")


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
        """HMAC-SHA-256 under this key: equal texts are recognised, and after erasure it cannot be guessed."""
        return hmac.digest(self._digest_key, text.encode("utf-8", "surrogatepass"), "sha256")

    def _bound_to(self, table: str, column: str, row: str) -> bytes:
        return "\x1f".join([table, column, str(self._licensee_id), row]).encode()


def new_data_key(*, licensee_id: int) -> tuple[DataKey, Cipher]:
    """An unsaved data key and the cipher that it gives."""
    key = AESGCM.generate_key(256)
    provider = key_provider()
    data_key = DataKey(licensee_id=licensee_id, wrapped=provider.wrap(key), wrapped_by=provider.key_id)
    return data_key, Cipher(key, licensee_id=licensee_id)


def open_data_key(data_key: DataKey) -> Cipher:
    if data_key.wrapped is None:
        raise EvidenceUnreadable(
            f"The key of this evidence was destroyed at {data_key.destroyed_at:%Y-%m-%d %H:%M}."
        )
    key = key_provider().unwrap(bytes(data_key.wrapped), key_id=data_key.wrapped_by)
    return Cipher(key, licensee_id=data_key.licensee_id)


def key_provider() -> KeyProvider:
    return _file_key_provider(settings.ARTEMIS_KEYS / KEY_FILE)


@lru_cache(maxsize=4)
def _file_key_provider(path: Path) -> FileKeyProvider:
    return FileKeyProvider(path)


def create_key_file(folder: Path) -> bool:
    """Make the key-encryption key where there is none; an existing one is never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(AESGCM.generate_key(256).hex() + "\n")
    return True
