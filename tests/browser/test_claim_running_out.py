"""A claim that runs out while somebody reads: said in time, nothing typed is lost, and the server holds the time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Claim, Decision
from review.queue import claim, expire_claims
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
THOUGHT = "Both play in the same team, as the profile says."


@pytest.fixture
def mine(northwind: Licensee, mara: User) -> Case:
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    return case


def ends_at(case: Case) -> datetime:
    return Claim.objects.get(case=case, ended_at=None).expires_at


def opened_at(case: Case, person: User, moment: datetime, open_page: OpenPage) -> Page:
    """With a clock of the browser that the test sets; the server keeps the real one."""
    page = open_page(person)
    page.clock.install(time=moment)
    page.goto(f"/cases/{case.reference}/")
    return page


def test_two_minutes_before_the_end_it_is_said_and_extending_takes_it_back(
    mine: Case, mara: User, open_page: OpenPage
):
    page = opened_at(mine, mara, timezone.now(), open_page)
    page.locator("#decide_note").fill(THOUGHT)
    warning = page.locator("[data-claim-warning]")
    page.clock.run_for(timedelta(minutes=12) // timedelta(milliseconds=1))
    expect(warning).to_be_hidden()

    page.clock.run_for(timedelta(minutes=1, seconds=30) // timedelta(milliseconds=1))
    expect(warning).to_have_text(
        "Your claim ends in less than two minutes. Extend it to go on; what you type stays."
    )
    expect(page.locator(".claim-bar--soon")).to_be_visible()

    # Extended by the clock of the server, so the browser's goes back to it.
    before = ends_at(mine)
    page.clock.set_system_time(timezone.now())
    page.locator("#m-1").focus()
    page.keyboard.press("e")
    expect(page.locator("[data-claim-warning]")).to_be_hidden()
    assert ends_at(mine) > before
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)


def test_when_it_has_ended_that_is_said_and_the_words_go_on_into_a_new_claim(
    mine: Case, mara: User, open_page: OpenPage
):
    page = opened_at(mine, mara, timezone.now(), open_page)
    page.keyboard.press("n")
    page.locator("#decide_reason").select_option("peers")
    page.locator("#decide_note").fill(THOUGHT)
    page.clock.run_for(timedelta(minutes=16) // timedelta(milliseconds=1))
    expect(page.locator("[data-claim-warning]")).to_contain_text(
        "Your claim has ended. What you typed is still here"
    )
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)

    Claim.objects.filter(case=mine).update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_claims()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_label("What you typed is kept here")).to_have_value(THOUGHT)
    assert not Decision.objects.exists()

    page.get_by_role("button", name="Claim it again with what you typed").click()
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)
    expect(page.locator("#decide_reason")).to_have_value("peers")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("is decided: no action.")).to_be_visible()
    assert Decision.objects.get().reason == "peers"


def test_what_is_left_is_told_while_the_page_stays_open(mine: Case, mara: User, open_page: OpenPage):
    page = opened_at(mine, mara, timezone.now(), open_page)
    left = page.locator(".claim-bar__left time")
    expect(left).to_have_text("15 min left")
    page.clock.run_for(timedelta(minutes=5, seconds=31) // timedelta(milliseconds=1))
    expect(left).to_have_text("10 min left")
    page.clock.run_for(timedelta(minutes=10) // timedelta(milliseconds=1))
    expect(left).to_have_text("time is over")


def test_a_page_that_comes_late_says_it_without_any_module(mine: Case, mara: User, open_page: OpenPage):
    Claim.objects.filter(case=mine).update(expires_at=timezone.now() + timedelta(seconds=100))
    page = open_page(mara, java_script_enabled=False)
    page.goto(f"/cases/{mine.reference}/")
    expect(page.get_by_text("Your claim ends in less than two minutes.")).to_be_visible()
