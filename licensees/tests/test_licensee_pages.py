"""The licensees at a glance: counts only, and no more queries for many than for one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.figures import figures_of
from licensees.models import Licensee, Policy
from licensees.onboarding import issue_key
from scoring.models import Conversation
from tests.factories import TEXTS, make_case, make_conversation
from tests.people import make_licensee

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Harbour",
    "code": "hb",
    "slug": "Harbour",
    "jurisdiction": "ie",
    "contact_email": "safety@harbour.example",
}


def test_the_list_counts_what_there_is(
    adams_browser: Client, adam: User, northwind: Licensee, lakeside: Licensee, ines: User, june: User
) -> None:
    make_case(northwind, external_id="a")
    make_case(northwind, external_id="b")
    old = make_conversation(northwind, external_id="old")
    Conversation.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=8))
    issue_key(licensee=northwind, label="One", scopes=[], by=adam)
    rows = {row.licensee.name: row for row in adams_browser.get("/licensees/").context["rows"]}
    ours, theirs = rows["Northwind"], rows["Lakeside"]
    assert (ours.conversations_in_week, ours.open_cases, ours.live_keys) == (2, 2, 1)
    assert ours.people == {Role.MODERATOR: 1, Role.SUPERVISOR: 1, Role.AUDITOR: 1}
    assert (theirs.conversations_in_week, theirs.open_cases, theirs.live_keys) == (0, 0, 0)
    assert theirs.people == {Role.MODERATOR: 0, Role.SUPERVISOR: 0, Role.AUDITOR: 0}


def test_many_licensees_cost_no_more_queries_than_one(
    northwind: Licensee, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    figures_of(Licensee.objects.all())  # content types are cached from here on
    with django_assert_num_queries(2):
        figures_of(Licensee.objects.all())
    for number in range(5):
        make_licensee(name=f"Other{number}", code="O" + chr(ord("A") + number))
    with django_assert_num_queries(2):
        assert len(figures_of(Licensee.objects.all())) == 6


def test_no_page_of_an_admin_shows_evidence(adams_browser: Client, northwind: Licensee) -> None:
    case = make_case(northwind)
    for address in ("/licensees/", "/licensees/northwind/", "/licensees/people/"):
        page = adams_browser.get(address).content.decode()
        assert case.reference not in page
        assert not any(text in page for text in TEXTS)


def test_creating_a_licensee_gives_it_a_policy_and_records_it(adams_browser: Client, adam: User) -> None:
    answer = adams_browser.post("/licensees/new", NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/licensees/harbour/")
    harbour = Licensee.objects.get()
    assert (harbour.code, harbour.slug, harbour.jurisdiction) == ("HB", "harbour", "IE")
    assert Policy.objects.in_force(harbour.pk).reason == "Defaults at creation"
    event = AuditEvent.objects.get(verb=Verb.LICENSEE_CREATED)
    assert (event.actor, event.licensee_id) == (adam.actor_name, harbour.pk)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"slug": "people"}, "slug", "“people” is the address of another page. Choose another name."),
        ({"code": "N1"}, "code", "Use two to six letters from A to Z."),
        ({"code": "É"}, "code", "Use two to six letters from A to Z."),
        ({"code": "NW"}, "code", "Licensee with this Code already exists."),
        ({"slug": "northwind"}, "slug", "Licensee with this Slug already exists."),
        ({"jurisdiction": "1x"}, "jurisdiction", "Use the two letters of ISO 3166-1, as GB or US."),
        ({"contact_email": "nobody"}, "contact_email", "Enter a valid email address."),
    ],
)
def test_a_licensee_that_makes_no_sense_is_given_back(
    adams_browser: Client, northwind: Licensee, change: dict[str, str], field: str, sentence: str
) -> None:
    answer = adams_browser.post("/licensees/new", NEW | change)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [sentence]}
    assert Licensee.objects.count() == 1


@pytest.mark.parametrize(
    "address", ["/licensees/nobody/", "/licensees/nobody/policy", "/licensees/nobody/keys/new"]
)
def test_an_unknown_licensee_is_not_found(adams_browser: Client, address: str) -> None:
    assert adams_browser.get(address).status_code == 404
