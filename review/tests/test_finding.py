"""Finding a case answers only what is open to the person, and what was looked for stands in no address."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from licensees.models import Licensee
from review.finding import MOST_FOUND, find_cases, split_reference
from review.models import Case
from tests.factories import make_case

BrowserOf = Callable[[User], Client]


def ask(browser: Client, text: str, *, htmx: bool = True):
    return browser.post(
        reverse("review:find"), {"text": text}, headers={"HX-Request": "true"} if htmx else {}
    )


def test_by_reference_by_conversation_and_by_account(case: Case, mara: User):
    for text in (case.reference, case.reference.lower(), f"{case.reference}#5", "c1", "u0"):
        assert find_cases(text=text, by=mara) == [case], text


def test_a_piece_of_an_id_finds_nothing(case: Case, mara: User):
    for text in ("c", "u", case.reference[:-1], "%", "c1%"):
        assert find_cases(text=text, by=mara) == []


def test_all_cases_of_an_account_newest_first_and_no_more_than_fit(northwind: Licensee, mara: User):
    cases = [make_case(northwind, external_id=f"c{place}") for place in range(MOST_FOUND + 2)]

    found = find_cases(text="u1", by=mara)

    assert found == list(reversed(cases))[:MOST_FOUND]


@pytest.mark.parametrize("text", ["{reference}", "c1", "u0"])
def test_another_licensees_case_is_answered_like_an_unknown_one(
    case: Case, kai: User, browser_of: BrowserOf, text: str
):
    browser = browser_of(kai)
    before = AuditEvent.objects.count()

    answer, unknown = ask(browser, text.format(reference=case.reference)), ask(browser, "NW-99-9")

    assert answer.content == unknown.content
    assert answer.status_code == unknown.status_code == 200
    assert "No case that is open to you" in answer.content.decode()
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("person", ["june", "adam"])
def test_who_opens_no_case_finds_none(
    case: Case, person: str, request: pytest.FixtureRequest, browser_of: BrowserOf
):
    browser = browser_of(request.getfixturevalue(person))

    assert ask(browser, case.reference).status_code == 403
    assert "find-dialog" not in browser.get("/sign-in").content.decode()


def test_the_answer_has_reference_state_and_licensee_and_no_account(
    case: Case, mara: User, browser_of: BrowserOf
):
    fragment = ask(browser_of(mara), "u0").content.decode()

    assert f'href="{reverse("review:case", args=[case.reference])}"' in fragment
    assert "Waiting" in fragment
    assert "Northwind" in fragment
    # As a word: tokens are made by chance.
    assert not re.search(r"\bu0\b", fragment)


def test_a_reference_with_a_turn_leads_to_the_turn(case: Case, mara: User, browser_of: BrowserOf):
    page = reverse("review:case", args=[case.reference])

    assert f'href="{page}#m-5"' in ask(browser_of(mara), f"{case.reference}#5").content.decode()
    assert f'href="{page}"' in ask(browser_of(mara), f"{case.reference}#99").content.decode()


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "a\0b"])
def test_what_cannot_be_looked_for_is_said(mara: User, browser_of: BrowserOf, text: str):
    answer = ask(browser_of(mara), text)

    assert answer.status_code == 422
    assert re.search(r"<p>[A-Z][^<]+\.</p>", answer.content.decode())


def test_the_page_works_by_itself(case: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)

    empty = browser.get(reverse("review:find") + "?text=c1").content.decode()
    page = ask(browser, "c1", htmx=False).content.decode()

    assert case.reference not in empty  # nothing is looked for by an address
    assert case.reference in page
    assert 'value="c1"' in page
    assert page.count('id="find_text"') == 1


def test_it_costs_the_same_whatever_is_found(northwind: Licensee, mara: User, browser_of: BrowserOf):
    browser, counts = browser_of(mara), []
    for number in (1, 8):
        for place in range(number):
            make_case(northwind, external_id=f"{number}-{place}")
        ask(browser, "u0")
        with CaptureQueriesContext(connection) as captured:
            ask(browser, "u0")
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 12


def test_a_reference_is_split_from_its_turn():
    assert split_reference(" nw-1-9#14 ") == ("NW-1-9", 14)
    assert split_reference("NW-1-9#x") == ("NW-1-9", None)
    assert split_reference("NW-1-9") == ("NW-1-9", None)
