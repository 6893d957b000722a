"""Admins propose people: with roles that go together. That it takes two is tried in test_two_admins.py."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.onboarding import create_person
from licensees.policies import ALONE

pytestmark = pytest.mark.django_db
CREATE = "/licensees/people/new"
ANA = {
    "name": "Ana",
    "email": "Ana@Example.org",
    "roles": ["moderator", "supervisor"],
    "reason_text": "Hired by the head of safety.",
}


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
