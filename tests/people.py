"""The people in the tests; each stands for one question about access."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from accounts import second_factor, sessions
from accounts.models import User
from accounts.roles import Role
from audit.record import Machine
from licensees.assignments import assign
from licensees.models import Licensee
from licensees.onboarding import create_licensee

PASSWORD = "a long password of the tests"
TESTS = Machine("tests")


def make_licensee(*, name: str, code: str) -> Licensee:
    slug = name.lower()
    licensee = create_licensee(
        name=name, slug=slug, code=code, jurisdiction="GB", contact_email=f"safety@{slug}.example", by=TESTS
    )
    # As if two admins had taken it live; licensees/tests/test_going_live.py tries that itself.
    licensee.state = Licensee.State.LIVE
    licensee.went_live_at = timezone.now()
    licensee.save(update_fields=["state", "went_live_at"])
    return licensee


@cache
def _encoded_password() -> str:
    """The real hash, which takes its time, once for all people of a run."""
    return make_password(PASSWORD)


def make_person(name: str, *, roles: list[Role], serving: Licensee | None = None) -> User:
    email = f"{name.lower()}@example.org"
    person = User.objects.create_person(email=email, name=name, password=None, roles=roles)
    person.password = _encoded_password()
    person.save(update_fields=["password"])
    for role in roles:
        if serving and role is not Role.ADMIN:
            assign(person=person, licensee=serving, role=role, by=TESTS)
    return person


@pytest.fixture
def northwind(db: None) -> Licensee:
    return make_licensee(name="Northwind", code="NW")


@pytest.fixture
def lakeside(db: None) -> Licensee:
    return make_licensee(name="Lakeside", code="LS")


@pytest.fixture
def mara(northwind: Licensee) -> User:
    """Moderates for Northwind."""
    return make_person("Mara", roles=[Role.MODERATOR], serving=northwind)


@pytest.fixture
def otto(northwind: Licensee) -> User:
    """Supervises for Northwind."""
    return make_person("Otto", roles=[Role.SUPERVISOR], serving=northwind)


@pytest.fixture
def ines(northwind: Licensee) -> User:
    """Holds both roles, and still may not approve what she requested."""
    return make_person("Ines", roles=[Role.MODERATOR, Role.SUPERVISOR], serving=northwind)


@pytest.fixture
def kai(lakeside: Licensee) -> User:
    """Moderates for another licensee, and must see nothing of Northwind."""
    return make_person("Kai", roles=[Role.MODERATOR], serving=lakeside)


@pytest.fixture
def june(northwind: Licensee) -> User:
    """Audits, and may change nothing."""
    return make_person("June", roles=[Role.AUDITOR], serving=northwind)


@pytest.fixture
def adam(db: None) -> User:
    """Administers licensees, and may read no evidence."""
    return make_person("Adam", roles=[Role.ADMIN])


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A Django test client in which this person is signed in."""

    return signed_in_client


def signed_in_client(person: User, **options: Any) -> Client:
    """With the session that signing in leaves behind; tests/browser and accounts/tests walk through the door itself."""
    client = Client(**options)
    client.force_login(person, backend="licensees.signed_in_backend.OneQuestionBackend")
    session = client.session
    sessions.begin(session, now=timezone.now())
    session.save()
    return client


def give_app(person: User) -> None:
    """An authenticator app, as at the first sign-in; `second_factor.code_now` says what it shows."""
    secret, now = second_factor.new_secret(), timezone.now()
    second_factor.set_up(person=person, secret=secret, code=second_factor.code_of(secret, now=now), now=now)
