"""A decision and its undo, by keys alone."""

import pytest
from django.urls import reverse

from accounts.models import User
from licensees.models import Licensee
from review.models import Case
from review.queue import claim
from tests.factories import make_case

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_decision_is_taken_back_by_its_key(northwind: Licensee, case: Case, mara: User, open_page):
    make_case(northwind, external_id="two", probability=0.8)
    claim(case_id=case.pk, by=mara)
    url = reverse("review:case", args=[case.reference])
    page = open_page(mara, viewport={"width": 1280, "height": 800})
    page.goto(url)
    page.keyboard.press("n")
    page.locator("#decide_reason").select_option("peers")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast [data-seconds-left]")

    page.keyboard.press("z")

    page.wait_for_url(f"**{url}")
    case.refresh_from_db()
    assert case.state == Case.State.IN_REVIEW
