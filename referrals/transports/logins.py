"""The secrets of a recipient: files in ARTEMIS_KEYS that only this user may read, named after its number."""

from pathlib import Path

from django.conf import settings

from referrals.models import Recipient
from referrals.transports.interface import Unfit


def login_of(recipient: Recipient) -> tuple[str, str]:
    """(name, password) from `recipient-7.login`, one line `name:password`."""
    path = _path(recipient, "login")
    name, colon, password = _read(path).strip().partition(":")
    if not (name and colon and password):
        raise Unfit(f"{path.name} has to hold one line, name:password. Ask the operator to write it again.")
    return name, password


def ssh_key_of(recipient: Recipient) -> Path:
    """The private key with which Artemis signs in there, `recipient-7.ssh`."""
    path = _path(recipient, "ssh")
    _read(path)
    return path


def _path(recipient: Recipient, kind: str) -> Path:
    return Path(settings.ARTEMIS_KEYS) / f"recipient-{recipient.pk}.{kind}"


def _read(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise Unfit(f"Others may read {path.name}. Ask the operator to close it with “chmod 600”.")
        return path.read_text()
    except OSError:
        raise Unfit(
            f"{path.name} is missing among the keys, so nobody can sign in there. Ask the operator."
        ) from None
