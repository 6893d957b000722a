"""The journey of who votes in a calibration session, by keyboard alone and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from licensees.models import Licensee
from review.models import CalibrationSession
from review.tests.acts import dismiss
from review.tests.test_calibration import begun
from tests.factories import TEXTS, make_case
from tests.people import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.mark.parametrize("javascript", [True, False])
def test_one_votes_alone(
    northwind: Licensee, mara: User, otto: User, ines: User, open_page: OpenPage, javascript: bool
):
    case = make_case(northwind)
    dismiss(case, mara)
    nils = make_person("Nils", roles=[Role.MODERATOR], serving=northwind)
    begun(northwind, otto, [case], [mara, ines, nils])
    page = open_page(nils, java_script_enabled=javascript)
    page.goto("/calibration/")
    page.get_by_role("link", name="Peers and coaches").click()
    if javascript:
        page.wait_for_url("**/calibration/*/")
        page.keyboard.press("s")
        page.locator("#m-3").focus()
        page.keyboard.press("r")
    else:
        page.get_by_role("link", name="Vote on the next case").click()
        page.get_by_role("button", name="Reveal turn 3").click()
    expect(page.locator("#m-3")).to_contain_text(TEXTS[2])
    assert case.reference not in page.content()
    if javascript:
        page.keyboard.press("m")
        page.keyboard.press("Enter")
    else:
        page.get_by_text("Monitor", exact=True).click()
        page.get_by_role("button", name="Vote", exact=True).click()
    expect(page.get_by_text("Your vote on case 1 is kept.")).to_be_visible()
    assert CalibrationSession.objects.get().cases.get().votes.get().disposition == "monitor"
