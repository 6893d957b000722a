"""Security keys (WebAuthn, by fido2): a second factor that signs for this site alone, so that no copy of it can ask.

A ceremony begins with a challenge that the caller keeps in the session, and ends with what the browser answers, once.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import SecurityKey, User
from accounts.second_factor import lock

SITE = "Artemis"
MOST_KEYS = 8
LONGEST_ANSWER = 20_000
# A password was typed before: that the person touches the key is enough.
VERIFICATION = UserVerificationRequirement.DISCOURAGED


class NotTheKey(Exception):
    """What the browser answered proves nothing: another site, challenge, key or person, or not an answer at all."""


def begin_adding(person: User, *, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the browser is asked for, what the caller keeps until its answer)."""
    entity = PublicKeyCredentialUserEntity(
        id=str(person.pk).encode(), name=person.email, display_name=person.name
    )
    options, state = _server(host).register_begin(
        entity,
        _credentials(person.security_keys.all()),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=VERIFICATION,
    )
    return dict(options)["publicKey"], state


def add(
    *, person: User, name: str, answer: str, state: dict[str, Any], host: str, now: datetime
) -> SecurityKey:
    """Raises NotTheKey."""
    try:
        data = _server(host).register_complete(state, _read(answer))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotTheKey from None
    credential = data.credential_data
    if credential is None:
        raise NotTheKey
    with transaction.atomic():
        lock(person)
        is_known = SecurityKey.objects.filter(credential_id=credential.credential_id).exists()
        if is_known or person.security_keys.count() >= MOST_KEYS:
            raise NotTheKey
        return SecurityKey.objects.create(
            person=person,
            name=name.strip()[:60] or "Security key",
            credential_id=credential.credential_id,
            credential=bytes(credential),
            signed=data.counter,
            added_at=now,
        )


def begin_proving(person: User, *, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = _credentials(person.security_keys.all())
    options, state = _server(host).authenticate_begin(keys, user_verification=VERIFICATION)
    return dict(options)["publicKey"], state


def prove(*, person: User, answer: str, state: dict[str, Any], host: str, now: datetime) -> SecurityKey:
    """The key that signed. Raises NotTheKey."""
    with transaction.atomic():
        lock(person)
        keys = list(person.security_keys.all())
        try:
            response = AuthenticationResponse.from_dict(_read(answer))
            used = _server(host).authenticate_complete(state, _credentials(keys), response)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotTheKey from None
        key = next(key for key in keys if bytes(key.credential_id) == used.credential_id)
        counter = response.response.authenticator_data.counter
        # Both stay at nought in keys that do not count.
        if (counter or key.signed) and counter <= key.signed:
            raise NotTheKey
        key.signed, key.used_at = counter, now
        key.save(update_fields=["signed", "used_at"])
        return key


def _server(host: str) -> Fido2Server:
    """For this host and no other; an answer given to another site, however it looks, does not fit."""
    return Fido2Server(PublicKeyCredentialRpEntity(id=host.partition(":")[0], name=SITE))


def _credentials(keys: Iterable[SecurityKey]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(key.credential)) for key in keys]


def _read(answer: str) -> dict[str, Any]:
    try:
        read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        raise NotTheKey from None
    if not isinstance(read, dict):
        raise NotTheKey
    return read
