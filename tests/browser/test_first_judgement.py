"""The journey of who judges before the score is shown: by keyboard alone, and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Decision
from review.queue import claim
from review.tests.test_hidden_score import hide_scores, traces_in
from review.workflow import reveal
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.fixture
def held(northwind: Licensee, adam: User, mara: User) -> Case:
    hide_scores(northwind, adam)
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[3], by=mara)
    return case


def test_by_keyboard_alone(held: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    page.goto(f"/cases/{held.reference}/")
    expect(page.locator("#score_hidden")).to_be_visible()
    page.keyboard.press("f")  # there is no such key yet
    page.locator("#m-5").focus()
    page.keyboard.press("r")
    expect(page.locator("#m-5 .message__masked")).to_have_count(0)
    assert traces_in(page.content()) == []
    # What is typed into a hold goes on without the form of the decision.
    page.keyboard.press("h")
    expect(page.get_by_label("What the case waits for")).to_be_visible()
    page.go_back()
    page.keyboard.press("u")
    page.keyboard.press("Enter")
    expect(page.locator(".rail__scroll .band")).to_be_visible()
    page.keyboard.press("n")
    page.get_by_label("Why the flag was mistaken").select_option("peers")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url("**/queue/")
    decision = Decision.objects.get()
    assert (decision.score_hidden, decision.first_judgement) == (True, "serious")


def test_without_javascript(held: Case, mara: User, open_page: OpenPage):
    page = open_page(mara, java_script_enabled=False)
    page.goto(f"/cases/{held.reference}/")
    page.get_by_text("Some concern").click()
    page.get_by_role("button", name="Give this judgement").click()
    expect(page.locator(".rail__scroll .band")).to_be_visible()
    expect(page.get_by_role("button", name="Decide", exact=True)).to_be_visible()
