"""Through the door as a person walks: the password, the app that is set up at first, the codes for when it is lost."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect

from accounts import second_factor
from accounts.models import SecurityKey, User
from audit.models import AuditEvent
from audit.verbs import Verb
from tests.browser.looking import faults, faults_at, faults_on_a_phone, open_at
from tests.people import PASSWORD, give_app

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


def plug_in_a_key(page: Page) -> CDPSession:
    """Chromium's own authenticator: it makes keys and signs as one that is plugged in does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": False, "hasResidentKey": False}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools


def add_key(page: Page, name: str) -> None:
    page.goto("/your-sign-in/keys/new")
    page.get_by_label("What you call it").fill(name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Add this key").click()


def test_a_security_key_is_added_used_copied_and_removed(mara: User, open_page: OpenPage):
    give_app(mara)
    page = open_page(mara)
    plug_in_a_key(page)
    assert list(faults_at(page, "/your-sign-in/keys/new")) == []
    add_key(page, "Key on my key ring")
    page.wait_for_url("**/your-sign-in")
    assert list(faults(page)) == []
    page.get_by_role("button", name="Sign out", exact=True).click()

    give_password(page, mara)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url("**/queue/")
    assert AuditEvent.objects.filter(verb=Verb.PERSON_SIGNED_IN).latest("at").payload == {
        "with": "security_key"
    }
    page.get_by_role("button", name="Sign out").click()

    # What was signed before is a copy's answer: the counter does not go back.
    SecurityKey.objects.update(signed=1_000)
    give_password(page, mara)
    page.get_by_role("button", name="Use a security key").click()
    expect(page.get_by_role("alert")).to_contain_text("not a key of yours")
    SecurityKey.objects.update(signed=0)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url("**/queue/")

    page.goto("/your-sign-in")
    page.get_by_text("Key on my key ring").click()
    page.locator("details[open]").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Remove this key").click()
    expect(page.locator("#messages")).to_contain_text("opens nothing any more")
    assert not SecurityKey.objects.exists()


def test_who_types_is_not_signed_out_and_who_left_is_told(mara: User, open_page: OpenPage):
    page = open_page(mara)
    page.clock.install()
    page.goto("/queue/")
    warned = page.locator("[data-idle]")
    page.keyboard.press("Shift")
    with page.expect_request("**/your-sign-in/stay"):
        page.clock.run_for(6 * 60_000)
    page.clock.run_for(26 * 60_000)
    expect(warned).to_have_count(0)
    page.clock.run_for(2 * 60_000)
    expect(warned).to_contain_text("in two minutes")
    assert list(faults(page)) == []
    with page.expect_request("**/your-sign-in/stay"):
        page.keyboard.press("Shift")
    expect(warned).to_have_count(0)
