"""Signed checkpoints as text (C2SP tlog-checkpoint in a signed note, Ed25519), and the key that signs them.

origin            who keeps the log
size              how many entries it has
root              base64 of the root of RFC 6962

— name base64(4 bytes that tell the key, 64 bytes of signature)
"""

import base64
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_FILE = "audit-sealing.key"
VERIFIER_FILE = "audit-sealing.vkey"
ED25519 = b"\x01"
NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class NoteRefused(ValueError):
    """A note is no checkpoint, or was not signed with the key that is known."""


class SealingKeyUnusable(Exception):
    """There is no key to seal the trail with, or it is not kept as it must be; the sentence says what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint says: the log, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """The public half: a name and a key. Its text is what is given to third parties."""

    name: str
    key: Ed25519PublicKey

    def __str__(self) -> str:
        public = self.key.public_bytes_raw()
        return f"{self.name}+{key_id(self.name, public).hex()}+{_encoded(ED25519 + public)}"

    @classmethod
    def read(cls, text: str) -> "Verifier":
        name, mark, public = _three_parts(text, prefix="")
        if key_id(name, public).hex() != mark:
            raise NoteRefused("The verifier key is damaged: its id does not fit.")
        return cls(name, Ed25519PublicKey.from_public_bytes(public))


@dataclass(frozen=True)
class Signer:
    """The private half, in the form of Go's sumdb/note: one line, which may stand in a file or the environment."""

    name: str
    key: Ed25519PrivateKey

    def __str__(self) -> str:
        mark = key_id(self.name, self.key.public_key().public_bytes_raw()).hex()
        return f"PRIVATE+KEY+{self.name}+{mark}+{_encoded(ED25519 + self.key.private_bytes_raw())}"

    @classmethod
    def read(cls, text: str) -> "Signer":
        name, mark, seed = _three_parts(text, prefix="PRIVATE+KEY+")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        if key_id(name, key.public_key().public_bytes_raw()).hex() != mark:
            raise NoteRefused("The sealing key is damaged: its id does not fit.")
        return cls(name, key)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.key.public_key())

    def sign(self, checkpoint: Checkpoint) -> str:
        text = checkpoint.text()
        mark = key_id(self.name, self.key.public_key().public_bytes_raw())
        return f"{text}\n— {self.name} {_encoded(mark + self.key.sign(text.encode()))}\n"


def open_note(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note, if one of its signatures is the known key's; witnesses may have signed as well."""
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator:
        raise NoteRefused("This is not a signed note.")
    mark = key_id(verifier.name, verifier.key.public_bytes_raw())
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signed = _decoded(encoded)
        if dash == "—" and name == verifier.name and signed[:4] == mark:
            try:
                verifier.key.verify(signed[4:], text.encode())
            except InvalidSignature:
                raise NoteRefused(
                    "The signature does not fit: the checkpoint was changed, or another key signed it."
                ) from None
            return read_checkpoint(text)
    raise NoteRefused(f"No signature by {verifier.name} with the known key is on this note.")


def read_checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not SIZE.fullmatch(lines[1]):
        raise NoteRefused("This note is no checkpoint.")
    root = _decoded(lines[2])
    if len(root) != 32:
        raise NoteRefused("The root of the checkpoint is not a SHA-256.")
    return Checkpoint(lines[0], int(lines[1]), root)


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


# --- The key of an installation ----------------------------------------------------------------


def create_sealing_key(folder: Path, *, origin: str = "") -> bool:
    """Make the key where there is none. `origin` names this log among all others; a random one if it is left out."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = origin or f"artemis.invalid/trail-{secrets.token_hex(4)}"
    if not NAME.fullmatch(name):
        raise ValueError("The name of the trail may hold neither blanks nor “+”.")
    signer = Signer(name, Ed25519PrivateKey.generate())
    created = _write_new(folder / KEY_FILE, f"{signer}\n", mode=0o600)
    if created:
        (folder / VERIFIER_FILE).write_text(f"{signer.verifier}\n")
    return created


def load_signer(folder: Path, *, given: str = "") -> Signer:
    """From the environment where it stands there, else from the file, which nobody else may read."""
    path = folder / KEY_FILE
    try:
        if not given and path.stat().st_mode & 0o077:
            raise SealingKeyUnusable(f"Others may read {KEY_FILE}. Close it with “chmod 600” and replace it.")
        return Signer.read(given or path.read_text())
    except FileNotFoundError:
        raise SealingKeyUnusable(
            f"{KEY_FILE} is missing, so the trail cannot be sealed. Restore it from its backup, or on a new "
            "installation run “manage.py create_keys”."
        ) from None
    except (OSError, ValueError):
        raise SealingKeyUnusable(f"{KEY_FILE} cannot be read. Restore it from its backup.") from None


def load_verifier(path: Path) -> Verifier:
    try:
        return Verifier.read(path.read_text())
    except (OSError, ValueError):
        raise SealingKeyUnusable(
            f"{path.name}, the public half of the sealing key, cannot be read. Restore it from its backup."
        ) from None


def _three_parts(text: str, *, prefix: str) -> tuple[str, str, bytes]:
    line = text.strip()
    parts = line.removeprefix(prefix).split("+", 2)
    raw = _decoded(parts[2]) if line.startswith(prefix) and len(parts) == 3 else b""
    if raw[:1] != ED25519 or len(raw) != 33 or not NAME.fullmatch(parts[0]):
        raise NoteRefused("This is not an Ed25519 key of a log.")
    return parts[0], parts[1], raw[1:]


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _write_new(path: Path, text: str, *, mode: int) -> bool:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return True
