"""The supervisor's overview: open to supervisors, of their licensees only, of nobody in particular."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import assign
from licensees.models import Licensee
from review.models import Case
from review.queue import claim
from review.tests.acts import dismiss, escalated
from review.views.overview_charts import columns, round_top, stacked
from review.workflow import reveal
from tests.factories import TEXTS, make_case
from tests.people import TESTS, make_person

BrowserOf = Callable[[User], Client]


def page_of(browser: Client, query: str = "") -> str:
    answer = browser.get(reverse("review:overview") + query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def busy(northwind: Licensee, mara: User) -> list[Case]:
    cases = [make_case(northwind, external_id=f"o{number}") for number in range(4)]
    dismiss(cases[0], mara)
    escalated(cases[1], mara)
    claim(case_id=cases[2].pk, by=mara)
    return cases


def test_supervisors_only(
    northwind: Licensee, otto: User, mara: User, adam: User, june: User, browser_of: BrowserOf
):
    assert browser_of(otto).get(reverse("review:overview")).status_code == 200
    for other in (mara, adam, june):
        assert browser_of(other).get(reverse("review:overview")).status_code == 403


def test_it_is_in_the_navigation_of_supervisors(
    northwind: Licensee, otto: User, mara: User, browser_of: BrowserOf
):
    link = f'href="{reverse("review:overview")}"'
    assert link in page_of(browser_of(otto))
    assert link not in browser_of(mara).get(reverse("review:queue")).content.decode()


def test_every_picture_has_its_table(busy: list[Case], otto: User, browser_of: BrowserOf):
    page = page_of(browser_of(otto))

    pictures = [part for part in page.split("<section ")[1:] if "<svg class=" in part.split("</section>")[0]]
    assert len(pictures) >= 6
    assert all("<details" in part and "<table" in part for part in pictures)
    for words in (
        "Arrivals and decisions a day",
        "Confirmed flags, by licensee",
        "Between peers of like age",
    ):
        assert words in page


def test_no_person_and_no_text_is_named(busy: list[Case], otto: User, browser_of: BrowserOf):
    page = page_of(browser_of(otto))
    main = page[page.index("<main") : page.index("</main>")]

    assert "Mara" not in main
    assert not any(case.reference in main for case in busy)
    assert not any(text in page for text in TEXTS)


def test_only_the_licensees_that_one_supervises(
    busy: list[Case], lakeside: Licensee, otto: User, ines: User, browser_of: BrowserOf
):
    make_case(lakeside, external_id="theirs")
    assign(person=ines, licensee=lakeside, role=Role.MODERATOR, by=TESTS)

    for person in (otto, ines):
        for query in ("", "?licensee=lakeside"):
            page = page_of(browser_of(person), query)
            assert "Lakeside" not in page
            assert re.search(r"4</span><span class=\"stat__label\">cases opened", page)


def test_one_licensee_and_a_period_can_be_chosen(
    busy: list[Case], lakeside: Licensee, otto: User, browser_of: BrowserOf
):
    assign(person=otto, licensee=lakeside, role=Role.SUPERVISOR, by=TESTS)
    browser = browser_of(otto)

    assert "of your 2 licensees" in page_of(browser)
    page = page_of(browser, "?licensee=northwind&days=7")
    assert "for Northwind" in page and "in the last 7 days" in page
    assert "?licensee=northwind&amp;days=90" in page
    assert "Nothing to count yet" in page_of(browser, "?licensee=lakeside")
    assert "in the last 28 days" in page_of(browser, "?days=3650&licensee=no-such")


def test_empty_states(northwind: Licensee, otto: User, browser_of: BrowserOf):
    assert "Nothing to count yet" in page_of(browser_of(otto))
    alone = User.objects.create_person(
        email="s@example.org", name="Sol", password=None, roles=[Role.SUPERVISOR]
    )
    assert "You supervise no licensee yet." in page_of(browser_of(alone))


def test_queries_do_not_grow(
    busy: list[Case], northwind: Licensee, lakeside: Licensee, otto: User, mara: User, browser_of: BrowserOf
):
    browser, url = browser_of(otto), reverse("review:overview")

    def queries(address: str) -> int:
        browser.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    few = queries(url)
    assign(person=otto, licensee=lakeside, role=Role.SUPERVISOR, by=TESTS)
    dismiss(busy[2], mara)
    for number in range(6):
        make_case(lakeside, external_id=f"more-{number}")
        dismiss(make_case(northwind, external_id=f"done-{number}"), mara)
    assert queries(url) == few
    assert queries(url + "?days=90") == few
    assert few <= 12


def test_the_teams_dose_needs_five_people_and_all_licensees(
    northwind: Licensee, lakeside: Licensee, otto: User, browser_of: BrowserOf
):
    """Filtering to one licensee does not change it: the difference could be one person's dose."""
    assign(person=otto, licensee=lakeside, role=Role.SUPERVISOR, by=TESTS)
    browser, alone = browser_of(otto), "Said only where five people or more have read today"
    for number in range(5):
        person = make_person(f"Person{number}", roles=[Role.MODERATOR], serving=northwind)
        case = make_case(northwind, external_id=f"read-{number}")
        claim(case_id=case.pk, by=person)
        assert alone in page_of(browser)
        reveal(case_id=case.pk, numbers=[1, 2], by=person)

    for query in ("", "?licensee=northwind", "?licensee=lakeside"):
        page = page_of(browser, query)
        assert alone not in page
        assert (
            "Nothing to count yet" in page or '10</span><span class="stat__label">messages revealed' in page
        )


# --- Geometry ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 2), (1, 2), (3, 4), (5, 6), (9, 10), (11, 20), (21, 30), (41, 50), (51, 60), (99, 100), (101, 200)],
)
def test_the_axis_ends_at_a_round_even_number(value: float, top: int):
    assert round_top(value) == top


def test_columns_stand_from_0_up_and_keep_within_the_box():
    chart = columns([0, 5, 10], ["a", "b", "c"], line=[10, 0, 5], within=[0, 1, 10])

    assert chart.ticks == ("10", "5", "0")
    assert [column.height for column in chart.columns] == [0, 20, 40]
    assert [column.inner_height for column in chart.columns] == [0, 4, 40]
    assert all(column.x >= 0 and column.x + column.width <= 100 for column in chart.columns)
    assert chart.line == "M16.67 0 L50 40 L83.33 20"


def test_parts_follow_each_other_and_nothing_is_left_out():
    parts = stacked([1, 0, 3], ["a", "b", "c"], ["", "", ""], top=4)

    assert [(part.kind, part.x) for part in parts] == [("a", 0), ("c", 25)]
    assert parts[-1].x + parts[-1].width == pytest.approx(100, abs=0.5)
