"""No page asks the database more often because there is more to show."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import assign, one_request, read_person
from licensees.models import Licensee
from review.models import Case
from review.queue import claim, claim_next, held_case, release
from review.workflow import annotate, reveal
from tests.factories import TEXTS, make_case
from tests.people import TESTS, make_licensee

BrowserOf = Callable[[User], Client]


def queries(browser: Client, url: str) -> int:
    browser.get(url)  # the session and the content types are warm
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


def case_of(licensee: Licensee, mara: User, *, messages: int) -> Case:
    held = held_case(mara)
    if held:
        release(case_id=held.pk, by=mara)
    texts = [TEXTS[place % len(TEXTS)] for place in range(messages)]
    case = make_case(licensee, external_id=f"of-{messages}", texts=texts)
    claim(case_id=case.pk, by=mara)
    return case


def test_a_masked_case_page_of_8_and_of_80_messages(northwind: Licensee, mara: User, browser_of: BrowserOf):
    counts = [
        queries(
            browser_of(mara), reverse("review:case", args=[case_of(northwind, mara, messages=n).reference])
        )
        for n in (8, 80)
    ]

    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_a_revealed_and_annotated_case_page(northwind: Licensee, mara: User, browser_of: BrowserOf):
    counts = []
    for messages in (8, 80):
        case = case_of(northwind, mara, messages=messages)
        reveal(case_id=case.pk, numbers=range(1, messages + 1), by=mara)
        for number in range(1, messages + 1, 2):
            annotate(case_id=case.pk, by=mara, number=number, characteristic="age_probe", note="seen")
        counts.append(queries(browser_of(mara), reverse("review:case", args=[case.reference])))

    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_a_queue_of_2_and_of_40_cases(northwind: Licensee, mara: User, ines: User, browser_of: BrowserOf):
    counts = []
    for number in (2, 40):
        for place in range(number):
            make_case(northwind, external_id=f"{number}-{place}")
        counts.append(queries(browser_of(mara), reverse("review:queue")))

    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_lanes_of_1_and_of_9_licensees(northwind: Licensee, mara: User, browser_of: BrowserOf):
    url = reverse("review:queue")
    before = queries(browser_of(mara), url)
    for number in range(8):
        make_case(make_licensee(name=f"Company{number}", code=f"C{chr(65 + number)}"), external_id="c")

    assert queries(browser_of(mara), url) == before


def test_a_claim_asks_six_questions_whoever_claims(northwind: Licensee, mara: User):
    """The transaction's two; lock the person and ask how they stand; pick, lock and lease; move; record."""
    for number in range(3):
        make_case(northwind, external_id=f"claimed-{number}")
    counts = []
    for another in (make_licensee(name="Second", code="SE"), make_licensee(name="Third", code="TH")):
        with one_request():
            person = read_person(mara.pk)
            assert person is not None
            with CaptureQueriesContext(connection) as captured:
                case = claim_next(by=person)
        assert case is not None
        counts.append(len(captured))
        release(case_id=case.pk, by=mara)
        assign(person=mara, licensee=another, role=Role.MODERATOR, by=TESTS)
    assert counts == [6, 6]


def test_a_masked_case_page_reads_no_models_bytes(northwind: Licensee, mara: User, browser_of: BrowserOf):
    case = case_of(northwind, mara, messages=8)
    with CaptureQueriesContext(connection) as captured:
        browser_of(mara).get(reverse("review:case", args=[case.reference]))
    assert not any("artifact" in query["sql"] for query in captured.captured_queries)
