"""Who serves a licensee: only somebody who holds the role, once, from now on and until it is ended."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign, assigned_since, end_assignment, people_serving, serves
from licensees.models import Licensee

pytestmark = pytest.mark.django_db
ASSIGN = "/licensees/lakeside/assignments/new"


def count_of(verb: Verb) -> int:
    return AuditEvent.objects.filter(verb=verb).count()


def offered(browser: Client) -> set[str]:
    choices = browser.get(ASSIGN).context["form"].fields["assignee"].choices
    return {key for _, group in choices if isinstance(group, list) for key, _ in group}


def test_only_people_who_hold_the_role_and_do_not_serve_yet_are_offered(
    adams_browser: Client, lakeside: Licensee, mara: User, ines: User, kai: User, june: User
) -> None:
    assert offered(adams_browser) == {
        f"moderator:{mara.pk}",
        f"moderator:{ines.pk}",
        f"supervisor:{ines.pk}",
        f"auditor:{june.pk}",
    }


def test_assigning_gives_the_licensee_to_the_person(
    adams_browser: Client, adam: User, lakeside: Licensee, mara: User
) -> None:
    answer = adams_browser.post(ASSIGN, {"assignee": f"moderator:{mara.pk}"})
    assert (answer.status_code, answer["Location"]) == (302, "/licensees/lakeside/")
    assert serves(mara, lakeside.pk, Role.MODERATOR)
    assert not serves(mara, lakeside.pk, Role.SUPERVISOR)
    event = AuditEvent.objects.filter(verb=Verb.ASSIGNMENT_GIVEN).latest("at")
    assert (event.actor, event.licensee_id) == (adam.actor_name, lakeside.pk)
    assert event.payload == {"person": mara.pk, "role": "moderator"}
    assert assigned_since(lakeside)[mara.pk, "moderator"] == event.at


@pytest.mark.parametrize("role", ["supervisor", "admin", "auditor", "everything"])
def test_a_role_that_the_person_does_not_hold_is_refused(
    adams_browser: Client, lakeside: Licensee, mara: User, role: str
) -> None:
    before = count_of(Verb.ASSIGNMENT_GIVEN)
    answer = adams_browser.post(ASSIGN, {"assignee": f"{role}:{mara.pk}"})
    assert answer.status_code == 422
    assert count_of(Verb.ASSIGNMENT_GIVEN) == before
    assert not serves(mara, lakeside.pk, Role.SUPERVISOR, Role.AUDITOR)


def test_the_verb_itself_refuses_it(adam: User, lakeside: Licensee, mara: User) -> None:
    with pytest.raises(NotPossible) as refusal:
        assign(person=mara, licensee=lakeside, role=Role.SUPERVISOR, by=adam)
    assert refusal.value.sentence == "Mara does not hold the role supervisor."


def test_nobody_is_assigned_twice(adam: User, northwind: Licensee, mara: User) -> None:
    before = count_of(Verb.ASSIGNMENT_GIVEN)
    with pytest.raises(NotPossible) as refusal:
        assign(person=mara, licensee=northwind, role=Role.MODERATOR, by=adam)
    assert refusal.value.sentence == "Mara already serves Northwind as moderator."
    assert count_of(Verb.ASSIGNMENT_GIVEN) == before


def test_an_ended_assignment_ends_at_once(adams_browser: Client, northwind: Licensee, mara: User) -> None:
    address = f"/licensees/northwind/assignments/moderator/{mara.pk}/end"
    assert "Mara serves Northwind as moderator: end it?" in adams_browser.get(address).content.decode()
    assert serves(mara, northwind.pk, Role.MODERATOR)
    adams_browser.post(address)
    assert not serves(User.objects.get(pk=mara.pk), northwind.pk, Role.MODERATOR)
    assert count_of(Verb.ASSIGNMENT_ENDED) == 1


def test_ending_one_role_leaves_the_other(adam: User, northwind: Licensee, ines: User) -> None:
    end_assignment(person=ines, licensee=northwind, role=Role.MODERATOR, by=adam)
    assert not serves(ines, northwind.pk, Role.MODERATOR)
    assert serves(ines, northwind.pk, Role.SUPERVISOR)


def test_what_does_not_exist_cannot_be_ended(adams_browser: Client, lakeside: Licensee, mara: User) -> None:
    answer = adams_browser.post(f"/licensees/lakeside/assignments/moderator/{mara.pk}/end")
    assert answer.status_code == 409
    assert "Mara no longer serves Lakeside as moderator." in answer.content.decode()
    assert count_of(Verb.ASSIGNMENT_ENDED) == 0


def test_an_assignment_without_its_role_opens_nothing(northwind: Licensee, mara: User) -> None:
    mara.groups.clear()
    mara = User.objects.get(pk=mara.pk)
    assert not serves(mara, northwind.pk, Role.MODERATOR)
    assert mara not in people_serving(northwind, Role.MODERATOR)


def test_an_assignment_of_somebody_who_lost_the_role_can_still_be_ended(
    adam: User, northwind: Licensee, mara: User
) -> None:
    mara.groups.clear()
    end_assignment(person=User.objects.get(pk=mara.pk), licensee=northwind, role=Role.MODERATOR, by=adam)
    assert count_of(Verb.ASSIGNMENT_ENDED) == 1


def test_an_admin_serves_nobody(
    adam: User, northwind: Licensee, browser_of: Callable[[User], Client]
) -> None:
    for role in (Role.MODERATOR, Role.SUPERVISOR, Role.AUDITOR):
        with pytest.raises(NotPossible):
            assign(person=adam, licensee=northwind, role=role, by=adam)
    assert not serves(adam, northwind.pk, Role.MODERATOR, Role.SUPERVISOR, Role.AUDITOR)
