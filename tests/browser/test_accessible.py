"""axe finds no fault in what pages become while they are used: revealed, refused, in conflict, with a dialog open."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from artemis_site import views
from licensees.models import Licensee
from review.models import Case, SecondReview
from review.queue import claim, hand_over, release
from review.tests.acts import dismiss
from review.tests.test_second_review_lane import judged_twice
from tests.browser.looking import COLOURS, EVERYTHING, PHONE, WIDE, faults, faults_at, open_at, settle
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.fixture
def mine(northwind: Licensee, mara: User) -> Case:
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    return case


def at_both_widths(page: Page) -> list[str]:
    return [fault for size in (PHONE, WIDE) for fault in faults(page, size)]


def test_a_case_revealed_annotated_and_about_to_be_decided(mine: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    assert at_both_widths(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("Shift+R")
    expect(page.locator("[data-flagged] .message__masked")).to_have_count(0)
    page.keyboard.press("m")
    expect(page.locator("#decide_monitor_until")).to_be_visible()
    page.locator("#annotate > summary").click()
    for summary in page.locator("#m-5 summary, #m-5 .message__why summary").all():
        summary.click()
    assert at_both_widths(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    assert list(faults(page)) == []


def test_a_search_its_answer_and_a_range(mine: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.keyboard.press("/")
    page.keyboard.type("chat")
    page.get_by_role("button", name="Search all turns").click()
    expect(page.locator("#search [role=status]")).to_be_visible()
    assert at_both_widths(page) == []
    page.locator("body").press("Escape")
    page.locator("#m-2").focus()
    page.keyboard.press("v")
    page.locator("#range_last").fill("99")
    page.get_by_role("button", name="Reveal these turns").click()
    expect(page.get_by_text("The last turn is 8.")).to_be_visible()
    assert at_both_widths(page) == []


def test_what_was_typed_wrongly(mine: Case, mara: User, ines: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.keyboard.press("n")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing was decided yet.")).to_be_visible()
    assert at_both_widths(page) == []
    for path, button in (("hold", "Put on hold"), ("hand-over", "Hand over")):
        open_at(page, f"/cases/{mine.reference}/{path}")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_text("Nothing was")).to_be_visible()
        assert list(faults(page)) == []
    open_at(page, f"/cases/{mine.reference}/escalate")
    page.get_by_role("button", name="See the packet").click()
    expect(page.get_by_text("Nothing was asked yet.")).to_be_visible()
    assert list(faults(page)) == []


def test_the_dialogs(mine: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    assert at_both_widths(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#find_text").fill(mine.reference)
    page.keyboard.press("Enter")
    expect(page.locator("#found a")).to_be_visible()
    assert at_both_widths(page) == []


def test_the_offer_to_take_back_and_the_case_that_is_back(mine: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.keyboard.press("n")
    page.locator("#decide_reason").select_option("peers")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    assert list(faults(page)) == []
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#toasts").get_by_text("The decision is taken back.")).to_be_visible()
    assert list(faults(page)) == []


def test_the_queue_in_each_state(northwind: Licensee, mara: User, ines: User, open_page: OpenPage):
    for number in range(4):
        make_case(northwind, external_id=f"c{number}", probability=0.99 if number == 2 else 0.9)
    first, second = Case.objects.all()[:2]
    claim(case_id=first.pk, by=ines)
    hand_over(case_id=first.pk, by=ines, to_id=mara.pk)
    dismiss(second, ines)
    page = open_page(mara)
    assert faults_at(page, "/queue/", sizes=(WIDE, PHONE)) == []
    expect(page.locator("#handed")).to_be_visible()
    for state in ("in_review", "held", "escalated", "decided", "referred"):
        assert faults_at(page, f"/queue/?state={state}") == []
    release(case_id=first.pk, by=mara)
    open_at(page, "/queue/?state=held")
    assert list(faults(page, PHONE)) == []


def test_a_case_on_hold_and_one_in_other_hands(mine: Case, mara: User, ines: User, open_page: OpenPage):
    page = open_page(ines)
    assert faults_at(page, f"/cases/{mine.reference}/", sizes=(WIDE, PHONE)) == []
    holder = open_page(mara)
    open_at(holder, f"/cases/{mine.reference}/hold")
    holder.get_by_label("What the case waits for").fill("The platform looks for the earlier messages.")
    holder.get_by_role("button", name="Put on hold").click()
    expect(holder.get_by_text("is on hold until").first).to_be_visible()
    assert faults_at(holder, f"/cases/{mine.reference}/", "/queue/?state=held", sizes=(WIDE, PHONE)) == []


def test_a_conflict_keeps_what_was_typed_and_has_no_fault(mine: Case, mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.keyboard.press("n")
    page.locator("#decide_reason").select_option("peers")
    page.locator("#decide_note").fill("Both play in the same team.")
    release(case_id=mine.pk, by=mara)
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.get_by_text("409")).to_be_visible()
    assert at_both_widths(page) == []


def test_pages_of_what_went_wrong(mara: User, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch):
    page = open_page(mara)
    assert open_at(page, "/licensees/") == 403
    assert at_both_widths(page) == []
    assert open_at(page, "/nothing/at/all") == 404
    assert at_both_widths(page) == []

    def broken() -> None:
        raise RuntimeError("planted by a test")

    monkeypatch.setattr(views, "samples", broken)
    assert open_at(page, "/styleguide/") == 500
    assert at_both_widths(page) == []


def test_a_form_that_is_too_old(mara: User, open_page: OpenPage):
    page = open_page(mara)
    open_at(page, "/queue/")
    page.context.clear_cookies(name="csrftoken")
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
    expect(page.get_by_role("heading", name="This form is too old")).to_be_visible()
    settle(page)
    assert at_both_widths(page) == []


def test_adjudicating_what_two_people_see_differently(
    northwind: Licensee, adam: User, mara: User, ines: User, otto: User, open_page: OpenPage
):
    judged_twice(northwind, adam)
    dismiss(make_case(northwind), mara)
    page = open_page(ines)
    open_at(page, "/second-reviews/")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Blind second review")).to_be_visible()
    assert at_both_widths(page) == []
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your second review is given.")).to_be_visible()
    page = open_page(otto)
    assert faults_at(page, "/second-reviews/", f"/second-reviews/{SecondReview.objects.get().pk}/") == []


def test_axe_would_find_a_fault(mara: User, open_page: OpenPage):
    """The check itself: an unnamed button, and pale words in the dark."""
    page = open_page(mara)
    open_at(page, "/queue/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in fault for fault in faults(page))
    assert "cat.color" in str(COLOURS) and "runOnly" not in EVERYTHING


def test_the_dark_theme_differs_in_colours_alone(mine: Case, mara: User, open_page: OpenPage):
    """Which is why axe is asked about colours only, there: no text, name, size or place is another one."""
    page = open_page(mara)
    open_at(page, f"/cases/{mine.reference}/")
    page.evaluate("document.fonts.ready")
    look = """() => [...document.body.querySelectorAll('*')].map((one) => {
      const box = one.getBoundingClientRect();
      return [one.tagName, Math.round(box.x), Math.round(box.y), Math.round(box.width), Math.round(box.height)].join();
    })"""
    page.emulate_media(color_scheme="light")
    light = page.evaluate(look)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(look) == light
