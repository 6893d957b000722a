"""Letting a person in: the password first, then the second factor; each step counted and recorded.

Between the two steps the session says who is half-way in, and opens nothing else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import attempts, second_factor, security_keys, sessions
from accounts.addresses import address_of
from accounts.models import User
from accounts.sealed_secrets import SecretUnreadable, open_secret, seal_secret
from accounts.second_factor import Proof
from accounts.security_keys import NotTheKey
from audit.record import About, Actor, Machine, record
from audit.verbs import Verb

BACKEND = "licensees.signed_in_backend.OneQuestionBackend"
HALF_WAY = "half_way"
NEW_SECRET = "new_authenticator_app"  # noqa: S105
CHALLENGE = "security_key_challenge"
HALF_WAY_FOR = timedelta(minutes=10)
DOOR = Machine("sign-in")


@dataclass(frozen=True)
class HalfWay:
    """Their password was right; who they are is not shown yet."""

    person: User
    next_url: str


def wait_until(request: HttpRequest, *, name: str) -> datetime | None:
    """Count a try to get in under this name; the moment until which nothing is looked at, if it was one too many."""
    return attempts.count(_limits(request, name), now=timezone.now())


def forget_tries(request: HttpRequest, *, name: str) -> None:
    """It was they: what was mistyped before counts no longer."""
    attempts.forget(_limits(request, name))


def go_half_way(request: HttpRequest, person: User, *, next_url: str) -> None:
    """A new session: what was known to whoever typed the password before is worth nothing after it."""
    request.session.flush()
    at = timezone.now().isoformat()
    request.session[HALF_WAY] = {"person": person.pk, "at": at, "next": next_url}


def half_way(session: SessionBase) -> HalfWay | None:
    kept = session.get(HALF_WAY)
    if not isinstance(kept, dict) or timezone.now() - datetime.fromisoformat(kept["at"]) > HALF_WAY_FOR:
        return None
    person = User.objects.filter(pk=kept["person"], is_active=True).first()
    return HalfWay(person, kept["next"]) if person else None


def try_code(person: User, *, code: str) -> Proof | None:
    """What the code proves; a wrong one is recorded. The caller has asked `wait_until` before."""
    with transaction.atomic():
        try:
            proof = second_factor.proves(person=person, code=code, now=timezone.now())
        except SecretUnreadable:
            proof = None
        if proof is None:
            record_about(Verb.SIGN_IN_FAILED, person_id=person.pk, by=DOOR, payload={"step": "second factor"})
        elif proof is Proof.RECOVERY_CODE:
            left = second_factor.codes_left(person)
            record_about(Verb.RECOVERY_CODE_USED, person_id=person.pk, by=person, payload={"left": left})
    return proof


def ask_for_key(request: HttpRequest, person: User) -> dict[str, Any]:
    """What the browser is to ask the security keys of this person."""
    options, request.session[CHALLENGE] = security_keys.begin_proving(person, host=request.get_host())
    return options


def try_key(request: HttpRequest, person: User, *, answer: str) -> Proof | None:
    """The challenge is spent, whatever comes of it; a wrong answer is recorded."""
    state = request.session.pop(CHALLENGE, None)
    with transaction.atomic():
        try:
            if state is None:
                raise NotTheKey
            host, now = request.get_host(), timezone.now()
            security_keys.prove(person=person, answer=answer, state=state, host=host, now=now)
        except NotTheKey:
            record_about(Verb.SIGN_IN_FAILED, person_id=person.pk, by=DOOR, payload={"step": "security key"})
            return None
    return Proof.SECURITY_KEY


def ask_for_new_key(request: HttpRequest, person: User) -> dict[str, Any]:
    options, request.session[CHALLENGE] = security_keys.begin_adding(person, host=request.get_host())
    return options


def add_key(request: HttpRequest, person: User, *, name: str, answer: str) -> bool:
    state = request.session.pop(CHALLENGE, None)
    if state is None:
        return False
    try:
        with transaction.atomic():
            host, now = request.get_host(), timezone.now()
            security_keys.add(person=person, name=name, answer=answer, state=state, host=host, now=now)
            record_about(Verb.SECURITY_KEY_ADDED, person_id=person.pk, by=person)
    except NotTheKey:
        return False
    return True


def remove_key(person: User, *, key_id: int) -> None:
    with transaction.atomic():
        second_factor.lock(person)
        removed, _ = person.security_keys.filter(pk=key_id).delete()
        if removed:
            record_about(Verb.SECURITY_KEY_REMOVED, person_id=person.pk, by=person)


def let_in(request: HttpRequest, person: User, *, proof: Proof) -> None:
    with transaction.atomic():
        # Gives the session a new key, and keeps what is in it.
        login(request, person, backend=BACKEND)
        request.session.pop(HALF_WAY, None)
        sessions.begin(request.session, now=timezone.now())
        record_about(Verb.PERSON_SIGNED_IN, person_id=person.pk, by=person, payload={"with": proof.value})
    for name in (person.email, f"code {person.pk}"):
        forget_tries(request, name=name)


def secret_being_set_up(session: SessionBase, person: User) -> str:
    """Kept sealed in the session until a code shows that the app has it."""
    kept = session.get(NEW_SECRET)
    if kept:
        try:
            return open_secret(bytes.fromhex(kept), owner=_setting_up(person))
        except SecretUnreadable:
            pass
    secret = second_factor.new_secret()
    session[NEW_SECRET] = seal_secret(secret, owner=_setting_up(person)).hex()
    return secret


def set_up_app(session: SessionBase, person: User, *, code: str) -> list[str] | None:
    """Ten recovery codes, shown once; None where the code does not fit the secret in the picture."""
    secret = secret_being_set_up(session, person)
    with transaction.atomic():
        codes = second_factor.set_up(person=person, secret=secret, code=code, now=timezone.now())
        if codes is not None:
            record_about(Verb.SECOND_FACTOR_SET_UP, person_id=person.pk, by=person)
            session.pop(NEW_SECRET, None)
    return codes


def make_new_recovery_codes(person: User) -> list[str]:
    with transaction.atomic():
        record_about(Verb.RECOVERY_CODES_MADE, person_id=person.pk, by=person)
        return second_factor.new_recovery_codes(person=person)


def record_about(
    verb: Verb, *, person_id: int | None, by: Actor, payload: dict[str, Any] | None = None
) -> None:
    record(
        verb, by=by, about=About(object_type="person", object_id=str(person_id or "")), payload=payload or {}
    )


def _limits(request: HttpRequest, name: str) -> list[tuple[bytes, int]]:
    return attempts.limits(person=name.strip().lower(), address=address_of(request))


def _setting_up(person: User) -> str:
    return f"authenticator app being set up by person {person.pk}"
