"""A conversation is really blocked: a moderator chooses whom, the platform is told, the case shows what it did."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from platforms.asking import ask_platforms
from platforms.models import Event, UnreadDecision
from platforms.sending import send_events
from platforms.tests.conftest import Hook, hook, receiver
from platforms.tests.receiver import Receiver
from review.models import Decision
from scoring.tests.sending import Platform
from tests.browser.looking import faults, faults_on_a_phone, settle
from tests.factories import make_case

__all__ = ["hook", "receiver"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
NOTE = "Blocked on all our services."


def test_a_moderator_blocks_an_account_and_the_case_says_that_it_was_done(
    northwind: Licensee, mara: User, otto: User, hook: Hook, receiver: Receiver, open_page: OpenPage
):
    case = make_case(northwind)
    page = open_page(mara)
    page.goto(f"/cases/{case.reference}/")
    page.get_by_role("button", name="Claim this case").click()
    expect(page.locator("#decide")).to_be_visible()
    settle(page)
    # Chosen by keys, and by nothing that was chosen beforehand.
    page.keyboard.press("p")
    subjects = page.locator(".decide__subjects")
    expect(subjects.get_by_label("Account A")).to_be_visible()
    expect(subjects.get_by_label("Account A")).not_to_be_checked()
    page.get_by_label("What the platform shall do").select_option("block")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("Choose the account or accounts that it concerns.").first).to_be_visible()
    assert not Decision.objects.exists()
    page.locator(".decide__subjects").get_by_label("Account A").check()
    assert list(faults(page)) == []
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text(f"{case.reference} is decided: platform action.")).to_be_visible()

    page.goto(f"/cases/{case.reference}/")
    panel = page.locator("#_panel_of_platform")
    expect(panel).to_contain_text("not asked yet")
    UnreadDecision.objects.update(decided_at=timezone.now() - timedelta(minutes=1))
    with pytest.MonkeyPatch.context() as later:
        now = timezone.now
        later.setattr(timezone, "now", lambda: now() + timedelta(seconds=30))
        assert ask_platforms() == 1
    assert send_events() == 1
    (message,) = receiver.came
    assert message.is_signed_with(hook.secret)
    page.evaluate("htmx.trigger('#_panel_of_platform', 'platform-look')")
    expect(panel).to_contain_text("sent")

    _confirm(northwind, message.id)
    page.evaluate("htmx.trigger('#_panel_of_platform', 'platform-look')")
    expect(panel).to_contain_text("confirmed")
    expect(panel).to_contain_text("The platform did it")
    # The history hears of it without the page being loaded again.
    expect(page.locator("#history")).to_contain_text("The platform answered what was asked of it: done")
    assert list(faults(page)) == []

    _read_the_note(open_page(otto), case.reference)


def _confirm(northwind: Licensee, event_id: str) -> None:
    key = Platform(northwind).secret
    body = {"done": True, "at": timezone.now().isoformat(), "note": NOTE}
    answer = Client(headers={"Authorization": f"Bearer {key}"}).post(
        f"/api/v1/events/{event_id}/confirmation", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == 200
    assert Event.objects.get(public_id=event_id).confirmations.get().done


def _read_the_note(page: Page, reference: str) -> None:
    page.goto(f"/cases/{reference}/")
    page.get_by_role("link", name="Read its note").click()
    expect(page.get_by_text(NOTE)).to_be_visible()
    assert list(faults(page)) == []
    assert list(faults_on_a_phone(page)) == []
    page.keyboard.press("b")
    page.wait_for_url(f"**/cases/{reference}/")
