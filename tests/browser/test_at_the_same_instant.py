"""What two people, or two presses, do to a page at the same instant."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from review.models import Case, Claim, Decision
from review.queue import claim
from review.tests.acts import dismiss, let_lapse
from review.tests.long_conversations import arrive
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
THOUGHT = "Both play in the same team, as the profile says."


@pytest.fixture
def mine(northwind: Licensee, mara: User) -> Case:
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    return case


def about_to_decide(page: Page, case: Case) -> Page:
    page.goto(f"/cases/{case.reference}/")
    page.keyboard.press("n")
    page.locator("#decide_reason").select_option("peers")
    page.locator("#decide_note").fill(THOUGHT)
    page.locator("#m-1").focus()
    return page


def test_the_key_that_decides_pressed_three_times_decides_once(
    mine: Case, northwind: Licensee, mara: User, open_page: OpenPage
):
    following = make_case(northwind, external_id="following", probability=0.8)
    page = about_to_decide(open_page(mara), mine)
    sent = []

    def slowly(route: Route) -> None:
        sent.append(route.request.post_data)
        for _ in range(2):
            page.keyboard.press("Enter")
        route.continue_()

    page.route("**/decide", slowly)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{following.reference}/")

    assert len(sent) == 1
    assert Decision.objects.get().case == mine
    assert not AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED).exists()
    expect(page.get_by_text(f"{mine.reference} is decided: no action.")).to_be_visible()


def test_the_key_that_begins_pressed_twice_claims_one_case(
    northwind: Licensee, mara: User, open_page: OpenPage
):
    for number in range(3):
        make_case(northwind, external_id=f"c{number}")
    page = open_page(mara)
    page.goto("/queue/")
    page.keyboard.press("s")
    page.keyboard.press("s")
    page.wait_for_url("**/cases/**")
    assert Claim.objects.count() == 1


def test_messages_that_arrive_while_deciding_move_nothing_and_are_named(
    mine: Case, mara: User, open_page: OpenPage
):
    page = about_to_decide(open_page(mara), mine)
    place = page.locator("#m-3").bounding_box()
    arrive(mine, number=12)
    page.evaluate("htmx.trigger('#arrivals', 'look')")
    expect(page.locator("#arrivals")).to_contain_text("12 new messages")
    assert page.locator("#m-3").bounding_box() == place

    page.keyboard.press("Enter")

    expect(page.get_by_text("20 messages, 12 more than you had read")).to_be_visible()
    assert not Decision.objects.exists()
    expect(page.get_by_label("What you typed is kept here")).to_have_value(THOUGHT)
    page.get_by_role("button", name="Open the case with what you typed").click()
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)
    expect(page.locator("#m-20")).to_be_attached()
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("is decided: no action.")).to_be_visible()


def test_two_people_decide_one_case_and_the_second_is_told_by_whom(
    mine: Case, mara: User, ines: User, open_page: OpenPage
):
    """Mara's claim lapsed while she was typing, and Ines took the case and decided it."""
    page = about_to_decide(open_page(mara), mine)
    let_lapse(mine)
    dismiss(mine, ines)

    page.keyboard.press("Enter")

    expect(page.get_by_text("409")).to_be_visible()
    expect(page.locator("main")).to_contain_text("decided")
    expect(page.get_by_label("What you typed is kept here")).to_have_value(THOUGHT)
    assert Decision.objects.get().decided_by == ines


def test_a_colleague_who_reads_it_now_is_named(mine: Case, mara: User, ines: User, open_page: OpenPage):
    page = about_to_decide(open_page(mara), mine)
    let_lapse(mine)
    claim(case_id=mine.pk, by=ines)

    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("Ines, who claimed it")
    expect(page.get_by_label("What you typed is kept here")).to_have_value(THOUGHT)
    assert not Decision.objects.exists()
    assert Claim.objects.get(ended_at=None).holder == ines
