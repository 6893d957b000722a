"""What users report comes to a person whatever the score, once, and its words are read on record."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.access import NotAllowed
from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.intake import open_cases
from review.intake_reports import open_reported
from review.models import Case, UnseenReport
from review.queue import claim
from review.reported import reveal_reports
from review.tests.acts import dismiss
from review.tests.racing import race
from review.workflow import decide
from scoring.incoming import IncomingConversation
from scoring.incoming_report import IncomingReport
from scoring.models import Conversation, UserReport
from scoring.reports import receive_report
from tests.factories import make_case, make_conversation, make_score
from tests.people import TESTS

pytestmark = pytest.mark.django_db
WORDS = "They ask where I live"


def report(licensee: Licensee, external_id: str = "c1", *, comment: str = WORDS) -> UserReport:
    said = IncomingReport(IncomingConversation(external_id, messages=()), reason="other", comment=comment)
    receive_report(licensee=licensee, report=said, by=TESTS)
    return UserReport.objects.latest("pk")


@pytest.fixture
def reported(northwind: Licensee) -> Case:
    """Of a conversation that nothing has rated."""
    make_conversation(northwind)
    report(northwind)
    open_reported()
    return Case.objects.get()


def test_it_opens_a_case_though_nothing_was_rated(reported: Case):
    assert (reported.band, reported.lane, reported.reports) == ("", "standard", 1)
    assert (reported.opened_by_score, reported.opened_at_revision) == (None, 1)
    assert AuditEvent.objects.get(verb=Verb.CASE_OPENED).payload["report"] == reported.opened_by_report_id
    assert open_reported() == 0


def test_it_is_due_in_half_the_time_of_a_flag(northwind: Licensee):
    flagged = make_case(northwind, external_id="flagged")
    make_conversation(northwind)
    report(northwind)
    open_reported()
    ours = Case.objects.get(conversation__external_id="c1")
    allowed = flagged.due_at - flagged.opened_at
    assert abs((ours.due_at - ours.opened_at) - allowed / 2) < timedelta(seconds=5)


@pytest.mark.parametrize(("probability", "lane"), [(0.1, "standard"), (0.99, "imminent")])
def test_what_was_rated_decides_the_lane_and_not_whether(northwind: Licensee, probability: float, lane: str):
    make_score(make_conversation(northwind), probability=probability)
    report(northwind)
    open_reported()
    case = Case.objects.get()
    assert (case.lane, bool(case.band)) == (lane, True)
    assert open_cases() == 0  # a flag of the same conversation opens no second one


def test_further_reports_are_added_to_the_open_case(reported: Case, northwind: Licensee):
    report(northwind, comment="Again")
    report(northwind, comment="And again")
    assert open_reported() == 0
    reported.refresh_from_db()
    assert reported.reports == 3
    assert len(AuditEvent.objects.get(verb=Verb.CASE_REPORTED).payload["reports"]) == 2


def test_a_flagged_case_that_is_reported_is_due_sooner(case: Case, northwind: Licensee):
    before = case.due_at
    report(northwind)
    open_reported()
    case.refresh_from_db()
    assert case.reports == 1
    assert case.due_at < before


def test_the_first_report_after_a_judgement_opens_a_case_and_the_next_does_not(
    case: Case, northwind: Licensee, mara: User
):
    dismiss(case, mara)
    report(northwind)
    assert open_reported() == 1
    second = Case.objects.get(closed_at=None)
    dismiss(second, mara)
    report(northwind, comment="Again")
    assert open_reported() == 0
    second.refresh_from_db()
    assert (second.reports, second.is_closed) == (2, True)
    assert not UnseenReport.objects.exists()


def test_once_somebody_has_written_since_it_comes_back(reported: Case, northwind: Licensee, mara: User):
    dismiss(reported, mara)
    Conversation.objects.update(revision=2)
    report(northwind)
    assert open_reported() == 1


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_open_one_case(northwind: Licensee):
    make_conversation(northwind)
    report(northwind)
    race(partial(open_reported), partial(open_reported))
    assert Case.objects.count() == 1


def test_the_database_wants_one_reason(reported: Case):
    with pytest.raises(IntegrityError, match="case_opened_by_score_or_report"), transaction.atomic():
        Case.objects.update(opened_by_report=None)


def test_its_words_are_read_on_record_by_who_holds_the_case(reported: Case, mara: User, kai: User):
    with pytest.raises(NotPossible):
        reveal_reports(case_id=reported.pk, by=mara)
    with pytest.raises(NotAllowed):
        reveal_reports(case_id=reported.pk, by=kai)
    assert not AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).exists()
    claim(case_id=reported.pk, by=mara)
    assert list(reveal_reports(case_id=reported.pk, by=mara).values()) == [WORDS]
    seen = AuditEvent.objects.get(verb=Verb.EVIDENCE_VIEWED)
    assert seen.payload == {"reports": [reported.opened_by_report_id]}
    assert seen.case_reference == reported.reference


def test_the_pages_say_so_and_mask_the_words(
    reported: Case, mara: User, browser_of: Callable[[User], Client]
):
    browser = browser_of(mara)
    assert "reported by a user" in browser.get("/queue/").content.decode()
    claim(case_id=reported.pk, by=mara)
    address = f"/cases/{reported.reference}/"
    page = browser.get(address).content.decode()
    assert "Reported by a user: 1 report" in page
    assert "not rated" in page
    assert WORDS not in page
    shown = browser.post(f"{address}reports").content.decode()
    assert WORDS in shown
    assert "Decide" in shown
    fragment = browser.post(f"{address}reports", headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith('<div id="reported"') or "<html" not in fragment
    assert WORDS in fragment
    assert WORDS not in browser.get(address).content.decode()


def test_it_can_be_decided(reported: Case, mara: User):
    claim(case_id=reported.pk, by=mara)
    decide(case_id=reported.pk, by=mara, seen_revision=1, disposition="no_action", reason="peers")
    reported.refresh_from_db()
    assert reported.is_closed
