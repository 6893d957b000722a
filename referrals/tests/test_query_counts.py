"""No page asks more of the database as its rows grow."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from referrals.models import Recipient
from referrals.tests.conftest import ask
from review.models import Case

MOST = 12
Browser = Callable[[User], Client]


def queries_of(client: Client, url: str) -> list[str]:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def test_the_list_of_escalations(
    case: Case,
    mara: User,
    otto: User,
    desk: Recipient,
    another_case: Callable[[str], Case],
    browser_of: Browser,
) -> None:
    ask(case, mara, desk)
    client, url = browser_of(otto), reverse("referrals:escalations")
    few = queries_of(client, url)
    for number in range(4):
        ask(another_case(f"more-{number}"), mara, desk)
    many = queries_of(client, url)
    assert len(few) == len(many), many
    assert len(many) <= MOST, "\n".join(many)


def test_an_escalation_with_more_evidence(
    case: Case,
    mara: User,
    otto: User,
    desk: Recipient,
    another_case: Callable[[str], Case],
    browser_of: Browser,
) -> None:
    little = ask(case, mara, desk, evidence_numbers=[3], context=0)
    much = ask(another_case("much"), mara, desk, evidence_numbers=[1, 3, 5, 7], context=3)
    client = browser_of(otto)
    few, many = (
        queries_of(client, reverse("referrals:escalation", args=[escalation.pk]))
        for escalation in (little, much)
    )
    assert len(few) == len(many), many
