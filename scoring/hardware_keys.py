"""Key-encryption keys in a hardware module, or in a cloud's key service that speaks PKCS#11: they never leave it.

Keys for wrapping are AES-256, told apart by their ids; ids grow with time, so the greatest is the newest and wraps.
One HMAC key derives what stays the same. Both are made by `manage.py create_keys`, are sensitive and cannot be
exported: who copies the disk and the database has nothing, and who loses the module has lost the evidence.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pkcs11
from django.conf import settings
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass, PKCS11Error

from scoring.key_providers import (
    LOST,
    EvidenceUnreadable,
    KeyProvider,
    KeyUnavailable,
    environment_keys,
    file_keys,
)

KIND = "pkcs11"
WRAPPING, NAMING = "artemis wrapping", "artemis naming"
NONCE_BYTES, TAG_BITS = 12, 128
# A key that another process made wraps from then on, at the latest.
NEWEST_FOR_SECONDS = 10
NOT_AT_HAND = (
    "The hardware module does not answer as it should: {fault}. See docs/keys.md, “A hardware module”. "
)
FORMER: dict[str, Callable[[], KeyProvider]] = {"file": file_keys, "environment": environment_keys}
_PRIVATE = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}

_lock = threading.RLock()
_open: "HardwareKeys | None" = None


def hardware_keys() -> "HardwareKeys":
    """The module that ARTEMIS_PKCS11_MODULE and ARTEMIS_PKCS11_TOKEN name, opened once in each process."""
    global _open
    with _lock:
        if _open is None:
            _open = HardwareKeys()
        return _open


class HardwareKeys:
    """One session with the token; calls follow one another. After a failure it is opened anew, once."""

    def __init__(self) -> None:
        self._session: Any = None
        self._keys: dict[str, Any] = {}
        self._newest, self._newest_until = "", 0.0

    @property
    def key_id(self) -> str:
        return f"{KIND}:{self._called(self._newest_id)}"

    def wrap(self, key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + bytes(self._called(lambda: self._crypt("encrypt", self._newest_id(), nonce, key)))

    def unwrap(self, wrapped: bytes, *, key_id: str) -> bytes:
        kind, _, own = key_id.partition(":")
        if kind in FORMER:
            # Wrapped before there was a module, and until `rotate_keys` has wrapped it anew.
            return FORMER[kind]().unwrap(wrapped, key_id=key_id)
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return bytes(self._called(lambda: self._opened(own, nonce, sealed)))

    def derive(self, purpose: str) -> bytes:
        data = f"artemis {purpose}".encode()
        return bytes(self._called(lambda: self._key(NAMING).sign(data, mechanism=Mechanism.SHA256_HMAC)))

    def add_key(self) -> str:
        """Make a key that wraps from now on; answers its id. Two at once make two, of which the greater wraps."""

        def made() -> str:
            number = time.time_ns() // 1_000_000
            own = number.to_bytes(6, "big") + secrets.token_bytes(2)
            may = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
            self._session.generate_key(
                KeyType.AES, 256, label=WRAPPING, id=own, store=True, capabilities=may, template=_PRIVATE
            )
            self._newest_until = 0.0
            return own.hex()

        return f"{KIND}:{self._called(made)}"

    def create(self) -> bool:
        """The first keys of a new installation; what is there is never touched."""

        def missing(label: str) -> bool:
            return not any(self._session.get_objects({Attribute.LABEL: label}))

        def create_naming() -> None:
            self._session.generate_key(
                KeyType.GENERIC_SECRET,
                256,
                label=NAMING,
                store=True,
                capabilities=MechanismFlag.SIGN,
                mechanism=Mechanism.GENERIC_SECRET_KEY_GEN,
                template=_PRIVATE,
            )

        absent = [label for label in (WRAPPING, NAMING) if self._called(partial(missing, label))]
        if WRAPPING in absent:
            self.add_key()
        if NAMING in absent:
            self._called(create_naming)
        return bool(absent)

    # --- Inside a call -------------------------------------------------------------------------

    def _called(self, act: Callable[[], Any]) -> Any:
        with _lock:
            for is_last in (False, True):
                try:
                    if self._session is None:
                        self._start()
                    return act()
                except PKCS11Error as fault:
                    self._stop()
                    if is_last:
                        why = type(fault).__name__
                        raise KeyUnavailable(NOT_AT_HAND.format(fault=why) + LOST) from None
        raise AssertionError("unreachable")

    def _start(self) -> None:
        if not settings.ARTEMIS_PKCS11_MODULE:
            raise KeyUnavailable(
                "ARTEMIS_PKCS11_MODULE names no library of a hardware module. See docs/keys.md."
            )
        library = pkcs11.lib(settings.ARTEMIS_PKCS11_MODULE)
        token = library.get_token(token_label=settings.ARTEMIS_PKCS11_TOKEN)
        self._session = token.open(rw=True, user_pin=_pin())

    def _stop(self) -> None:
        session, self._session = self._session, None
        self._keys.clear()
        self._newest_until = 0.0
        if session is not None:
            with _ignored():
                session.close()

    def _newest_id(self) -> str:
        if time.monotonic() > self._newest_until:
            found = self._session.get_objects(
                {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: WRAPPING}
            )
            ids = sorted(bytes(one.id).hex() for one in found)
            if not ids:
                raise KeyUnavailable(
                    f"The hardware module holds no key “{WRAPPING}”. Run “manage.py create_keys”."
                )
            self._newest, self._newest_until = ids[-1], time.monotonic() + NEWEST_FOR_SECONDS
        return self._newest

    def _key(self, label: str, own: str = "") -> Any:
        found = self._keys.get(label + own)
        if found is None:
            asked: dict[Any, Any] = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}
            if own:
                asked[Attribute.ID] = bytes.fromhex(own)
            found = next(iter(self._session.get_objects(asked)), None)
            if found is None:
                raise EvidenceUnreadable(f"The hardware module does not hold the key {own or label}. {LOST}")
            self._keys[label + own] = found
        return found

    def _crypt(self, way: str, own: str, nonce: bytes, data: bytes) -> bytes:
        parameters = GCMParams(nonce, WRAPPING.encode(), TAG_BITS)
        crypt = getattr(self._key(WRAPPING, own), way)
        return bytes(crypt(data, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))

    def _opened(self, own: str, nonce: bytes, sealed: bytes) -> bytes:
        try:
            return self._crypt("decrypt", own, nonce, sealed)
        except (pkcs11.exceptions.EncryptedDataInvalid, pkcs11.exceptions.GeneralError):
            # Modules name a wrong tag in different ways. What this very key still wraps and opens was changed.
            probe = secrets.token_bytes(NONCE_BYTES)
            self._crypt("decrypt", own, probe, self._crypt("encrypt", own, probe, bytes(32)))
            raise EvidenceUnreadable("A wrapped key was changed or is damaged.") from None


def _pin() -> str:
    """From a file that only this user may read, so that it stands in no listing of processes."""
    path = settings.ARTEMIS_KEYS / "pkcs11.pin"
    try:
        return str(path.read_text().strip())
    except FileNotFoundError:
        raise KeyUnavailable(f"The file {path} with the PIN of the hardware module is missing.") from None


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except PKCS11Error:
        return


def _forked() -> None:
    """A session belongs to the process that opened it."""
    global _open, _lock
    if _open is None:
        return
    _open, _lock = None, threading.RLock()
    with _ignored():
        library = pkcs11.lib(settings.ARTEMIS_PKCS11_MODULE)
        library.finalize()
        library.initialize()


os.register_at_fork(after_in_child=_forked)
