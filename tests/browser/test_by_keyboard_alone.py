"""The whole journeys of a moderator and a supervisor by keyboard alone, from signing in to the end; no mouse."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.second_factor import code_now
from licensees.models import Licensee
from referrals.models import Escalation, Packet, Recipient
from review.models import Annotation, Decision, Hold
from tests.browser.escalating import GROUNDS
from tests.factories import TEXTS, later, make_case
from tests.people import PASSWORD, give_app

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


def keys(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def signed_in(open_page: OpenPage, person: User) -> Page:
    give_app(person)
    page = open_page(viewport={"width": 1280, "height": 800})
    page.goto("/sign-in")
    go_to(page, "Email")
    page.keyboard.type(person.email)
    keys(page, "Tab")
    page.keyboard.type(PASSWORD)
    keys(page, "Enter")
    page.wait_for_url("**/sign-in/code")
    page.keyboard.type(code_now(person=person, now=timezone.now()))
    keys(page, "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def go_to(page: Page, label: str, *, most: int = 60) -> None:
    """By Tab, as somebody without a mouse has to, so that what cannot be reached is found."""
    for _ in range(most):
        if label in page.evaluate(NAMED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"“{label}” was not reached by {most} times Tab")


def choose(page: Page, value: str) -> None:
    """In the list that has the focus, by the arrows."""
    steps = page.evaluate(
        """(value) => {
          const list = document.activeElement;
          return [...list.options].findIndex((one) => one.value === value) - list.selectedIndex;
        }""",
        value,
    )
    keys(page, *["ArrowDown" if steps > 0 else "ArrowUp"] * abs(steps))
    assert page.evaluate("document.activeElement.value") == value


NAMED = """() => {
  const at = document.activeElement;
  const words = [at.ariaLabel, ...[...(at.labels ?? [])].map((one) => one.textContent)];
  if (at.matches('a, button, summary')) words.push(at.textContent);
  return words.filter(Boolean).join(' ');
}"""


@pytest.fixture
def desk(db: None) -> Recipient:
    exit_ = Recipient.Exit.SUSPECTED_EXPLOITATION
    return Recipient.objects.create(
        name="Test desk", exit=exit_, jurisdiction="GB", contact="desk@recipient.example"
    )


def test_a_case_is_read_annotated_put_on_hold_and_decided(
    northwind: Licensee, mara: User, open_page: OpenPage
):
    case = make_case(northwind)
    following = make_case(northwind, external_id="following", probability=0.8)
    page = signed_in(open_page, mara)
    keys(page, "s")
    page.wait_for_url(f"**/cases/{case.reference}/")

    keys(page, "f")
    expect(page.locator("#m-3")).to_be_focused()
    keys(page, "r")
    expect(page.locator("#m-3")).to_contain_text(TEXTS[2])
    keys(page, "Shift+R")
    expect(page.locator("#m-7")).to_contain_text(TEXTS[6])

    expect(page.locator("#m-5")).to_be_focused()
    keys(page, "a")
    expect(page.locator("#annotate_characteristic")).to_be_focused()
    choose(page, "secrecy_request")
    go_to(page, "Annotate")
    keys(page, "Enter")
    expect(page.locator("#m-5 .annotation")).to_be_visible()
    assert Annotation.objects.get().characteristic == "secrecy_request"

    expect(page.locator("#m-5")).to_be_focused()
    keys(page, "h")
    page.wait_for_url("**/hold")
    go_to(page, "What the case waits for")
    page.keyboard.type("The platform looks for the earlier messages.")
    go_to(page, "Put on hold")
    keys(page, "Enter")
    page.wait_for_url("**/queue/")
    assert Hold.objects.get().held_by == mara

    page.goto(f"/cases/{case.reference}/")
    keys(page, "h")  # off hold
    expect(page.get_by_role("button", name="Claim this case")).to_be_visible()
    keys(page, "c")
    expect(page.locator("#decide")).to_be_visible()
    keys(page, "m")
    go_to(page, "Comes back on")
    page.keyboard.type(f"{later(days=14):%m%d%Y}")
    go_to(page, "Decide and take next")
    keys(page, "Enter")
    page.wait_for_url(f"**/cases/{following.reference}/")
    assert Decision.objects.get().disposition == "monitor"

    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    keys(page, "z")
    page.wait_for_url(f"**/cases/{case.reference}/")
    expect(page.locator("#toasts")).to_contain_text(
        f"{following.reference} waits again; you may still take it."
    )
    keys(page, "p")
    go_to(page, "What the platform shall do")
    choose(page, "warn")
    go_to(page, "Account A")
    keys(page, "Space")
    go_to(page, "Decide and take next")
    keys(page, "Enter")
    page.wait_for_url(f"**/cases/{following.reference}/")
    assert Decision.objects.standing().get().platform_action == "warn"
    keys(page, "l")
    page.wait_for_url("**/queue/")


def test_an_escalation_is_asked_for_and_approved(
    northwind: Licensee, mara: User, otto: User, desk: Recipient, open_page: OpenPage
):
    case = make_case(northwind)
    page = signed_in(open_page, mara)
    keys(page, "s")
    page.wait_for_url(f"**/cases/{case.reference}/")
    keys(page, "Shift+R")
    expect(page.locator("[data-flagged] .message__masked")).to_have_count(0)
    keys(page, "x")
    page.wait_for_url("**/escalate**")
    go_to(page, TEXTS[4])
    keys(page, "Space")
    go_to(page, "Imminent threat")
    keys(page, "ArrowDown")
    expect(page.get_by_label("Suspected exploitation")).to_be_checked()
    subject, possible_minor = case.conversation.participants.order_by("position")
    for label, value in (
        ("Recipient", desk.pk),
        ("Priority", 2),
        ("Subject account", subject.pk),
        ("Possible minor", possible_minor.pk),
    ):
        go_to(page, label)
        choose(page, str(value))
    go_to(page, "Grounds")
    page.keyboard.type(GROUNDS)
    go_to(page, "See the packet")
    keys(page, "Enter")
    expect(page.get_by_text(GROUNDS).first).to_be_visible()
    go_to(page, "Ask a second person")
    keys(page, "Enter")
    page.wait_for_url("**/escalations/**")
    assert Escalation.objects.get().requested_by == mara

    page = signed_in(open_page, otto)
    expect(page.get_by_role("heading", name="Escalations")).to_be_visible()
    go_to(page, case.reference)
    keys(page, "Enter")
    page.wait_for_url("**/escalations/*/")
    go_to(page, f"Type {case.reference} to approve")
    page.keyboard.type(case.reference)
    go_to(page, "Your password")
    page.keyboard.type(PASSWORD)
    go_to(page, f"Approve and seal {case.reference}")
    keys(page, "Enter")
    page.wait_for_url("**/packets/**")
    with page.expect_download() as download:
        keys(page, "d")
    assert download.value.suggested_filename.endswith(".zip")
    assert Packet.objects.get().approval.approved_by == otto
    keys(page, page.get_by_role("link", name="Overview").get_attribute("data-key"))
    page.wait_for_url("**/overview/")
