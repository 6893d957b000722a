"""Key-encryption keys, which the database never sees: in a file, in the environment, or where an operator keeps them.

A ring holds several keys. The newest wraps; each unwraps what it wrapped. So keys change while everything runs, and
`key_rotation.py` wraps anew what older ones wrapped. A data key names its wrapping key by a digest, wherever that is
kept, so a ring may move from a file into the environment.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TextIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

KEY_FILE = "key-encryption.key"
NEW_FILE = KEY_FILE + ".new"
KEYS_VARIABLE = "ARTEMIS_KEY_ENCRYPTION_KEYS"
KEY_BYTES = 32
CREATE = "Restore it from its backup; on a new installation run “manage.py create_keys”. "
LOST = "Evidence written under a lost key cannot be read again."


class EvidenceUnreadable(Exception):
    """The ciphertext does not belong here, was changed, or its key was destroyed or is another one."""


class EvidenceErased(EvidenceUnreadable):
    """Its key was destroyed by an erasure: nothing is wrong, and nothing brings it back."""


class KeyUnavailable(EvidenceUnreadable):
    """The key-encryption key is missing or another one: a fault of the installation, not of this evidence."""


class KeyProvider(Protocol):
    """Holds key-encryption keys where the database cannot reach them: a file, the environment, a KMS, PKCS#11."""

    @property
    def key_id(self) -> str:
        """The key that wraps from now on."""
        ...

    def wrap(self, key: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, key_id: str) -> bytes: ...

    def derive(self, purpose: str) -> bytes:
        """A 256-bit key for this purpose alone; it stays the same while the oldest key does."""
        ...


@dataclass(frozen=True)
class RingKey:
    """A key-encryption key and since when it wraps, where that is known."""

    key: bytes
    since: datetime | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.key).hexdigest()[:16]

    def as_line(self) -> str:
        since = self.since.isoformat(timespec="seconds") if self.since else ""
        return f"{self.key.hex()} {since}".rstrip() + "\n"

    @classmethod
    def from_line(cls, line: str, *, where: str) -> "RingKey":
        text, _, since = line.strip().partition(" ")
        try:
            key = bytes.fromhex(text)
            moment = datetime.fromisoformat(since) if since else None
        except ValueError:
            key, moment = b"", None
        if len(key) != KEY_BYTES:
            raise KeyUnavailable(
                f"{where} does not hold a key of 64 hexadecimal digits on each line. {CREATE}"
            )
        return cls(key, moment)


class Keyring:
    """Keys in the order of their age; the last one wraps."""

    def __init__(self, keys: Sequence[RingKey], *, kind: str, where: str) -> None:
        if not keys:
            raise KeyUnavailable(f"{where} holds no key. {CREATE}{LOST}")
        self.keys = tuple(keys)
        self._kind, self._where = kind, where
        self._by_digest = {one.digest: one.key for one in keys}

    @property
    def key_id(self) -> str:
        return f"{self._kind}:{self.keys[-1].digest}"

    def wrap(self, key: bytes) -> bytes:
        return aes_key_wrap(self.keys[-1].key, key)

    def unwrap(self, wrapped: bytes, *, key_id: str) -> bytes:
        own = self._by_digest.get(key_id.rpartition(":")[2])
        if own is None:
            held = ", ".join(self._by_digest)
            raise EvidenceUnreadable(f"This evidence needs the key {key_id}; {self._where} holds {held}.")
        try:
            return aes_key_unwrap(own, wrapped)
        except InvalidUnwrap:
            raise EvidenceUnreadable("A wrapped key was changed or is damaged.") from None

    def derive(self, purpose: str) -> bytes:
        return hmac.digest(self.keys[0].key, f"artemis {purpose}".encode(), "sha256")


def key_provider() -> KeyProvider:
    """The provider that the operator chose; asked anew each time, so that a new key is seen without a restart."""
    provider: KeyProvider = import_string(settings.ARTEMIS_KEY_PROVIDER)()
    return provider


def file_keys() -> Keyring:
    """For one host: a key on each line of a file that only this user may read, the oldest first."""
    path: Path = settings.ARTEMIS_KEYS / KEY_FILE
    try:
        found = path.stat()
    except FileNotFoundError:
        raise KeyUnavailable(f"The key file {path} is missing. {CREATE}{LOST}") from None
    return _read_file(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _read_file(path: Path, *_version: int) -> Keyring:
    where = f"the key file {path}"
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    return Keyring([RingKey.from_line(line, where=where) for line in lines], kind="file", where=where)


def environment_keys() -> Keyring:
    """For containers: keys in one variable, between commas, the oldest first."""
    return _read_variable(os.environ.get(KEYS_VARIABLE, ""))


@lru_cache(maxsize=4)
def _read_variable(value: str) -> Keyring:
    where = f"the variable {KEYS_VARIABLE}"
    keys = [RingKey.from_line(one, where=where) for one in value.split(",") if one.strip()]
    return Keyring(keys, kind="environment", where=where)


def create_key_file(folder: Path) -> bool:
    """Make the key-encryption key where there is none; an existing one is never touched."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _write_new(folder / KEY_FILE, [_new_key()])
    except FileExistsError:
        return False
    return True


class RotationUnderWay(Exception):
    """Another process changes the key file, or one was cut short while it did."""


@contextmanager
def changing_key_file() -> Iterator[list[RingKey]]:
    """Give the keys of the file to be changed in place; written as a whole on the way out, and by one at a time.

    Nothing is written where the block raises.
    """
    folder: Path = settings.ARTEMIS_KEYS
    new, is_ours = folder / NEW_FILE, True
    try:
        # What is under way keeps others out; it never is the file that is read.
        _write_new(new, ())
    except FileExistsError:
        raise RotationUnderWay(
            f"Another rotation is under way. If none is, one was cut short: delete {new} and try again."
        ) from None
    try:
        # Read only now: another process may have added a key until a moment ago.
        before = file_keys().keys
        keys = list(before)
        yield keys
        if tuple(keys) != before:
            with new.open("w") as file:
                _write(file, keys)
            os.replace(new, folder / KEY_FILE)
            is_ours = False
            keep_names(folder)
    finally:
        # Once it was renamed, a file of this name is another process's.
        if is_ours:
            new.unlink(missing_ok=True)


def add_key(keys: list[RingKey]) -> RingKey:
    """Add a new key to a ring that is being changed; it wraps from then on."""
    keys.append(_new_key())
    return keys[-1]


def _new_key() -> RingKey:
    return RingKey(AESGCM.generate_key(256), timezone.now())


def _write_new(path: Path, keys: Sequence[RingKey]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        _write(file, keys)


def _write(file: TextIO, keys: Sequence[RingKey]) -> None:
    file.writelines(key.as_line() for key in keys)
    file.flush()
    os.fsync(file.fileno())


def keep_names(folder: Path) -> None:
    """Let a renaming in this folder itself outlast a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
