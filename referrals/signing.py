"""The installation's Ed25519 key that signs packets: a file which only this user may read, and its public half."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

KEY_FILE = "packet-signing.key"
PUBLIC_KEY_FILE = "packet-signing.pub"


class SigningKeyUnusable(Exception):
    """There is no key to sign with, or it is not kept as it must be; the sentence says what the operator can do."""


def create_signing_key(folder: Path) -> bool:
    """Make the signing key where there is none; an existing one is never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    created = _write_new(folder / KEY_FILE, pem, mode=0o600)
    _write_new(folder / PUBLIC_KEY_FILE, public_pem(load_signing_key(folder).public_key()), mode=0o644)
    return created


def load_signing_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / KEY_FILE
    try:
        if path.stat().st_mode & 0o077:
            raise SigningKeyUnusable(
                f"Others may read {KEY_FILE}. Ask the operator to close it with “chmod 600” and to replace it."
            )
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise SigningKeyUnusable(
            f"{KEY_FILE} is missing, so no packet can be signed. Ask the operator to restore it from its "
            "backup, or on a new installation to run “manage.py create_keys”."
        ) from None
    except (OSError, ValueError):
        raise SigningKeyUnusable(
            f"{KEY_FILE} cannot be read. Ask the operator to restore it from its backup."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable(
            f"{KEY_FILE} is not an Ed25519 key. Ask the operator to restore the right one."
        )
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _write_new(path: Path, data: bytes, *, mode: int) -> bool:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return True
