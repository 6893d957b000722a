"""An admin's day: a stranger applies and confirms, then vetting, agreement, test, key, assignment, threshold, live by a
second admin, and a suspension that counts at once. With and without scripts."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from licensees import vetting
from licensees.models import Licensee
from licensees.views import apply as form
from tests.browser.looking import faults, faults_on_a_phone, too_wide
from tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
WHY = "Looked at with the register beside it."
# Where pictures are put for somebody to look at; nowhere, where nobody asks.
PICTURES = os.environ.get("ARTEMIS_PICTURES", "")


class Walk:
    def __init__(self, *, is_looked_at: bool) -> None:
        self.is_looked_at, self.found = is_looked_at, list[str]()

    def look(self, page: Page, name: str) -> None:
        if not self.is_looked_at:
            return
        if PICTURES:
            self._keep(page, name)
        self.found += [*faults(page), *faults_on_a_phone(page), *too_wide(page)]
        page.set_viewport_size({"width": 1280, "height": 800})

    def _keep(self, page: Page, name: str) -> None:
        for width in (1280, 390):
            for theme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 800})
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{theme}.png", full_page=True)


def fill_in(page: Page) -> None:
    for label, value in {
        "Company": "Harbour Chat",
        "Country where it is established": "GB",
        "People who use it in a month": "40000",
        "Of a hundred, how many are under 18": "35",
        "Your name": "Robin",
        "Your address at the company": "robin@harbour.example",
        "Who answers for safety there": "Robin, by mail",
        "Why you apply, and what you do today": "Players write to each other, and some are young.",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Kind of service").select_option("interpersonal")
    page.get_by_label("On which basis in law").select_option("unknown")


def asked_why(page: Page, button: str) -> None:
    page.get_by_label("Reason").fill(WHY)
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_from_an_application_to_a_suspension(
    adam: User, open_page: OpenPage, settings: Any, monkeypatch: pytest.MonkeyPatch, script: bool
) -> None:
    settings.EMAIL_HOST = "mail.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(form, "SHORTEST_SECONDS", 0)
    noor, walk = make_person("Noor", roles=[Role.ADMIN]), Walk(is_looked_at=script)
    make_person("Moda", roles=[Role.MODERATOR])
    stranger, first, second = (
        open_page(one, java_script_enabled=script, viewport={"width": 1280, "height": 800})
        for one in (None, adam, noor)
    )
    stranger.goto("/apply/")
    walk.look(stranger, "apply")
    fill_in(stranger)
    stranger.get_by_role("button", name="Send the application").click()
    stranger.get_by_role("heading", name="Received").wait_for()
    walk.look(stranger, "received")
    link = re.findall(r"http://\S+", mail.outbox[-1].body)[0]
    stranger.goto(link)
    stranger.get_by_role("button", name="Confirm").click()
    expect(stranger.get_by_text("The address is confirmed.")).to_be_visible()

    first.goto("/licensees/applications/")
    walk.look(first, "applications")
    first.get_by_role("link", name="Harbour Chat").click()
    walk.look(first, "application")
    first.get_by_role("link", name="Take up…").click()
    first.get_by_label("Letters of its case references").fill("HB")
    walk.look(first, "take-up")
    first.get_by_role("button", name="Take up").click()
    first.get_by_role("heading", name="Vetting of Harbour Chat").wait_for()
    walk.look(first, "vetting-begun")
    for item in vetting.items().values():
        first.get_by_label(f"How for {item.label}").fill(WHY)
        first.get_by_role("button", name=f"Note: {item.label}").click()
        expect(first.locator(f"#item-{item.key} .badge--done")).to_be_visible()
    walk.look(first, "vetting")
    first.get_by_role("link", name="Accept after vetting…").click()
    asked_why(first, "Accept")
    walk.look(first, "vetted")
    first.get_by_role("link", name="Record the signature").click()
    first.get_by_label("Signed by").fill("Robin")
    first.get_by_label("Function").fill("Managing director")
    first.get_by_label("On", exact=True).fill("2026-01-05")
    walk.look(first, "agreement")
    first.get_by_role("button", name="Record the signature").click()
    first.get_by_role("link", name="Begin the test").click()
    asked_why(first, "Begin the test")
    first.get_by_role("link", name="Issue a test key").click()
    first.get_by_label("Label").fill("Their engineers")
    walk.look(first, "key")
    first.get_by_role("button", name="Issue key").click()
    assert "artemis_test_" in first.content()

    first.goto("/licensees/harbour-chat/keys/new")
    first.get_by_label("Label").fill("Chat servers")
    first.locator('[name="mode"]').select_option("live")
    first.get_by_role("button", name="Issue key").click()
    (live_key,) = set(re.findall(r"artemis_live_[0-9a-f]{12}_[\w-]{43}", first.content()))
    first.goto("/licensees/harbour-chat/assignments/new")
    first.get_by_label("Person and role").select_option(label="Moda")
    walk.look(first, "assign")
    first.get_by_role("button", name="Assign").click()
    first.get_by_role("link", name="Who sees what, and why").click()
    walk.look(first, "who-sees")
    first.goto("/overview/what-if/harbour-chat")
    first.goto("/licensees/harbour-chat/policy")
    first.get_by_label("A person looks at or over").fill("0.8")
    first.get_by_label("Reason").fill("Few enough for those who look.")
    first.get_by_role("button", name="Compare with the one in force").click()
    first.get_by_role("button", name="Set").click()
    first.goto("/licensees/harbour-chat/contacts")
    walk.look(first, "contacts")
    first.goto("/licensees/harbour-chat/legal-bases")
    walk.look(first, "legal-bases")
    first.goto("/licensees/harbour-chat/")
    walk.look(first, "in-test")
    first.get_by_role("link", name="Go live…").click()
    asked_why(first, "Propose")
    second.goto("/licensees/proposals/")
    second.get_by_role("link", name="A licensee goes live").click()
    second.get_by_role("button", name="Confirm").click()
    expect(second.get_by_text("Confirmed and done.")).to_be_visible()
    assert Licensee.objects.get().state == "live"
    first.goto("/licensees/harbour-chat/")
    walk.look(first, "live")
    assert asks(live_key) == ""
    first.get_by_role("link", name="Suspend…").click()
    asked_why(first, "Suspend")
    expect(first.get_by_text("Nothing is accepted from its platform.")).to_be_visible()
    walk.look(first, "suspended")
    assert asks(live_key) == "This licensee is suspended: nothing is accepted. Ask the operator why."
    assert walk.found == []


def asks(key: str) -> str:
    """What its platform is told."""
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    refused: str = json.loads(answer.content)["refused"]
    return refused
