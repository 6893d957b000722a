"""age: a packet for the holders of some keys and nobody else. It says nothing about who sent it; the signature does."""

import pyrage

from referrals.endpoints import NotAnEndpoint, age_recipient
from referrals.models import Recipient
from referrals.transports.interface import Unfit


def encrypted_for(recipient: Recipient, archive: bytes) -> bytes:
    """Each holder of one of the recipient's keys can open it. Two calls never give the same bytes."""
    try:
        keys = [age_recipient(key) for key in recipient.age_keys]
    except NotAnEndpoint as fault:
        raise Unfit(str(fault)) from None
    if not keys:
        raise Unfit(f"{recipient} has no key to encrypt to. Ask an admin to add one.")
    return bytes(pyrage.encrypt(archive, keys))
