"""The queue page: what waits, who is on it, and one button to begin."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import assign
from licensees.models import Licensee
from review.models import Case, Claim
from review.overview import browse
from review.queue import claim, claim_next, release
from review.tests.acts import dismiss, lanes_of
from tests.factories import TEXTS, make_case
from tests.people import TESTS

BrowserOf = Callable[[User], Client]


def page_of(browser: Client, query: str = "") -> str:
    answer = browser.get(reverse("review:queue") + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_lists_the_cases_of_ones_licensees_and_no_others(
    case: Case, lakeside: Licensee, mara: User, browser_of: BrowserOf
):
    foreign = make_case(lakeside, external_id="foreign")

    page = page_of(browser_of(mara))

    assert case.reference in page
    assert foreign.reference not in page
    assert "Lakeside" not in page
    assert not any(text in page for text in TEXTS)


def test_lanes_in_figures(northwind: Licensee, mara: User, ines: User):
    cases = [make_case(northwind, external_id=f"c{number}") for number in range(4)]
    make_case(northwind, external_id="imminent", probability=0.99)
    now = timezone.now()
    Case.objects.filter(pk=cases[0].pk).update(
        due_at=now - timedelta(hours=1), opened_at=now - timedelta(hours=25)
    )
    Case.objects.filter(pk=cases[1].pk).update(due_at=now + timedelta(minutes=10))
    claim(case_id=cases[3].pk, by=ines)

    imminent, standard = lanes_of([northwind])

    assert (imminent.waiting, imminent.due_soon, imminent.overdue, imminent.people) == (1, 0, 0, [])
    assert (standard.waiting, standard.due_soon, standard.overdue, standard.people) == (3, 1, 1, [ines])
    assert standard.oldest_at is not None
    assert now - standard.oldest_at > timedelta(hours=24)


def test_a_licensee_without_cases_has_empty_lanes(northwind: Licensee):
    assert [(lane.waiting, lane.oldest_at) for lane in lanes_of([northwind])] == [(0, None), (0, None)]


def test_start_reviewing_claims_and_opens_the_case(case: Case, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)
    assert "Start reviewing" in page_of(browser)

    answer = browser.post(reverse("review:next"))

    assert answer["Location"] == reverse("review:case", args=[case.reference])
    assert Claim.objects.get().holder == mara
    assert f"Go on with {case.reference}" in page_of(browser)


def test_one_lane_can_be_taken_from(northwind: Licensee, mara: User, browser_of: BrowserOf):
    usual = make_case(northwind, external_id="usual")
    make_case(northwind, external_id="imminent", probability=0.99)

    answer = browser_of(mara).post(reverse("review:next"), {"licensee": northwind.pk, "lane": "standard"})

    assert answer["Location"] == reverse("review:case", args=[usual.reference])


def test_an_unknown_licensee_is_refused(mara: User, browser_of: BrowserOf):
    assert browser_of(mara).post(reverse("review:next"), {"licensee": "123456"}).status_code == 403


def test_when_nothing_waits_it_says_so(northwind: Licensee, mara: User, browser_of: BrowserOf):
    browser = browser_of(mara)

    page = page_of(browser)
    assert "Nothing waits." in page
    assert "No case here" in page

    answer = browser.post(reverse("review:next"))
    assert answer["Location"] == reverse("review:queue")
    assert "Nothing waits that you may take." in page_of(browser)


def test_a_supervisor_sees_the_queue_and_why_it_is_not_theirs_to_take(
    case: Case, otto: User, browser_of: BrowserOf
):
    page = page_of(browser_of(otto))

    assert case.reference in page
    assert "Only moderators take cases." in page
    assert reverse("review:next") not in page


def test_cases_in_review_are_listed_with_who_is_on_them(
    case: Case, mara: User, otto: User, browser_of: BrowserOf
):
    claim_next(by=mara)
    browser = browser_of(otto)

    assert case.reference not in page_of(browser)
    page = page_of(browser, "?state=in_review")
    assert case.reference in page
    assert "Mara" in page


def test_closed_cases_are_listed_apart(case: Case, mara: User, browser_of: BrowserOf):
    dismiss(case, mara)

    assert case.reference in page_of(browser_of(mara), "?state=decided")
    assert case.reference not in page_of(browser_of(mara))


def test_the_list_can_be_narrowed(northwind: Licensee, lakeside: Licensee, mara: User, browser_of: BrowserOf):
    assign(person=mara, licensee=lakeside, role=Role.MODERATOR, by=TESTS)
    here, there = make_case(northwind, external_id="here"), make_case(lakeside, external_id="there")
    urgent = make_case(northwind, external_id="urgent", probability=0.99)

    page = page_of(browser_of(mara), "?licensee=northwind&lane=standard")

    assert here.reference in page
    assert there.reference not in page
    assert urgent.reference not in page


@pytest.mark.parametrize(
    "query", ["?state=nonsense", "?lane=nonsense", "?licensee=lakeside", "?after=0~x~1", "?after=9"]
)
def test_an_altered_address_shows_the_beginning(case: Case, mara: User, browser_of: BrowserOf, query: str):
    assert case.reference in page_of(browser_of(mara), query)


@pytest.mark.parametrize("state", [Case.State.WAITING, Case.State.DECIDED])
def test_pages_follow_each_other_without_gap_or_repetition(
    northwind: Licensee, lakeside: Licensee, mara: User, ines: User, state: Case.State
):
    for licensee in (northwind, lakeside):
        for number in range(6):
            make_case(licensee, external_id=f"c{number}", probability=0.99 if number % 2 else 0.8)
    # The same due time for all: the id alone must break the tie.
    Case.objects.update(due_at=timezone.now())
    if state == Case.State.DECIDED:
        assign(person=mara, licensee=lakeside, role=Role.MODERATOR, by=TESTS)
        for case in Case.objects.all():
            dismiss(case, mara)

    seen, after = [], ""
    while True:
        page = browse([northwind, lakeside], state=state, after=after, size=5)
        seen += page.cases
        after = page.after
        if not after:
            break

    order = ("lane_order", "due_at", "id") if state == Case.State.WAITING else ("-opened_at", "-id")
    assert seen == list(Case.objects.order_by(*order))


def test_the_page_leads_to_the_next_one(
    many_cases: Callable[[int], list[Case]], mara: User, browser_of: BrowserOf
):
    cases = many_cases(51)
    browser = browser_of(mara)

    first = browser.get(reverse("review:queue"))
    rest = browser.get(reverse("review:queue") + first.context["next_url"])

    assert len(first.context["rows"]) == 50
    assert [row["case"] for row in rest.context["rows"]] == [cases[-1]]
    assert not rest.context["next_url"]


def test_releasing_leads_back_to_the_queue(case: Case, mara: User, browser_of: BrowserOf):
    claim(case_id=case.pk, by=mara)
    browser = browser_of(mara)

    answer = browser.post(reverse("review:release", args=[case.reference]))

    assert answer["Location"] == reverse("review:queue")
    assert f"You released {case.reference}." in page_of(browser)
    claim(case_id=case.pk, by=mara)
    release(case_id=case.pk, by=mara)
