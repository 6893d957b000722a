"""The installation's Ed25519 key that signs packets: a file which only this user may read, and its public half."""

import base64
import hashlib
import os
import struct
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
# One line for the recipient's ssh-keygen: who may sign what.
ALLOWED_SIGNERS_FILE = "packet-signing.allowed_signers"

SIGNER = "artemis"
NAMESPACE = b"artemis-packet"
HASH = b"sha512"
KIND = b"ssh-ed25519"
ARMOR = (b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----")
WIDTH = 70


class SigningKeyUnusable(Exception):
    """There is no key to sign with, or it is not kept as it must be; the sentence says what the operator can do."""


def create_signing_key(folder: Path) -> bool:
    """Make the signing key where there is none; an existing one is never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    created = _write_new(folder / KEY_FILE, pem, mode=0o600)
    public = load_signing_key(folder).public_key()
    _write_new(folder / PUBLIC_KEY_FILE, public_pem(public), mode=0o644)
    _write_new(folder / ALLOWED_SIGNERS_FILE, allowed_signers(public), mode=0o644)
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


def fingerprint_of(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def allowed_signers(key: Ed25519PublicKey) -> bytes:
    """For “ssh-keygen -Y verify -f”: this key may sign packets, and nothing else."""
    public = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return b'%s namespaces="%s" %s\n' % (SIGNER.encode(), NAMESPACE, public)


def ssh_signature(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """As “ssh-keygen -Y sign -n artemis-packet” would make it (OpenSSH, PROTOCOL.sshsig)."""
    return _armored(key.public_key(), key.sign(_to_sign(message)))


def check_ssh_signature(key: Ed25519PublicKey, message: bytes, armored: bytes) -> None:
    """Raises InvalidSignature or ValueError. A signature is written in one way, so that no byte goes unchecked."""
    signature = base64.b64decode(b"".join(armored.splitlines()[1:-1]))[-64:]
    if _armored(key, signature) != armored:
        raise ValueError("This is not an SSH signature of a packet by this key.")
    key.verify(signature, _to_sign(message))


def _to_sign(message: bytes) -> bytes:
    return b"SSHSIG" + _scope() + _string(hashlib.sha512(message).digest())


def _scope() -> bytes:
    return _string(NAMESPACE) + _string(b"") + _string(HASH)


def _armored(key: Ed25519PublicKey, signature: bytes) -> bytes:
    public = _string(KIND) + _string(key.public_bytes_raw())
    signed = _string(KIND) + _string(signature)
    blob = b"SSHSIG" + struct.pack(">L", 1) + _string(public) + _scope() + _string(signed)
    text = base64.b64encode(blob)
    lines = [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)]
    return b"\n".join([ARMOR[0], *lines, ARMOR[1], b""])


def _string(data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + data


def _write_new(path: Path, data: bytes, *, mode: int) -> bool:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return True
