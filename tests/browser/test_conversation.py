"""The conversation in a real browser: hiding, revealing by key, moving through it."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Reveal
from review.queue import claim
from review.tests.long_conversations import arrive, make_long_case
from tests.factories import TEXTS, make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(open_page, person: User, case: Case, **options) -> Page:
    page = open_page(person, **options)
    page.goto(f"/cases/{case.reference}/")
    return page


@pytest.fixture
def mine(northwind: Licensee, mara: User) -> Case:
    case = make_case(northwind)
    claim(case_id=case.pk, by=mara)
    return case


def texts_in(page: Page) -> list[int]:
    source = page.content()
    return [number for number, text in enumerate(TEXTS, start=1) if text in source]


def revealed() -> list[int]:
    return sorted(Reveal.objects.values_list("message__number", flat=True))


def test_one_key_takes_every_text_off_the_page_and_a_reload_keeps_it_off(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    page.keyboard.press("Shift+R")
    expect(page.locator("#m-5")).to_contain_text(TEXTS[4])
    assert texts_in(page) == [3, 5, 7]
    expect(page.locator("#today")).to_contain_text("3 of")  # one's own day goes on with what is read
    page.locator("#decide_note").fill("half a thought")

    page.keyboard.press("Escape")  # also while typing

    assert texts_in(page) == []
    expect(page.locator("#said")).to_have_text("All text on this page is hidden.")
    expect(page.locator("#decide_note")).to_have_value("half a thought")
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    page.reload()
    assert texts_in(page) == []

    page.locator("#m-5").get_by_role("button", name="Reveal").click()
    expect(page.locator("#m-5")).to_contain_text(TEXTS[4])
    assert texts_in(page) == [5]


def test_a_turn_masked_by_the_key_is_revealed_again_without_a_reload(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    page.locator("#m-1").get_by_role("button", name="Reveal").click()
    expect(page.locator("#m-1")).to_contain_text(TEXTS[0])
    page.keyboard.press("Escape")
    assert texts_in(page) == []

    page.locator("#m-1").get_by_role("button", name="Reveal turn 1").click()

    expect(page.locator("#m-1")).to_contain_text(TEXTS[0])


def test_a_text_that_was_on_its_way_does_not_come_back(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    answers = []

    def late(route):
        answer = route.fetch()
        answers.append(answer.text())
        page.keyboard.press("Escape")
        route.fulfill(response=answer)

    page.route("**/reveal", late)
    page.locator("#m-1").get_by_role("button", name="Reveal").click()
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    page.wait_for_timeout(300)

    assert TEXTS[0] in answers[0]
    assert texts_in(page) == []


def test_without_javascript_the_button_masks_all(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine, java_script_enabled=False)
    page.get_by_role("button", name="Reveal turn 2").click()
    assert texts_in(page) == [2]

    page.get_by_role("button", name="Hide all").click()

    assert texts_in(page) == []
    page.get_by_role("button", name="Show again").click()
    assert texts_in(page) == [2]


def test_a_range_is_chosen_and_revealed_by_keys(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    for key in ("j", "j", "v", "Shift+J", "Shift+J", "Shift+J", "Shift+K"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_count(3)
    assert revealed() == []

    page.keyboard.press("Shift+V")

    expect(page.locator("#m-4")).to_contain_text(TEXTS[3])
    assert revealed() == [2, 3, 4]
    assert texts_in(page) == [2, 3, 4]
    expect(page.locator("#m-2")).to_be_focused()
    expect(page.locator("#reveal_range")).not_to_have_attribute("open", re.compile(".*"))


def test_a_range_without_javascript(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine, java_script_enabled=False)
    page.locator("#reveal_range > summary").click()
    page.get_by_label("From turn", exact=True).fill("7")
    page.get_by_label("To turn", exact=True).fill("9")
    page.get_by_role("button", name="Reveal these turns").click()
    expect(page.get_by_text("The last turn is 8.")).to_be_visible()
    page.get_by_label("To turn", exact=True).fill("8")
    page.get_by_role("button", name="Reveal these turns").click()
    assert texts_in(page) == [7, 8]


# --- A long conversation ---------------------------------------------------------------------------


@pytest.fixture
def long(northwind: Licensee, mara: User) -> Case:
    case = make_long_case(northwind, messages=320)
    claim(case_id=case.pk, by=mara)
    return case


def top_of(page: Page, number: int) -> float:
    box = page.locator(f"#m-{number}").bounding_box()
    assert box is not None
    return box["y"]


def test_a_long_conversation_is_joined_on_where_it_is_read(long: Case, mara: User, open_page):
    page = opened(open_page, mara, long)
    expect(page.locator("#m-51")).to_have_count(0)
    page.locator("#m-50").scroll_into_view_if_needed()
    expect(page.locator("#m-70")).to_be_attached()
    shown = page.locator("[data-turn]").evaluate_all("turns => turns.map((turn) => Number(turn.id.slice(2)))")
    assert shown == list(range(1, len(shown) + 1)), "without a gap and none twice"


def test_what_is_read_stays_in_its_place_when_earlier_turns_come(long: Case, mara: User, open_page):
    page = open_page(mara)
    page.goto(f"/cases/{long.reference}/?from=201#m-205")
    expect(page.locator("#m-200")).to_have_count(0)
    before = top_of(page, 205)

    page.get_by_role("link", name="Earlier turns").dispatch_event("click")

    expect(page.locator("#m-200")).to_be_attached()
    assert abs(top_of(page, 205) - before) < 2


IS_LAID_OUT = "turn => turn.checkVisibility({ contentVisibilityAuto: true })"


def test_a_part_far_from_the_screen_is_not_laid_out_and_keeps_its_height(long: Case, mara: User, open_page):
    page = opened(open_page, mara, long)
    page.evaluate("document.said = 0; document.addEventListener('settled', () => { document.said += 1; })")
    for number in range(50, 151, 20):
        page.locator(f"#m-{number}").scroll_into_view_if_needed()
        expect(page.locator(f"#m-{number + 1}")).to_be_attached()
    page.wait_for_load_state("networkidle")
    page.locator("#m-150").scroll_into_view_if_needed()
    height = page.evaluate("document.documentElement.scrollHeight")
    expect(page.locator("#m-50")).to_be_attached()

    assert page.locator("#m-150").evaluate(IS_LAID_OUT)
    page.wait_for_function(f"!({IS_LAID_OUT})(document.getElementById('m-1'))")
    # Once for each part that came, besides what the page fetches of itself; not once for each of 150 turns.
    assert 3 <= page.evaluate("document.said") <= 20
    assert page.evaluate("document.documentElement.scrollHeight") == height
    page.evaluate("document.getElementById('m-7').setAttribute('aria-current', 'true')")
    page.keyboard.press("r")  # the turn where one is, not the first on the screen

    expect(page.locator("#m-7")).to_contain_text(TEXTS[6])
    assert revealed() == [7]


def test_keys_lead_on_beyond_what_is_on_the_page_and_keep_what_is_typed(long: Case, mara: User, open_page):
    page = opened(open_page, mara, long)
    page.locator("#decide_note").fill("half a thought")
    page.locator("#m-7 .message__number a").click()

    page.keyboard.press("f")
    expect(page.locator("#m-100")).to_be_focused()
    page.keyboard.press("Shift+F")
    expect(page.locator("#m-7")).to_be_focused()
    page.locator(".risk-strip a").last.dispatch_event("click")
    expect(page.locator("#m-319")).to_be_focused()
    expect(page.locator("#decide_note")).to_have_value("half a thought")


def test_a_folded_run_is_passed_over_and_opened_by_its_key(long: Case, mara: User, open_page):
    page = opened(open_page, mara, long)
    expect(page.locator("#m-20")).not_to_be_visible()
    page.locator("#m-10 .message__number a").click()
    page.keyboard.press("j")
    expect(page.locator("#m-48")).to_be_focused()

    page.keyboard.press("o")

    expect(page.locator("#m-20")).to_be_visible()


def test_new_messages_are_a_line_until_somebody_wants_them(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    page.keyboard.press("j")
    before = top_of(page, 1)
    arrive(mine, number=12)

    page.evaluate("htmx.trigger('#arrivals', 'look')")

    expect(page.locator("#arrivals")).to_contain_text("12 new messages")
    expect(page.locator("#m-9")).to_have_count(0)
    assert top_of(page, 1) == before
    page.keyboard.press("i")
    expect(page.locator("#m-9")).to_be_focused()
    expect(page.locator("[data-turn]")).to_have_count(20)
    expect(page.locator("#arrivals")).to_be_empty()
    expect(page.locator("#decide_seen_revision")).to_have_value("2")
    expect(page.locator("#decide_seen_messages")).to_have_value("20")


def test_a_page_that_nobody_looks_at_asks_for_nothing(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/arrivals" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("htmx.trigger('#arrivals', 'look')")
    page.wait_for_timeout(300)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    page.evaluate("htmx.trigger('#arrivals', 'look')")
    page.wait_for_timeout(300)
    assert len(asked) == 1


# --- Search and reference ----------------------------------------------------------------------------


def test_a_search_by_keys_leads_to_the_turn(long: Case, mara: User, open_page):
    page = opened(open_page, mara, long)
    page.keyboard.press("/")
    page.keyboard.type("homework")  # "h", "o", "m" … press no button while typing
    page.get_by_role("button", name="Search all turns").click()
    expect(page.locator("#search")).to_contain_text("40 turns in the whole conversation have these words.")
    assert "homework" not in page.url

    page.locator("#search").get_by_role("link", name="Turn 311", exact=True).click()

    expect(page.locator("#m-311")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#search_words")).to_have_value("")


def test_the_reference_of_the_turn_in_focus_is_copied(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#m-5 .message__number a").click()
    page.keyboard.press("y")
    expect(page.locator("#said")).to_have_text(f"{mine.reference}#5 copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{mine.reference}#5"


def test_the_strip_is_dragged_like_a_scroll_bar(mine: Case, mara: User, open_page):
    page = opened(open_page, mara, mine, viewport={"width": 1280, "height": 500})
    box = page.locator("[data-strip] svg").bounding_box()
    assert box
    columns, middle = len(TEXTS), box["y"] + box["height"] / 2
    there = [box["x"] + box["width"] * (number - 0.5) / columns for number in (1, 6, 1)]
    page.mouse.move(there[0], middle)
    page.mouse.down()
    page.mouse.move(there[1], middle + 40, steps=4)  # it may leave the strip
    assert page.evaluate("scrollY") > 100
    expect(page.locator("#m-6")).to_be_in_viewport()
    page.mouse.move(there[2], middle, steps=4)
    assert page.evaluate("scrollY") < 100
    page.mouse.up()
    page.mouse.move(there[1], middle)
    assert page.evaluate("scrollY") < 100
