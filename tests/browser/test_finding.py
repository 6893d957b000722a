"""The dialog of Ctrl-K, by keyboard alone, and its page without JavaScript."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from licensees.models import Licensee
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_case_is_found_and_opened_by_keys_alone(northwind: Licensee, mara: User, open_page):
    case = make_case(northwind, external_id="chat-77")
    page = open_page(mara)
    page.goto("/queue/")
    page.keyboard.press("Control+k")
    expect(page.locator("#find_text")).to_be_focused()
    page.keyboard.type("nothing")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("No case that is open to you")
    page.locator("#find_text").fill("chat-77")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text(case.reference)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case.reference}/")

    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#find-dialog")).not_to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("[data-keys-list]")).to_contain_text("Find a case")


def test_without_javascript_it_is_a_page(northwind: Licensee, mara: User, open_page):
    case = make_case(northwind, external_id="chat-77")
    page = open_page(mara, java_script_enabled=False)
    page.goto("/queue/")
    page.get_by_role("link", name="Find a case").click()
    page.locator("#find_text").fill("chat-77")
    page.get_by_role("button", name="Find").click()
    assert page.url.endswith("/find/")
    page.get_by_role("link", name=case.reference).click()
    page.wait_for_url(f"**/cases/{case.reference}/")
