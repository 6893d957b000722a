"""A real Chromium, driven by Playwright; without one the tests are left out, except under CI=true."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User
from scoring.tests.trained import small_model
from tests.people import signed_in_client
from tests.snapshot import Snapshot, put_back, take

ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SECONDS = 15


def _chromium() -> str | None:
    named = os.environ.get("ARTEMIS_CHROMIUM", "")
    return shutil.which(named) or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = _chromium()
    if program is None:
        reason = "There is no Chromium: apt-get install chromium, or name it in ARTEMIS_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread, which Django would take for an asynchronous view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """A page in a browser of its own, in which this person has signed in
    (test_by_keyboard_alone.py and test_signing_in.py walk through the door itself). What the page's own script or
    style policy refuses fails the test."""
    contexts, faults = [], []

    def open_one(person: User | None = None, **options) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(SECONDS * 1_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None,
        )
        if person is not None:
            context.add_cookies([_cookie(person, live_server.url)])
            page.goto("/")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def _cookie(person: User, url: str) -> dict[str, Any]:
    name = settings.SESSION_COOKIE_NAME
    value = signed_in_client(person).cookies[name].value
    return {"name": name, "value": value, "url": url, "httpOnly": True}


# Loaded once for all tests of this process, and put back for each that asks for it.
DEMO: list[Snapshot] = []
# Enough for each page; the pictures show all that a newcomer sees.
DEMO_DAYS = 28 if os.environ.get("ARTEMIS_SCREENSHOTS") else 4


def _demo_model(folder: Path) -> Path | None:
    """A small one, which is trained in a tenth of the time; the pictures show the one that ships."""
    if os.environ.get("ARTEMIS_SCREENSHOTS"):
        return None
    file = folder / "demo.model"
    file.write_bytes(small_model().to_bytes())
    return file


@pytest.fixture
def demo(transactional_db: None, tmp_path: Path) -> None:
    owner_url = os.environ["DATABASE_OWNER_URL"]
    if DEMO:
        put_back(DEMO[0], owner_url)
    else:
        call_command("load_demo", days=DEMO_DAYS, model=_demo_model(tmp_path))
        DEMO.append(take(owner_url))


@pytest.fixture
def sign_in_quickly(open_page, live_server) -> Callable[[str], Page]:
    """The demo's passwords are shown once and kept nowhere, so these people come in with a session."""

    def sign_in(name: str) -> Page:
        page = open_page()
        page.context.add_cookies([_cookie(User.objects.get(name=name), live_server.url)])
        return page

    return sign_in
