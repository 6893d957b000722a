"""The small modules of static/js that no journey needs: keys, looks, toasts, answers that do not come."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Claim
from review.queue import claim
from tests.factories import TEXTS, make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
THOUGHT = "half a thought"


@pytest.fixture
def page(northwind: Licensee, mara: User, open_page: OpenPage) -> Page:
    """A case that Mara holds, with something typed."""
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    page = open_page(mara, viewport={"width": 1280, "height": 800})
    page.goto(f"/cases/{case.reference}/")
    page.locator("#decide_note").fill(THOUGHT)
    page.locator("#m-1").focus()
    return page


def test_a_look_changes_at_once_and_stays_and_nothing_typed_is_lost(page: Page):
    root = page.locator("html")
    page.get_by_role("button", name="Theme: system").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Theme: light").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Greyscale").click()
    expect(page.get_by_role("button", name="Greyscale")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Large text").click()
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)
    page.reload()
    for name, value in (("data-theme", "dark"), ("data-greyscale", "on"), ("data-text-size", "large")):
        expect(root).to_have_attribute(name, value)


def test_keys_are_ignored_while_typing_in_a_dialog_and_when_they_are_off(page: Page):
    def release_was_pressed() -> bool:
        return Claim.objects.get().ended_at is not None

    page.locator("#decide_note").press("l")
    expect(page.locator("#decide_note")).to_have_value(f"{THOUGHT}l")
    page.locator("#m-1").focus()
    page.keyboard.press("?")
    expect(page.locator("[data-keys-list]")).to_contain_text("Release")
    page.keyboard.press("l")
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("Escape")
    expect(page.locator("#keys-dialog")).to_be_hidden()
    expect(page.locator(".claim-bar kbd").first).to_be_hidden()
    page.keyboard.press("l")
    page.keyboard.press("Control+l")
    assert not release_was_pressed()
    page.keyboard.press("?")  # always: it turns them on again
    page.get_by_role("button", name="Turn keys on").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+L")
    assert not release_was_pressed()
    page.keyboard.press("l")
    page.wait_for_url("**/queue/")
    assert release_was_pressed()


def test_a_dialog_closes_by_a_press_beside_it(page: Page):
    page.get_by_role("button", name="Keys of this page").click()
    expect(page.locator("#keys-dialog")).to_be_visible()
    page.mouse.click(5, 795)
    expect(page.locator("#keys-dialog")).to_be_hidden()


def test_words_that_are_marked_fill_in_the_annotation(page: Page):
    page.locator("#m-5").focus()
    page.keyboard.press("r")
    expect(page.locator("#m-5")).to_contain_text(TEXTS[4])
    page.keyboard.press("a")
    page.locator("#m-5 .message__body").dblclick(position={"x": 8, "y": 10})
    expect(page.locator("#annotate_words")).to_have_value("Let")
    expect(page.locator("#annotate_number")).to_have_value("5")
    page.locator("#annotate_characteristic").select_option("secrecy_request")
    page.get_by_role("button", name="Annotate", exact=True).click()
    expect(page.locator("#m-5 .annotation")).to_be_visible()


def test_no_answer_is_said_and_what_is_typed_stays(page: Page):
    page.context.set_offline(True)
    page.keyboard.press("e")
    expect(page.locator("#toasts")).to_contain_text("There was no answer from the server.")
    expect(page.locator("#decide_note")).to_have_value(THOUGHT)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#toasts .toast")).to_have_count(0)
    page.context.set_offline(False)
    before = Claim.objects.get().expires_at
    with page.expect_response("**/extend"):
        page.keyboard.press("e")
    assert Claim.objects.get().expires_at > before


def test_a_refusal_to_a_part_of_the_page_becomes_the_page(page: Page):
    case = Case.objects.get()
    Claim.objects.update(expires_at=case.opened_at)
    page.keyboard.press("e")
    expect(page.get_by_text("409")).to_be_visible()
    expect(page.locator("#content")).to_be_focused()


def test_the_offer_to_take_back_counts_down_and_goes(northwind: Licensee, mara: User, open_page: OpenPage):
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    page = open_page(mara)
    page.goto(f"/cases/{case.reference}/")
    page.clock.install()
    page.locator("#decide .option", has_text="No action").click()
    page.locator("#decide_reason").select_option("peers")
    page.get_by_role("button", name="Decide", exact=True).click()
    left = page.locator("[data-seconds-left]")
    expect(left).to_be_visible()
    first = int(left.inner_text())
    page.clock.run_for(3_000)
    assert int(left.inner_text()) <= first - 2
    page.clock.run_for(8_000)
    expect(page.locator("#toasts form")).to_have_count(0)


def test_on_a_phone_the_top_bar_is_one_line_above_the_places(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/queue/")
    parts = page.locator(".topbar__brand, .topbar__end > *, .topbar__tools > button").all()
    middles = {round(box["y"] + box["height"] / 2) for part in parts if (box := part.bounding_box())}
    assert max(middles) - min(middles) <= 2, middles
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_table_too_wide_for_the_screen_becomes_a_list_and_stays_a_table_to_who_hears_it(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/queue/?state=in_review")
    band, lane = page.get_by_role("region", name="Cases").get_by_role("cell").all()[:2]

    def tops() -> list[float]:
        return [box["y"] for cell in (band, lane) if (box := cell.bounding_box())]

    upper, lower = tops()
    assert upper < lower  # under each other
    assert band.evaluate("cell => getComputedStyle(cell, '::before').content").startswith('"Band"')
    heads = page.get_by_role("region", name="Cases").get_by_role("columnheader").all_inner_texts()
    assert heads == ["Reference", "Band", "Lane", "Opened", "Due", "Who is on it"]
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(page.locator(".is-list")).to_have_count(0)
    upper, lower = tops()
    assert abs(upper - lower) < 2
