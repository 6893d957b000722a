"""Two admins let somebody in by link and code; on the way the page asks for the password. No script is needed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page

from accounts import sessions
from accounts.models import User
from accounts.roles import Role
from accounts.session_store import SessionStore
from tests.browser.looking import faults, faults_on_a_phone
from tests.people import PASSWORD, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
NEW = "a sentence that only Ana knows"


def some_minutes_later(page: Page) -> None:
    """Whoever is signed in there has been so for longer than signing in counts as a confirmation."""
    (cookie,) = [one for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME]
    session = SessionStore(cookie["value"])
    earlier = timezone.now() - timedelta(minutes=9)
    session[sessions.KEY] = {**session[sessions.KEY], "at": earlier.isoformat()}
    session.save()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_person_comes_in_by_two_admins(adam: User, open_page: OpenPage, script: bool):
    noor = make_person("Noor", roles=[Role.ADMIN])
    first, second = (open_page(one, java_script_enabled=script) for one in (adam, noor))
    first.goto("/licensees/people/new")
    first.get_by_label("Name").fill("Ana")
    first.get_by_label("Email").fill("ana@example.org")
    first.get_by_label("Moderator").check()
    first.get_by_label("Reason").fill("Hired by the head of safety, seen in person.")
    some_minutes_later(first)
    first.get_by_role("button", name="Propose").click()
    first.get_by_role("heading", name="Show that it is you").wait_for()
    if script:
        assert [*faults(first), *faults_on_a_phone(first)] == []
    first.get_by_label("Your password").fill(PASSWORD)
    first.get_by_role("button", name="Go on").click()
    code = first.get_by_label("Code", exact=True).input_value()
    second.goto("/licensees/proposals/")
    second.get_by_role("link", name="A new person").click()
    second.get_by_role("button", name="Confirm").click()
    link = second.get_by_label("Link", exact=True).input_value()

    ana = open_page(java_script_enabled=script)
    ana.goto(link)
    ana.wait_for_url("**/enter")
    if script:
        assert [*faults(ana), *faults_on_a_phone(ana), *faults(second), *faults(first)] == []
    ana.get_by_label("Code").fill(code)
    ana.get_by_label("New password", exact=True).fill(NEW)
    ana.get_by_label("New password, once more").fill(NEW)
    ana.get_by_role("button", name="Go on").click()
    ana.wait_for_url("**/sign-in/set-up")
    assert User.objects.get(name="Ana").check_password(NEW)
