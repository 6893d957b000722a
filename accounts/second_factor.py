"""The second factor: an authenticator app (TOTP, RFC 6238, by pyotp) and recovery codes for when it is lost.

Each code opens the door once. Recording and counting tries is the caller's: the trail lies above this app.
"""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime

import pyotp
import segno
from django.db import transaction
from django.db.models import TextChoices

from accounts.models import AuthenticatorApp, RecoveryCode, User
from accounts.sealed_secrets import keyed_digests, open_secret, seal_secret

STEP_SECONDS = 30
# A clock may be this many steps behind or before ours.
DRIFT = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 15
ISSUER = "Artemis"


class Proof(TextChoices):
    """What a person proved it with."""

    APP = "app", "authenticator app"
    RECOVERY_CODE = "recovery_code", "recovery code"
    SECURITY_KEY = "security_key", "security key"


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(person: User, secret: str) -> str:
    """What the picture says to an app."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """A QR code as SVG, black on white in either theme, since cameras ask for it."""
    return segno.make(address, error="m").svg_inline(
        scale=4, border=3, dark="#000", light="#fff", omitsize=True
    )


def has_one(person: User) -> bool:
    return AuthenticatorApp.objects.filter(person=person).exists()


def set_up(*, person: User, secret: str, code: str, now: datetime) -> list[str] | None:
    """Take this app instead of any earlier one, and ten new recovery codes; None where the code does not fit."""
    step = _fitting_step(secret, code, after=0, now=now)
    if step is None:
        return None
    with transaction.atomic():
        lock(person)
        sealed = seal_secret(secret, owner=_owner(person))
        values = {"secret_sealed": sealed, "last_step": step, "set_up_at": now}
        AuthenticatorApp.objects.update_or_create(person=person, defaults=values)
        return new_recovery_codes(person=person)


def new_recovery_codes(*, person: User) -> list[str]:
    """Ten codes that are shown once; the earlier ones end."""
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode() for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        lock(person)
        person.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(person=person, digest=_digests(code)[0]) for code in codes
        )
    return ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]


def codes_left(person: User) -> int:
    return person.recovery_codes.filter(used_at=None).count()


def proves(*, person: User, code: str, now: datetime) -> Proof | None:
    """Take this code, once, whoever else sends it at this moment; None where it opens nothing."""
    typed = "".join(code.split()).replace("-", "").upper()
    with transaction.atomic():
        lock(person)
        if typed.isdecimal() and len(typed) == 6:
            return Proof.APP if _take_step(person, typed, now) else None
        unused = RecoveryCode.objects.filter(person=person, digest__in=_digests(typed), used_at=None)
        return Proof.RECOVERY_CODE if unused.update(used_at=now) else None


def take_away(*, person: User) -> None:
    """The next time they sign in they set one up anew."""
    with transaction.atomic():
        lock(person)
        AuthenticatorApp.objects.filter(person=person).delete()
        person.recovery_codes.all().delete()
        person.security_keys.all().delete()


def code_of(secret: str, *, now: datetime) -> str:
    """What an app that holds this secret shows at this moment."""
    return _code(secret, _step(now))


def code_now(*, person: User, now: datetime) -> str:
    """The next code that opens the door; for a demo, in which nobody holds a telephone. Empty: wait a moment."""
    app = AuthenticatorApp.objects.filter(person=person).first()
    if app is None:
        return ""
    step = max(_step(now), app.last_step + 1)
    secret = open_secret(app.secret_sealed, owner=_owner(person))
    return _code(secret, step) if step <= _step(now) + DRIFT else ""


def lock(person: User) -> None:
    """One act at a time on what opens this person's door."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)


def _take_step(person: User, code: str, now: datetime) -> bool:
    app = AuthenticatorApp.objects.filter(person=person).first()
    if app is None:
        return False
    step = _fitting_step(
        open_secret(app.secret_sealed, owner=_owner(person)), code, after=app.last_step, now=now
    )
    if step is None:
        return False
    app.last_step = step
    app.save(update_fields=["last_step"])
    return True


def _fitting_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    steps = range(_step(now) - DRIFT, _step(now) + DRIFT + 1)
    typed = "".join(code.split()).encode()
    fitting = [step for step in steps if hmac.compare_digest(_code(secret, step).encode(), typed)]
    return next((step for step in fitting if step > after), None)


def _code(secret: str, step: int) -> str:
    return pyotp.HOTP(secret).at(step)


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _owner(person: User) -> str:
    return f"authenticator app of person {person.pk}"


def _digests(code: str) -> list[bytes]:
    """Keyed: whoever writes into the table alone cannot put a code of theirs there."""
    return keyed_digests(f"recovery code\x00{code}")
