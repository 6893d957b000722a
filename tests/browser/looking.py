"""What axe has to say of a page: WCAG 2.2 AA and the best practices it knows, in light and in dark."""

from collections.abc import Iterator, Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

WIDE, PHONE = (1280, 800), (390, 844)
EVERYTHING = {"resultTypes": ["violations"]}
# The two themes differ in nothing else (tests/browser/test_accessible.py holds them to that).
COLOURS = {**EVERYTHING, "runOnly": {"type": "tag", "values": ["cat.color"]}}
# A phone shows the same page in the same colours; which is most of what axe takes its time for. What is pressed there
# is 24 px high and wide, or stands apart (WCAG 2.5.8).
PLACES = {**EVERYTHING, "rules": {"color-contrast": {"enabled": False}, "target-size": {"enabled": True}}}
# As wide as 1280 px are at four times the size (WCAG 1.4.10).
NARROWEST = 320
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll('.table-scroll, .evaluation__scroll')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.getAttribute('aria-label') ?? 'the page'} (${one.scrollWidth} in ${one.clientWidth})`)"""


def faults(page: Page, size: tuple[int, int] = WIDE) -> Iterator[str]:
    """Of the page as it stands, in both themes."""
    for theme, asked in (("light", EVERYTHING), ("dark", COLOURS)):
        yield from _told(page, size, theme, asked)


def faults_on_a_phone(page: Page) -> Iterator[str]:
    """Of a page that was looked at wide."""
    yield from _told(page, PHONE, "light", PLACES)


def too_wide(page: Page) -> Iterator[str]:
    """What scrolls sideways on a phone, or in a window magnified four times."""
    for width in (PHONE[0], NARROWEST):
        page.set_viewport_size({"width": width, "height": PHONE[1]})
        # Tables become lists when their frames are measured, which the browser does before it draws.
        page.evaluate(
            "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
        )
        for wide in page.evaluate(SIDEWAYS):
            yield f"{page.url} {width} wide: {wide} scrolls sideways"


def _told(page: Page, size: tuple[int, int], theme: str, asked: dict[str, Any]) -> Iterator[str]:
    """What axe names, with where it is."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    told: list[dict[str, Any]] = Axe().run(page, options=asked).response["violations"]
    for violation in told:
        where = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
        yield f"{page.url} {size[0]} wide, {theme}: {violation['id']}: {violation['help']}: {where}"


def open_at(page: Page, path: str) -> int:
    """Opened, with what it fetches by itself; answers the status."""
    answer = page.goto(path)
    assert answer is not None
    settle(page)
    return answer.status


def settle(page: Page) -> None:
    """Each part that the page asks for by itself takes the place of the one that asked."""
    expect(page.locator('[hx-trigger="load"], .htmx-request')).to_have_count(0)


def faults_at(page: Page, *paths: str, sizes: Sequence[tuple[int, int]] = (WIDE,)) -> list[str]:
    found = []
    for path in paths:
        status = open_at(page, path)
        assert status == 200, f"{path} was answered by {status}"
        found += [fault for size in sizes for fault in faults(page, size)]
    return found
