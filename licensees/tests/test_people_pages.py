"""Admins bring people in: with roles that go together, and a password that is shown once."""

import json
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.onboarding import create_person
from licensees.policies import ALONE

pytestmark = pytest.mark.django_db
CREATE = "/licensees/people/new"
ANA = {"name": "Ana", "email": "Ana@Example.org", "roles": ["moderator", "supervisor"]}


def test_the_password_is_shown_once_and_opens_the_door(adams_browser: Client) -> None:
    answer = adams_browser.post(CREATE, ANA)
    assert answer["Cache-Control"] == "no-store"
    (password,) = set(re.findall(r'id="secret" value="([\w-]{20})"', answer.content.decode()))
    assert Client().login(username="ana@example.org", password=password)
    assert password not in json.dumps([session.get_decoded() for session in Session.objects.all()])
    assert password not in adams_browser.get("/licensees/people/").content.decode()


def test_a_new_person_holds_the_roles_and_is_recorded(adams_browser: Client, adam: User) -> None:
    adams_browser.post(CREATE, ANA)
    ana = User.objects.get(email="ana@example.org")
    assert ana.roles == {Role.MODERATOR, Role.SUPERVISOR}
    event = AuditEvent.objects.get(verb=Verb.PERSON_CREATED)
    assert (event.actor, event.object_type, event.object_id) == (adam.actor_name, "person", str(ana.pk))
    assert event.payload == {"roles": ["moderator", "supervisor"]}
    assert "ana@" not in event.entry.lower() and '"ana"' not in event.entry.lower()


@pytest.mark.parametrize(
    ("roles", "sentence"),
    [
        ([], "Choose at least one role: without one this person can open no page."),
        (["admin", "moderator"], ALONE),
        (["admin", "auditor"], ALONE),
        (["auditor", "supervisor"], ALONE),
    ],
)
def test_roles_that_do_not_go_together_are_refused(
    adams_browser: Client, roles: list[str], sentence: str
) -> None:
    answer = adams_browser.post(CREATE, ANA | {"roles": roles})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"roles": [sentence]}
    assert User.objects.count() == 1


def test_the_verb_itself_refuses_them(adam: User) -> None:
    with pytest.raises(NotPossible):
        create_person(email="a@example.org", name="A", roles=[Role.ADMIN, Role.MODERATOR], by=adam)
    assert User.objects.count() == 1


def test_an_address_is_used_once(adams_browser: Client, mara: User) -> None:
    before = User.objects.count()
    answer = adams_browser.post(CREATE, ANA | {"email": "MARA@example.org"})
    assert answer.context["form"].errors == {"email": ["Somebody already signs in with this address."]}
    assert User.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_create_the_same_person_at_once_make_one(adam: User, mara: User) -> None:
    """The second comes past the form, so the database refuses and a sentence says what to do."""
    with pytest.raises(NotPossible) as refusal:
        create_person(email="mara@example.org", name="Mara", roles=[Role.MODERATOR], by=adam)
    assert refusal.value.sentence == "Somebody already signs in as mara@example.org. Look under People."
    assert User.objects.filter(email="mara@example.org").count() == 1


def test_the_list_says_who_holds_what_and_serves_whom(adams_browser: Client, mara: User, ines: User) -> None:
    rows = {row["person"].name: row for row in adams_browser.get("/licensees/people/").context["rows"]}
    assert rows["Mara"]["roles"] == "moderator"
    assert rows["Ines"]["serves"] == ["Northwind (moderator, supervisor)"]
    assert rows["Adam"]["serves"] == []
