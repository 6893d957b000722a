"""age: a packet for the holders of some keys and nobody else. It says nothing about who sent it; the signature does."""

from typing import Any

import pyrage

from referrals.endpoints import NotAnEndpoint, age_recipient
from referrals.models import Recipient
from referrals.transports.interface import Unfit


def encrypted_for(recipient: Recipient, archive: bytes) -> bytes:
    """Each holder of one of the recipient's keys can open it. Two calls never give the same bytes."""
    return bytes(pyrage.encrypt(archive, _keys_of(recipient)))


def check_has_keys(recipient: Recipient) -> None:
    """Before an archive is opened for nothing."""
    _keys_of(recipient)


def _keys_of(recipient: Recipient) -> list[Any]:
    try:
        keys = [age_recipient(key) for key in recipient.age_keys]
    except NotAnEndpoint as fault:
        raise Unfit(str(fault)) from None
    if not keys:
        raise Unfit(f"{recipient} has no key to encrypt to. Ask an admin to add one.")
    return keys
