"""The whole journeys of a moderator and a supervisor with JavaScript off: every act is a form that is sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from licensees.models import Licensee
from referrals.models import Escalation, Packet, Recipient
from review.models import Annotation, Case, Claim, Decision, HandOver, Hold, OptOut, Reveal, Unveiling
from tests.browser.escalating import GROUNDS, fill_in_the_request
from tests.factories import TEXTS, later, make_case
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
THOUGHT = "half a thought"


def without_javascript(open_page: OpenPage, person: User) -> Page:
    page = open_page(person, java_script_enabled=False)
    # Nothing of a page may depend on a module that did not run.
    page.goto("/queue/")
    return page


def press(page: Page, name: str, *, exact: bool = True) -> None:
    page.get_by_role("button", name=name, exact=exact).click()


def choose(page: Page, outcome: str) -> None:
    page.locator("#decide .option", has_text=outcome).click()


def test_a_moderators_day(northwind: Licensee, mara: User, ines: User, open_page: OpenPage):
    case = make_case(northwind)
    page = without_javascript(open_page, mara)
    press(page, "Start reviewing")
    expect(page.get_by_role("heading", name=case.reference)).to_be_visible()
    _read(page, case)
    _annotate_and_unveil(page, case)
    _put_on_hold_and_take_off(page, case)
    _hand_over(page, case, to=ines)

    page = without_javascript(open_page, ines)
    page.get_by_role("link", name="Open the case").click()
    _decide_take_back_and_decide_again(page, case)


def _read(page: Page, case: Case) -> None:
    assert not any(text in page.content() for text in TEXTS)
    press(page, "Reveal turn 2")
    expect(page.locator("#m-2")).to_contain_text(TEXTS[1])
    page.get_by_role("button", name="Reveal flagged").click()
    expect(page.locator("#m-5")).to_contain_text(TEXTS[4])
    page.locator("#reveal_range > summary").click()
    page.get_by_label("From turn", exact=True).fill("7")
    page.get_by_label("To turn", exact=True).fill("8")
    press(page, "Reveal these turns")
    expect(page.locator("#m-8")).to_contain_text(TEXTS[7])
    assert sorted(Reveal.objects.values_list("message__number", flat=True)) == [2, 3, 5, 7, 8]
    page.locator("#search > summary").click()
    page.locator("#search_words").fill("chat")
    press(page, "Search all turns")
    page.get_by_role("link", name="Turn 5", exact=True).click()
    press(page, "Hide all")
    assert not any(text in page.content() for text in TEXTS)
    press(page, "Show again")
    expect(page.locator("#m-5")).to_contain_text(TEXTS[4])
    before = Claim.objects.get().expires_at
    press(page, "Extend")
    assert Claim.objects.get().expires_at > before


def _annotate_and_unveil(page: Page, case: Case) -> None:
    page.locator("#annotate > summary").click()
    page.locator("#annotate_number").fill("5")
    page.locator("#annotate_characteristic").select_option("secrecy_request")
    press(page, "Annotate")
    expect(page.locator("#m-5 .annotation")).to_be_visible()
    assert Annotation.objects.count() == 1
    page.get_by_text("Unveil the accounts…").click()
    page.locator("#accounts .option").first.click()
    press(page, "Unveil")
    expect(page.locator("#accounts .accounts__known").first).to_be_visible()
    assert Unveiling.objects.get().person.name == "Mara"


def _put_on_hold_and_take_off(page: Page, case: Case) -> None:
    page.locator("#decide_note").fill(THOUGHT)
    press(page, "Hold")
    expect(page.get_by_label("What the case waits for")).to_have_value(THOUGHT)
    press(page, "Put on hold")
    expect(page.get_by_text(f"{case.reference} is on hold until")).to_be_visible()
    page.get_by_role("link", name="On hold").click()
    press(page, f"Take off hold: {case.reference}")
    assert Hold.objects.get().ending == Hold.Ending.TAKEN_BACK
    press(page, "Claim this case")


def _hand_over(page: Page, case: Case, *, to: User) -> None:
    page.locator("#decide_note").fill(THOUGHT)
    press(page, "Hand over")
    page.get_by_label("To", exact=True).select_option(str(to.pk))
    expect(page.get_by_label("Note")).to_have_value(THOUGHT)
    press(page, "Hand over")
    expect(page.get_by_text(f"Ines has {case.reference} now.")).to_be_visible()
    assert HandOver.objects.count() == 1


def _decide_take_back_and_decide_again(page: Page, case: Case) -> None:
    choose(page, "No action")
    press(page, "Decide")
    expect(page.get_by_text("Choose a reason: the technique learns from it.").first).to_be_visible()
    page.get_by_label("Why the flag was mistaken").select_option("peers")
    press(page, "Decide")
    press(page, "Take it back")
    expect(page.locator("#toasts").get_by_text("The decision is taken back.")).to_be_visible()
    choose(page, "Platform action")
    page.get_by_label("What the platform shall do").select_option("warn")
    page.locator(".decide__subjects").get_by_label("Account A").check()
    press(page, "Decide and take next")
    expect(page.get_by_text(f"{case.reference} is decided: platform action.")).to_be_visible()
    assert Decision.objects.standing().get().platform_action == "warn"


def test_what_is_not_taken(northwind: Licensee, mara: User, open_page: OpenPage):
    """Claimed by name and released; a lane left out and taken back; no next case after a decision; a day watched."""
    case = make_case(northwind)
    page = without_javascript(open_page, mara)
    page.get_by_role("link", name=case.reference).click()
    press(page, "Claim this case")
    press(page, "Release")
    expect(page.get_by_text(f"You released {case.reference}.")).to_be_visible()
    press(page, "Come back here instead")
    page.goto("/care/")
    page.get_by_label("What to leave out").select_option("lane:imminent")
    press(page, "Leave it out")
    assert OptOut.objects.count() == 1
    press(page, "Take back: The imminent lane", exact=False)
    expect(page.get_by_text("Nothing. The queue offers you every case")).to_be_visible()
    page.goto(f"/cases/{case.reference}/")
    press(page, "Claim this case")
    choose(page, "Monitor")
    page.get_by_label("Comes back on").fill(f"{later(days=14):%Y-%m-%d}")
    press(page, "Decide")
    expect(page.get_by_text("is decided: monitor.")).to_be_visible()
    assert page.url.endswith("/queue/")
    assert Decision.objects.get().monitor_until is not None


@pytest.fixture
def desk(db: None) -> Recipient:
    exit_ = Recipient.Exit.SUSPECTED_EXPLOITATION
    return Recipient.objects.create(
        name="Test desk", exit=exit_, jurisdiction="GB", contact="desk@recipient.example"
    )


def test_an_escalation_and_all_its_answers(
    northwind: Licensee, mara: User, otto: User, desk: Recipient, open_page: OpenPage, tmp_path: Path
):
    cases = [make_case(northwind, external_id=f"c{number}") for number in range(2)]
    moderator = without_javascript(open_page, mara)
    supervisor = open_page(otto, java_script_enabled=False)

    _escalate(moderator, cases[0], desk)
    _answer(supervisor, cases[0], "Please say which messages ask for secrecy.", "Return with reasons")
    _submit_again(moderator, cases[0])
    _approve_and_download(supervisor, cases[0], tmp_path)

    _escalate(moderator, cases[1], desk)
    _answer(supervisor, cases[1], "Two friends of the same age, as the profile says.", "Decline")
    cases[1].refresh_from_db()
    assert cases[1].state == Case.State.WAITING
    _escalate(moderator, cases[1], desk, again=True)
    moderator.get_by_text("Withdraw…").click()
    moderator.locator("details.answer[open]").get_by_label("Reason").fill(
        "Asked too early: more is to be read first."
    )
    moderator.get_by_role("button", name="Withdraw it").click()
    assert list(Escalation.objects.order_by("pk").values_list("state", flat=True)) == [
        "sealed",
        "declined",
        "withdrawn",
    ]


def _escalate(page: Page, case: Case, desk: Recipient, *, again: bool = False) -> None:
    page.goto(f"/cases/{case.reference}/")
    press(page, "Claim this case")
    if not again:
        page.get_by_role("button", name="Reveal flagged").click()
    page.get_by_role("link", name="Escalate…").click()
    fill_in_the_request(page, case, desk, evidence=[3, 5])
    press(page, "See the packet")
    press(page, "Ask a second person")
    page.wait_for_url("**/escalations/**")


def _answer(page: Page, case: Case, reason: str, button: str) -> None:
    page.goto("/escalations/")
    page.get_by_role("link", name=case.reference).first.click()
    page.get_by_text("Return or decline…").click()
    page.locator("details.answer[open]").get_by_label("Reason").fill(reason)
    press(page, button)


def _submit_again(page: Page, case: Case) -> None:
    page.goto(f"/escalations/{Escalation.objects.get().pk}/")
    page.get_by_role("link", name="Change and submit again").click()
    page.locator("#id_grounds").fill(f"{GROUNDS} The fifth message asks for secrecy.")
    press(page, "See the packet")
    press(page, "Ask a second person")
    page.wait_for_url("**/escalations/**")


def _approve_and_download(page: Page, case: Case, folder: Path) -> None:
    page.goto("/escalations/")
    page.get_by_role("link", name=case.reference).first.click()
    page.locator("#id_typed_reference").fill(case.reference)
    page.get_by_label("Your password").fill(PASSWORD)
    page.locator("#approve").click()
    page.wait_for_url("**/packets/**")
    with page.expect_download() as download:
        press(page, "Download the packet")
    assert download.value.suggested_filename.endswith(".zip")
    assert Packet.objects.get().deliveries.count() == 1
