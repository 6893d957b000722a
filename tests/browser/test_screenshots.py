"""Pictures of every page for people to look at, made by scripts/screenshots from the demo; left out otherwise."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from referrals.models import Escalation, Packet
from review.models import CalibrationSession, Case
from review.queue import claim_next
from tests.browser.looking import settle
from tests.browser.palette import with_few_colours
from tests.machinery import REPOSITORY
from tests.sealing import Seal

FOLDER = os.environ.get("ARTEMIS_SCREENSHOTS", "")
# Those that docs/ shows; without this all are made.
ONLY = set(os.environ.get("ARTEMIS_SCREENSHOTS_ONLY", "").split())
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FOLDER, reason="made by scripts/screenshots"),
]
WIDTHS = {"": (1280, 800), "-wide": (1920, 1080), "-phone": (390, 844)}
THEMES = ("light", "dark")
Shoot = Callable[..., None]


@pytest.fixture
def shoot(chromium) -> Shoot:
    """Takes the page as it stands in both themes at three widths, with few colours."""
    blank = chromium.new_page()
    folder = REPOSITORY / FOLDER
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str, *, whole: bool = False, rail: bool = False) -> None:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for suffix, (width, height) in WIDTHS.items():
                file = f"{name}-{theme}{suffix}.png"
                if ONLY and file.removesuffix(".png") not in ONLY:
                    continue
                page.set_viewport_size({"width": width, "height": height})
                if rail:  # on a phone it is closed
                    page.locator(".case__rail").evaluate("rail => { rail.open = true }")
                (folder / file).write_bytes(with_few_colours(page.screenshot(full_page=whole), blank))

    return take


def _person(name: str) -> User:
    return User.objects.get(name=name)


def _open(page: Page, path: str) -> Page:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


def test_the_moderators_pages(demo: None, open_page, sign_in_quickly, shoot: Shoot):
    shoot(_open(open_page(), "/sign-in"), "sign-in")
    moderator = sign_in_quickly("Mara")
    shoot(_open(moderator, "/queue/"), "queue")
    case = claim_next(by=_person("Mara"))
    assert isinstance(case, Case)
    shoot(_open(moderator, f"/cases/{case.reference}/"), "case-masked")
    moderator.set_viewport_size({"width": 1280, "height": 800})
    moderator.keyboard.press("Shift+R")
    expect(moderator.locator("#reveal_flagged")).to_be_hidden()
    settle(moderator)
    moderator.keyboard.press("f")
    shoot(moderator, "case")
    moderator.set_viewport_size({"width": 1280, "height": 800})
    moderator.locator("body").press("n")
    moderator.locator("#decide_reason").select_option("peers")
    moderator.locator("#decide_reason").scroll_into_view_if_needed()
    shoot(moderator, "decision", rail=True)
    shoot(_open(moderator, f"/cases/{case.reference}/escalate"), "escalate")
    shoot(_open(moderator, "/care/"), "care")


def test_the_supervisors_pages(demo: None, sign_in_quickly, shoot: Shoot):
    supervisor = sign_in_quickly("Otto")
    waiting = Escalation.objects.filter(state="requested", follows=None).earliest("pk")
    shoot(_open(supervisor, "/escalations/"), "escalations")
    shoot(_open(supervisor, f"/escalations/{waiting.pk}/"), "approval")
    shoot(_open(supervisor, f"/packets/{Packet.objects.latest('pk').pk}/"), "packet")
    shoot(_open(supervisor, "/overview/"), "overview", whole=True)
    shoot(_open(supervisor, "/golden/"), "golden")
    for state in ("voting", "closed"):
        session = CalibrationSession.objects.get(state=state)
        shoot(_open(supervisor, f"/calibration/{session.pk}/"), f"calibration-{state}")
    shoot(_open(supervisor, "/retention/northwind/"), "retention")


def test_the_pages_of_admins_and_auditors(demo: None, sign_in_quickly, shoot: Shoot, seal: Seal):
    seal()
    admin = sign_in_quickly("Adam")
    for path, name in [
        ("/licensees/", "licensees"),
        ("/licensees/northwind/", "licensee"),
        ("/licensees/people/", "people"),
        ("/models/", "models"),
        ("/operations/", "operations"),
        ("/models/drift", "drift"),
        ("/models/drift/northwind", "drift-licensee"),
        ("/queue/", "refused"),
        ("/api/v1/docs/", "api"),
        ("/styleguide/", "styleguide"),
    ]:
        shoot(_open(admin, path), name)
    shoot(_open(sign_in_quickly("June"), "/trail/"), "trail")
