"""Through the door as a person walks: the password, the app that is set up at first, the codes for when it is lost."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import second_factor
from accounts.models import User
from tests.browser.looking import faults, faults_on_a_phone, open_at
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


def give_password(page: Page, person: User) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code_of_picture(page: Page) -> str:
    """From the words below the picture, as somebody without a camera does it."""
    secret = page.locator(".sign-in__steps .digest").inner_text().replace(" ", "")
    return second_factor.code_of(secret, now=timezone.now())


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_the_first_sign_in_and_the_next_with_a_recovery_code(mara: User, open_page: OpenPage, script: bool):
    page = open_page(java_script_enabled=script, viewport={"width": 390, "height": 844})
    give_password(page, mara)
    page.wait_for_url("**/sign-in/set-up")
    box = page.locator(".sign-in__picture svg").bounding_box()
    assert box
    assert box["width"] > 150, "a camera must be able to read it"
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Use this app").click()
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    page.get_by_role("textbox", name="Code").fill(code_of_picture(page))
    page.get_by_role("button", name="Use this app").click()
    codes = page.locator(".sign-in__codes li").all_inner_texts()
    assert len(codes) == second_factor.RECOVERY_CODES
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/queue/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")

    give_password(page, mara)
    page.wait_for_url("**/sign-in/code")
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/your-sign-in")
    expect(page.locator("#messages")).to_contain_text("9 are left")


def test_the_pages_between_have_no_fault_in_either_theme_or_on_a_phone(mara: User, open_page: OpenPage):
    page = open_page()

    def judged() -> list[str]:
        return [*faults(page), *faults_on_a_phone(page)]

    give_password(page, mara)
    page.wait_for_url("**/sign-in/set-up")
    assert judged() == []
    page.get_by_role("textbox", name="Code").fill(code_of_picture(page))
    page.get_by_role("button", name="Use this app").click()
    page.get_by_role("heading", name="Keep these recovery codes").wait_for()
    assert judged() == []
    page.get_by_role("link", name="I have kept them").click()
    open_at(page, "/your-sign-in/app")
    assert judged() == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("button", name="Sign out").click()
    give_password(page, mara)
    page.wait_for_url("**/sign-in/code")
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert judged() == []
