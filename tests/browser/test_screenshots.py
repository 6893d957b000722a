"""Pictures of every page for people to look at, made by scripts/screenshots from the demo; left out otherwise."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page

from accounts.models import User
from referrals.models import Escalation, Packet
from review.models import Case
from review.queue import claim_next
from tests.machinery import REPOSITORY

FOLDER = os.environ.get("ARTEMIS_SCREENSHOTS", "")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FOLDER, reason="made by scripts/screenshots"),
]
WIDTHS = {"": (1280, 800), "-wide": (1920, 1080), "-phone": (390, 844)}
THEMES = ("light", "dark")


def _shoot(page: Page, name: str) -> None:
    folder = REPOSITORY / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for suffix, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(folder) / f"{name}-{theme}{suffix}.png")


def _person(name: str) -> User:
    return User.objects.get(name=name)


@pytest.fixture
def demo(db: None) -> None:
    call_command("load_demo")


def test_every_page_as_a_picture(demo: None, live_server, open_page, sign_in_quickly):
    _shoot(open_page_at(open_page(), "/sign-in"), "sign-in")

    moderator = sign_in_quickly("Mara")
    _shoot(open_page_at(moderator, "/queue/"), "queue")
    case = claim_next(by=_person("Mara"))
    assert isinstance(case, Case)
    _shoot(open_page_at(moderator, f"/cases/{case.reference}/"), "case-masked")
    moderator.set_viewport_size({"width": 1280, "height": 800})
    moderator.keyboard.press("Shift+R")
    moderator.wait_for_timeout(600)
    _shoot(moderator, "case")
    _shoot(open_page_at(moderator, f"/cases/{case.reference}/escalate"), "escalate")

    supervisor = sign_in_quickly("Otto")
    waiting = Escalation.objects.get(state="requested")
    _shoot(open_page_at(supervisor, "/escalations/"), "escalations")
    _shoot(open_page_at(supervisor, f"/escalations/{waiting.pk}/"), "approval")
    _shoot(open_page_at(supervisor, f"/packets/{Packet.objects.get().pk}/"), "packet")

    admin = sign_in_quickly("Adam")
    for path, name in [
        ("/licensees/", "licensees"),
        ("/licensees/northwind/", "licensee"),
        ("/licensees/people/", "people"),
        ("/models/", "models"),
        ("/models/drift", "drift"),
        ("/models/drift/northwind", "drift-licensee"),
        ("/queue/", "refused"),
    ]:
        _shoot(open_page_at(admin, path), name)

    _shoot(open_page_at(sign_in_quickly("June"), "/trail/"), "trail")
    _shoot(open_page_at(admin, "/api/v1/docs/"), "api")
    _shoot(open_page_at(admin, "/styleguide/"), "styleguide")


def open_page_at(page: Page, path: str) -> Page:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


@pytest.fixture
def sign_in_quickly(open_page, live_server):
    """The demo's passwords are shown once and kept nowhere, so these people come in with a session."""

    def sign_in(name: str) -> Page:
        client = Client()
        client.force_login(_person(name), backend="django.contrib.auth.backends.ModelBackend")
        page = open_page()
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": cookie,
                    "url": live_server.url,
                    "httpOnly": True,
                }
            ]
        )
        return page

    return sign_in
