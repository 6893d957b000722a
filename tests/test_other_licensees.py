"""Every address that names a thing of a licensee × every role at another licensee × GET and POST, from the site map:
nobody sees it, nothing of it moves, and it cannot be told from what does not exist."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.access import PLATFORM
from accounts.models import User
from accounts.roles import Role
from artemis_site.site_map import Page, pages
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key
from review.views.arrivals import STOP_POLLING
from scoring.bulk_receiving import begin, receive
from tests.people import TESTS, make_licensee, make_person, signed_in_client
from tests.test_access import METHODS, PLACE, row_counts
from tests.worlds import World

pytestmark = pytest.mark.django_db
# Admins belong to no licensee: what they may do with each is tried elsewhere.
ROLES = {
    "moderator": [Role.MODERATOR],
    "supervisor": [Role.SUPERVISOR],
    "auditor": [Role.AUDITOR],
}
# What is one's own, whatever is named: there is no such thing of theirs, so nothing is done.
OWN = {"remove_security_key", "review:end_opt_out"}
REFUSED = (403, 404, 405)


def is_refused(answer: HttpResponse) -> bool:
    """A part of a page that asks by itself is told to stop asking, without a word."""
    return answer.status_code in REFUSED or (answer.status_code == STOP_POLLING and not answer.content)


@pytest.fixture
def world(settings: Any, caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level("CRITICAL", "django.request")
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 100
    settings.ARTEMIS_DAILY_MESSAGES = settings.ARTEMIS_DAILY_SEVERE_CASES = 0
    settings.ARTEMIS_REVIEW_MINUTES = 0
    world = World("Small", 1)
    world.there["external_id"] = world.cases["read"].conversation.external_id
    return world


@pytest.fixture
def elsewhere(world: World) -> Licensee:
    return make_licensee(name="Elsewhere", code="EW")


def named_pages() -> list[Page]:
    """Those whose address names something, and that are open to who serves a licensee."""
    serving = {role for roles in ROLES.values() for role in roles}
    return [
        page
        for page in pages()
        if page.access is not None and page.access.roles & serving and PLACE.search(page.route)
        if page.name not in OWN
    ]


def addresses_of(world: World, page: Page) -> Iterator[str]:
    """As each of its people stands, since what is there for one may be another thing for another."""
    places = re.findall(r"<(?:\w+:)?(\w+)>", page.route)
    for meant in [{}, *world.meant.values()]:
        given = world.there | {"reference": world.cases["read"].reference} | meant
        if all(place in given for place in places):
            yield reverse(page.name, kwargs={place: given[place] for place in places})


def visited(client: Client, method: str, address: str) -> HttpResponse:
    answer: HttpResponse = getattr(client, method)(address)
    return answer


@pytest.mark.parametrize("roles", ROLES)
def test_what_belongs_to_another_licensee_is_as_if_it_were_not(
    world: World, elsewhere: Licensee, roles: str
) -> None:
    stranger = make_person("Stranger", roles=ROLES[roles], serving=elsewhere)
    client, before, wrong, tried = signed_in_client(stranger), row_counts(), [], set()
    client.raise_request_exception = False
    for page in named_pages():
        for address in dict.fromkeys(addresses_of(world, page)):
            for method in METHODS:
                answer = visited(client, method, address)
                if not is_refused(answer):
                    wrong.append(f"{method} {address}: {answer.status_code}")
                tried.add(page.name)
    after = row_counts()
    assert wrong == []
    assert {table: (before[table], after[table]) for table in after if after[table] != before[table]} == {}
    assert tried == {page.name for page in named_pages()}, "each address finds something that is really there"


def test_a_stranger_at_the_right_address_would_be_noticed(world: World) -> None:
    """The check itself: whoever serves the licensee gets in at some of the same addresses."""
    people: list[User] = [world.people[name] for name in ("moderator", "supervisor", "auditor")]
    for person in people:
        client = signed_in_client(person)
        found = [
            page.name
            for page in named_pages()
            if page.access is not None and page.access.roles & person.roles
            for address in dict.fromkeys(addresses_of(world, page))
            if visited(client, "get", address).status_code == 200
        ]
        assert found, person.name


NOBODYS = {
    "external_id": "none-such",
    "public_id": "evt_" + "0" * 32,
    "job_id": "00000000-0000-4000-8000-000000000000",
}


def test_a_platforms_key_finds_nothing_of_another_licensee(world: World, elsewhere: Licensee) -> None:
    scopes = list(ApiKey.Scope.values)
    theirs, own = (
        Client(
            headers={
                "Authorization": f"Bearer {issue_key(licensee=one, label='K', scopes=scopes, by=TESTS)[1]}"
            }
        )
        for one in (elsewhere, world.licensee)
    )
    key = issue_key(licensee=world.licensee, label="J", scopes=scopes, by=TESTS)[0]
    lines = [b'{"id": "of-a-job", "messages": []}\n']
    job = begin(licensee=world.licensee, priority="live", by=key)
    world.there["job_id"] = receive(job=job, pieces=lines, by=key)[0].pk
    named = [page for page in pages() if page.access == PLATFORM and PLACE.search(page.route)]
    assert {page.name for page in named} >= {"scoring_api:job", "scoring_api:conversation"}
    for page in named:
        places = re.findall(r"<(?:\w+:)?(\w+)>", page.route)
        unknown = reverse(page.name, kwargs={place: NOBODYS[place] for place in places})
        addresses = list(addresses_of(world, page))
        assert addresses, page.name
        for address in addresses:
            assert visited(own, "get", address).status_code == 200, address
            for method in ("get", "delete"):
                there, none = visited(theirs, method, address), visited(theirs, method, unknown)
                assert there.status_code == none.status_code and there.status_code in (404, 405)
                assert there.content == none.content
