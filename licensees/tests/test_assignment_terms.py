"""An assignment with an end ends by itself, for every question, whether or not a sweep has come by."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from guardian.models import UserObjectPermission

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.queries import licensees_audited_by
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign, end_lapsed, given_assignments, people_serving, served_by
from licensees.models import AssignmentTerm, Licensee
from licensees.sight import what_they_see, who_sees
from tests.factories import make_case
from tests.people import TESTS, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(northwind: Licensee) -> User:
    person = make_person("Ada", roles=[Role.MODERATOR])
    until = timezone.now() + timedelta(days=2)
    assign(person=person, licensee=northwind, role=Role.MODERATOR, by=TESTS, ends_at=until)
    return person


def passes(person: User) -> None:
    AssignmentTerm.objects.filter(permission__user=person).update(ends_at=timezone.now())


def test_until_then_it_counts_and_then_not_with_the_next_click(
    northwind: Licensee, ada: User, browser_of
) -> None:
    case = make_case(northwind)
    browser = browser_of(ada)
    assert browser.get(f"/cases/{case.reference}/").status_code == 200
    passes(ada)
    assert browser.get(f"/cases/{case.reference}/").status_code == 403
    assert UserObjectPermission.objects.filter(user=ada).exists()


def test_every_question_honours_it(northwind: Licensee, ada: User) -> None:
    assert people_serving(northwind, Role.MODERATOR).contains(ada)
    passes(ada)
    assert not people_serving(northwind, Role.MODERATOR).contains(ada)
    assert served_by(ada, Role.MODERATOR) == frozenset()
    assert all(person_id != ada.pk for person_id, _, _ in given_assignments())
    assert [who_sees(northwind), what_they_see(ada)] == [[], []]


def test_an_auditors_too(northwind: Licensee) -> None:
    person = make_person("Aude", roles=[Role.AUDITOR])
    until = timezone.now() + timedelta(days=2)
    assign(person=person, licensee=northwind, role=Role.AUDITOR, by=TESTS, ends_at=until)
    assert list(licensees_audited_by(person)) == [northwind]
    passes(person)
    assert list(licensees_audited_by(person)) == []


def test_the_sweep_writes_it_down_once(northwind: Licensee, ada: User) -> None:
    assert end_lapsed() == 0
    passes(ada)
    assert (end_lapsed(), end_lapsed()) == (1, 0)
    event = AuditEvent.objects.get(verb=Verb.ASSIGNMENT_ENDED)
    assert (event.actor, event.licensee_id, event.payload["person"]) == (
        "machine:calendar",
        northwind.pk,
        ada.pk,
    )


def test_it_can_be_given_anew_before_the_sweep(northwind: Licensee, ada: User) -> None:
    passes(ada)
    assign(person=ada, licensee=northwind, role=Role.MODERATOR, by=TESTS)
    assert served_by(ada, Role.MODERATOR) == {northwind.pk}
    assert end_lapsed() == 0


def test_one_that_is_over_already_is_not_given(northwind: Licensee) -> None:
    person = make_person("Late", roles=[Role.MODERATOR])
    with pytest.raises(NotPossible, match="ends in the future"):
        assign(person=person, licensee=northwind, role=Role.MODERATOR, by=TESTS, ends_at=timezone.now())
    assert not UserObjectPermission.objects.filter(user=person).exists()


def test_pages_say_who_sees_what_since_and_until(
    adams_browser: Client, northwind: Licensee, ada: User, mara: User
) -> None:
    page = adams_browser.get("/licensees/northwind/who-sees").content.decode()
    assert all(words in page for words in ("Ada", "Mara", "no end", "cases that they hold"))
    page = adams_browser.get(f"/licensees/people/{ada.pk}/sees").content.decode()
    assert "Northwind" in page


def test_the_form_gives_one_until_the_end_of_its_last_day(adams_browser: Client, northwind: Licensee) -> None:
    person = make_person("Term", roles=[Role.MODERATOR])
    day = timezone.localdate() + timedelta(days=3)
    form = {"assignee": f"moderator:{person.pk}", "last_day": day.isoformat()}
    assert adams_browser.post("/licensees/northwind/assignments/new", form).status_code == 302
    ends = timezone.localtime(AssignmentTerm.objects.get().ends_at)
    assert (ends.date(), ends.hour, ends.minute) == (day + timedelta(days=1), 0, 0)
