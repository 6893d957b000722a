"""The journey of the blind second reviewer, by keyboard alone and without JavaScript, and of who adjudicates."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, SecondReview
from review.tests.acts import dismiss
from tests.factories import TEXTS, make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def all_sampled(settings: Any) -> None:
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 100


@pytest.fixture
def decided(northwind: Licensee, mara: User, ines: User) -> Case:
    case = make_case(northwind)
    dismiss(case, mara)
    return case


def test_by_keyboard_alone_and_then_adjudicated(decided: Case, ines: User, otto: User, open_page: OpenPage):
    page = open_page(ines)
    page.goto("/second-reviews/")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Blind second review")).to_be_visible()
    assert decided.reference not in page.content()
    page.locator("#m-3").focus()
    page.keyboard.press("r")
    expect(page.locator("#m-3")).to_contain_text(TEXTS[2])
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your second review is given.")).to_be_visible()
    assert SecondReview.objects.get().state == "disagreed"

    page = open_page(otto)
    page.goto("/second-reviews/")
    page.get_by_role("link", name=decided.reference).click()
    expect(page.get_by_role("row", name="Second, blind")).to_contain_text("Monitor")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{decided.reference} is adjudicated.")).to_be_visible()
    assert SecondReview.objects.get().final_disposition == "no_action"


def test_without_javascript(decided: Case, ines: User, open_page: OpenPage):
    page = open_page(ines, java_script_enabled=False)
    page.goto("/second-reviews/")
    page.get_by_role("button", name="Take a second review").click()
    page.get_by_role("button", name="Reveal turn 3").click()
    expect(page.locator("#m-3")).to_contain_text(TEXTS[2])
    page.get_by_text("No action").click()
    page.get_by_label("Why the flag was mistaken").select_option("peers")
    page.get_by_role("button", name="Give the second review").click()
    expect(page.get_by_text("Your second review is given.")).to_be_visible()
    assert SecondReview.objects.get().state == "agreed"
