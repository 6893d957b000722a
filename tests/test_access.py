"""Every address × every person × GET and POST, made from the site map: whoever may not, moves nothing."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from accounts.access import Access
from accounts.models import User
from accounts.roles import Role
from artemis_site.site_map import Page, pages
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee, Proposal
from licensees.onboarding import issue_key
from licensees.two_admins import propose_roles
from platforms.models import EventDelivery
from platforms.webhooks import add_webhook, send_test
from retention.accounts import file_request
from retention.models import AccountRequest
from review.models import Case
from tests import joining
from tests.factories import make_case
from tests.people import make_person

PEOPLE = ("mara", "otto", "ines", "kai", "june", "adam", "nobody")
METHODS = ("get", "post")
# Written by refusing itself: the trail with its queue and counters, and the session.
MAY_GROW = {"audit_auditevent", "audit_auditpending", "audit_casecounter", "django_session"}
PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
# For a place whose name says nothing, something that its converter takes.
ANYTHING = {"int": "1", "uuid": str(UUID(int=1)), "path": "a/b"}


@dataclass(frozen=True)
class Visit:
    """One person at one address with one method."""

    who: str
    page: Page
    method: str

    def __str__(self) -> str:
        return f"{self.who} {self.method.upper()} /{self.page.route}"


def address_of(page: Page, there: dict[str, str]) -> str:
    """With what is really there in each of its places, so that a view left open would find something to move."""
    path = "/" + PLACE.sub(lambda place: there.get(place[2], ANYTHING.get(place[1], "x1")), page.route)
    assert resolve(path).func is page.view, f"{path} is answered by another view than /{page.route}"
    return path


def may_enter(access: Access, person: User | None) -> bool:
    return access.public or (person is not None and bool(access.roles & person.roles))


def row_counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - MAY_GROW)
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables))  # noqa: S608
        return dict(cursor.fetchall())


@pytest.fixture
def evidence(northwind: Licensee) -> Case:
    """Something that could be moved: without it, nothing moving would prove nothing."""
    return make_case(northwind)


@pytest.fixture
def there(evidence: Case, mara: User) -> dict[str, str]:
    """What the places in addresses are called, and something of each kind that exists."""
    key, _ = issue_key(licensee=evidence.licensee, label="Platform", scopes=[], by=mara)
    return {
        "slug": evidence.licensee.slug,
        "reference": evidence.reference,
        "external_id": evidence.conversation.external_id,
        "person_id": str(mara.pk),
        "role": "moderator",
        "key_id": str(key.pk),
        "model_id": str(evidence.opened_by_score.model_id),
        "proposal_id": str(_proposed(mara).pk),
        "account_request_id": str(_asked(evidence).pk),
        **webhook_of(evidence.licensee, make_person("Hooker", roles=[Role.ADMIN])),
        **{name: str(pk) for name, pk in joining.places(evidence.licensee, by=mara).items()},
        "token": "x",
        "event_id": str(AuditEvent.objects.latest("at").pk),
    }


def webhook_of(licensee: Licensee, by: User) -> dict[str, str]:
    """With a test on its way, which anybody who should not might disable, send again, or read."""
    webhook, _ = add_webhook(licensee=licensee, url="https://hooks.example.org/artemis", by=by)
    event = send_test(webhook_id=webhook.pk, by=by)
    EventDelivery.objects.update(state=EventDelivery.State.GIVEN_UP)
    delivery = EventDelivery.objects.get()
    return {
        "webhook_id": str(webhook.pk),
        "event_delivery_id": str(delivery.pk),
        "public_id": event.public_id,
    }


def _asked(evidence: Case) -> AccountRequest:
    by = make_person("Asker", roles=[Role.ADMIN])
    return file_request(licensee=evidence.licensee, kind="erasure", account="u0", reference="T-7", by=by)


def _proposed(person: User) -> Proposal:
    """Whoever may confirm anything finds something to confirm."""
    by = make_person("Proposer", roles=[Role.ADMIN])
    why = "To be refused to everybody but another admin."
    return propose_roles(person=person, roles=[Role.SUPERVISOR], by=by, reason=why)


@pytest.fixture
def person(request: pytest.FixtureRequest) -> User | None:
    return None if request.param == "nobody" else request.getfixturevalue(request.param)


@pytest.fixture
def browser(person: User | None, browser_of: Callable[[User], Client]) -> Client:
    browser = browser_of(person) if person else Client()
    # A view that breaks is an answer here too: 500, which no assertion takes for a refusal.
    browser.raise_request_exception = False
    return browser


def visits(who: str, person: User | None, *, entering: bool) -> Iterator[Visit]:
    for page in pages():
        assert page.access is not None
        if may_enter(page.access, person) == entering:
            yield from (Visit(who, page, method) for method in METHODS)


def refusals() -> int:
    return AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).count()


def wrong_answer(visit: Visit, answer: HttpResponse, recorded: int) -> str:
    """What is wrong with this refusal; nothing, where it is as declared."""
    access = visit.page.access
    if access and access.platform:
        # A platform comes with a key; a person's session is no key, whoever they are.
        return "" if answer.status_code in (401, 403) else f"{visit}: {answer.status_code}, not 401"
    if visit.who == "nobody":
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in")
        return "" if to_sign_in else f"{visit}: {answer.status_code}, not the way to signing in"
    if answer.status_code != 403:
        return f"{visit}: {answer.status_code}, not 403"
    return "" if recorded == 1 else f"{visit}: {recorded} refusals recorded, not 1"


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "person"), [(who, who) for who in PEOPLE], indirect=["person"], ids=PEOPLE)
def test_who_may_not_enter_is_refused_recorded_and_moves_nothing(
    who: str, person: User | None, browser: Client, there: dict[str, str]
) -> None:
    wrong, tried = [], 0
    before = row_counts()
    for visit in visits(who, person, entering=False):
        recorded = refusals()
        answer = getattr(browser, visit.method)(address_of(visit.page, there))
        wrong.append(wrong_answer(visit, answer, refusals() - recorded))
        after = row_counts()
        moved = {table for table in after if after[table] != before[table]}
        wrong.append(f"{visit}: moved {', '.join(sorted(moved))}" if moved else "")
        before, tried = after, tried + 1
    assert [sentence for sentence in wrong if sentence] == []
    assert tried > 20


@pytest.mark.django_db
@pytest.mark.parametrize(("who", "person"), [(who, who) for who in PEOPLE], indirect=["person"], ids=PEOPLE)
def test_who_may_enter_finds_no_broken_page(
    who: str, person: User | None, browser: Client, there: dict[str, str]
) -> None:
    """What belongs to another licensee is 403 or 404 there; nothing is a 500."""
    wrong = []
    for visit in visits(who, person, entering=True):
        if visit.method == "get":
            answer = browser.get(address_of(visit.page, there))
            if answer.status_code >= 500:
                wrong.append(f"{visit}: {answer.status_code}")
    assert wrong == []


@pytest.mark.django_db
def test_a_refusal_names_who_tried_what(
    browser_of: Callable[[User], Client], adam: User, northwind: Licensee
) -> None:
    answer = browser_of(adam).post("/trail/")
    assert answer.status_code == 403
    event = AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED)
    assert (event.actor, event.actor_roles, event.object_id) == (adam.actor_name, "admin", "audit:trail")
    assert event.payload == {"method": "POST", "status": 403, "view": "audit:trail"}
    assert event.reason == "This needs the role auditor. Ask an admin if your work needs it."
    assert event.request_id == answer["X-Request-Id"]


@pytest.mark.django_db
def test_a_view_that_is_open_by_mistake_would_be_found(
    adam: User, browser_of: Callable[[User], Client], evidence: Case
) -> None:
    """The check itself: an answer other than the refusal is named."""
    page = next(page for page in pages() if page.name == "audit:trail")
    visit = Visit("adam", page, "get")
    assert wrong_answer(visit, HttpResponse(status=200), 0) == "adam GET /trail/: 200, not 403"
    assert wrong_answer(visit, HttpResponse(status=403), 0) == "adam GET /trail/: 0 refusals recorded, not 1"
    assert wrong_answer(visit, HttpResponse(status=500), 1) == "adam GET /trail/: 500, not 403"
    assert wrong_answer(Visit("nobody", page, "get"), HttpResponse(status=200), 0)
    before = row_counts()
    make_case(evidence.licensee, external_id="another")
    assert before != row_counts()


def test_no_two_addresses_have_one_name():
    """`reverse` would quietly answer with the other one."""
    names = Counter(page.name for page in pages() if page.name)
    assert [name for name, times in names.items() if times > 1] == []
