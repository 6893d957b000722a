"""One-time links: who is new, or lost their password, comes in and chooses a password that nobody else has seen.

A link has two halves: the link itself, and a short code that another person gives them. Neither opens anything alone,
both are kept as keyed digests, and the link is signed, so that invented ones are not even looked up. Recording, and
counting tries of the code, is the caller's: the trail lies above this app.
"""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import transaction

from accounts import second_factor, sessions
from accounts.models import EntryLink, User
from accounts.sealed_secrets import keyed_digest

LASTS = timedelta(days=3)
CODE_BYTES = 5
SECRET_BYTES = 32


def new_code() -> str:
    """Eight signs to be said by telephone: 40 bits, of which a few can be tried."""
    code = b32encode(secrets.token_bytes(CODE_BYTES)).decode()
    return f"{code[:4]}-{code[4:]}"


def digest_of_code(code: str) -> bytes:
    return keyed_digest("entry code\x00" + "".join(code.split()).replace("-", "").upper())


def make(*, person: User, code_digest: bytes, now: datetime) -> str:
    """The link's secret, which is nowhere else. An earlier link of theirs ends."""
    secret = Signer(salt="entry link").sign(secrets.token_urlsafe(SECRET_BYTES))
    with transaction.atomic():
        second_factor.lock(person)
        EntryLink.objects.filter(person=person, used_at=None, ended_at=None).update(ended_at=now)
        EntryLink.objects.create(
            person=person,
            digest=_digest(secret),
            code_digest=code_digest,
            made_at=now,
            expires_at=now + LASTS,
        )
    return secret


def find(secret: str, *, now: datetime) -> EntryLink | None:
    """The link that still opens; None for one that was used, has ended or was never made."""
    try:
        Signer(salt="entry link").unsign(secret)
    except BadSignature:
        return None
    return _open(digest=_digest(secret), now=now)


def find_again(link_id: int, *, now: datetime) -> EntryLink | None:
    """The same, for whoever showed the link a moment ago."""
    return _open(pk=link_id, now=now)


def fits(link: EntryLink, code: str) -> bool:
    return hmac.compare_digest(bytes(link.code_digest), digest_of_code(code))


def use(*, link: EntryLink, password: str, now: datetime) -> bool:
    """Set the password; whatever they had open ends. False: somebody used the link a moment before."""
    with transaction.atomic():
        second_factor.lock(link.person)
        still_open = EntryLink.objects.filter(pk=link.pk, used_at=None, ended_at=None, expires_at__gt=now)
        if not still_open.update(used_at=now):
            return False
        link.person.set_password(password)
        link.person.save(update_fields=["password"])
        sessions.end_all(link.person, now=now)
    return True


def _open(*, now: datetime, **which: object) -> EntryLink | None:
    links = EntryLink.objects.select_related("person").filter(person__is_active=True, **which)
    return links.filter(used_at=None, ended_at=None, expires_at__gt=now).first()


def _digest(secret: str) -> bytes:
    return keyed_digest(f"entry link\x00{secret}")
