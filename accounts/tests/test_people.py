"""Who a person is and what they hold: no superuser, roles as groups, and a role that is taken ends at once."""

from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from accounts.roles import DESCRIPTIONS, Role
from tests.people import PASSWORD, make_person

BrowserOf = Callable[[User], Client]


@pytest.mark.django_db
def test_a_superuser_cannot_be_saved() -> None:
    with pytest.raises(IntegrityError, match="user_is_never_superuser"), transaction.atomic():
        User(email="root@example.org", name="Root", is_superuser=True).save()
    assert not User.objects.exists()


def test_nobody_can_be_made_one_by_sql(
    transactional_db: None, adam: User, owner_connection: psycopg.Connection
) -> None:
    """The owner of the tables is no exception."""
    with pytest.raises(psycopg.errors.CheckViolation, match="user_is_never_superuser"):
        owner_connection.execute("UPDATE accounts_user SET is_superuser = true")
    adam.refresh_from_db()
    assert not adam.is_superuser


@pytest.mark.django_db
def test_there_is_no_command_that_makes_one() -> None:
    with pytest.raises(AttributeError, match="create_superuser"):
        call_command("createsuperuser", interactive=False, email="root@example.org", name="Root")
    assert not User.objects.exists()


@pytest.mark.django_db
def test_each_role_is_a_group_and_is_described() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)
    assert set(DESCRIPTIONS) == set(Role)


@pytest.mark.django_db
def test_a_person_holds_the_roles_they_were_given(ines: User, adam: User) -> None:
    assert ines.roles == {Role.MODERATOR, Role.SUPERVISOR}
    assert ines.actor_roles == "moderator,supervisor"
    assert adam.roles == {Role.ADMIN}
    assert not adam.has_role(Role.MODERATOR)


@pytest.mark.django_db
def test_a_group_that_is_no_role_gives_none(adam: User) -> None:
    adam.groups.add(Group.objects.create(name="chess club"))
    assert User.objects.get(pk=adam.pk).roles == {Role.ADMIN}


@pytest.mark.django_db
def test_two_people_cannot_have_one_address_in_two_spellings() -> None:
    make_person("Ana", roles=[Role.MODERATOR])
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_person(email="ANA@Example.ORG", name="Ana", password=PASSWORD, roles=[])
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_the_address_may_be_typed_in_any_case(adam: User) -> None:
    assert Client().login(username="Adam@Example.org", password=PASSWORD)


@pytest.mark.django_db
def test_a_role_that_is_taken_ends_at_the_next_click(adam: User, browser_of: BrowserOf) -> None:
    browser = browser_of(adam)
    assert browser.get("/licensees/").status_code == 200
    adam.groups.clear()
    assert browser.get("/licensees/").status_code == 403


@pytest.mark.django_db
def test_a_person_who_was_deactivated_is_out_at_the_next_click(adam: User, browser_of: BrowserOf) -> None:
    browser = browser_of(adam)
    User.objects.filter(pk=adam.pk).update(is_active=False)
    answer = browser.get("/licensees/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in")
    assert not User.objects.get(pk=adam.pk).has_role(Role.ADMIN)
