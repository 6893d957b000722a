"""In test a platform sends and is scored, and nothing comes of it; live and test never mix."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees import onboarding
from licensees.assignments import assign
from licensees.models import ApiKey, Licensee
from licensees.onboarding import create_licensee, issue_key
from licensees.samples import bring_to_test
from review.in_test import answer_in_test
from review.intake import open_cases
from review.models import Case, Decision
from review.queue import claim, claim_next
from review.workflow import decide
from scoring.models import Conversation
from scoring.tests.sending import conversation
from tests.factories import make_score
from tests.people import TESTS, make_person

pytestmark = pytest.mark.django_db
WHY = "Looked at with the register beside it."
WRITES = [scope.value for scope in ApiKey.Scope]
ANSWER = {"disposition": "no_action", "reason": "peers"}


@pytest.fixture
def harbour() -> Licensee:
    made = create_licensee(
        name="Harbour", slug="harbour", code="HB", jurisdiction="GB", contact_email="h@h.example", by=TESTS
    )
    return bring_to_test(made, by=TESTS, why=WHY)


@pytest.fixture
def moda(harbour: Licensee) -> User:
    return make_person("Moda", roles=[Role.MODERATOR], serving=harbour)


def platform_of(licensee: Licensee, mode: str) -> Client:
    _, secret = issue_key(licensee=licensee, label=mode, scopes=WRITES, by=TESTS, mode=mode)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def send(platform: Client) -> Any:
    body = json.dumps({"conversations": [conversation()]})
    return platform.post("/api/v1/conversations", body, content_type="application/json")


def flagged(licensee: Licensee) -> Case:
    sent = Conversation.objects.get(licensee=licensee)
    make_score(sent)
    open_cases()
    return Case.every.filter(conversation=sent).latest("pk")


def revision_of(case: Case) -> int:
    return Conversation.objects.get(pk=case.conversation_id).revision


def live(licensee: Licensee) -> Licensee:
    return onboarding.go_live(licensee_id=licensee.pk, by=TESTS, reason=WHY)


def test_what_it_sends_becomes_practice_that_the_queue_never_offers(harbour: Licensee, moda: User) -> None:
    assert send(platform_of(harbour, "test")).status_code == 202
    case = flagged(harbour)
    assert (case.in_test, Case.objects.count()) == (True, 0)
    assert claim_next(by=moda) is None


def test_it_is_answered_and_nothing_comes_of_it(harbour: Licensee, moda: User) -> None:
    send(platform_of(harbour, "test"))
    case = flagged(harbour)
    claim(case_id=case.pk, by=moda)
    with pytest.raises(NotPossible, match="for practice"):
        decide(case_id=case.pk, by=moda, seen_revision=revision_of(case), **ANSWER)
    answer_in_test(case_id=case.pk, by=moda, seen_revision=revision_of(case), **ANSWER)
    case.refresh_from_db()
    assert (case.state, Decision.objects.count()) == ("decided", 0)
    assert AuditEvent.objects.get(verb=Verb.CASE_PRACTISED).payload["disposition"] == "no_action"


@pytest.mark.parametrize("disposition", ["no_action", "monitor", "platform_action", "escalate"])
def test_the_database_itself_refuses_a_decision(harbour: Licensee, moda: User, disposition: str) -> None:
    send(platform_of(harbour, "test"))
    case = flagged(harbour)
    with pytest.raises(DatabaseError, match="is for practice"), transaction.atomic():
        Decision.objects.create(
            case=case, decided_by=moda, disposition=disposition, conversation_revision=1, band="high"
        )


def test_by_pages_it_is_found_claimed_and_answered(harbour: Licensee, moda: User, browser_of) -> None:
    send(platform_of(harbour, "test"))
    case = flagged(harbour)
    browser = browser_of(moda)
    assert case.reference in browser.get("/practice/").content.decode()
    browser.post(f"/cases/{case.reference}/claim")
    assert "Practice" in browser.get(f"/cases/{case.reference}/").content.decode()
    answer = browser.post(
        f"/cases/{case.reference}/decide", {**ANSWER, "seen_revision": 1, "seen_messages": 2}
    )
    assert answer["Location"] == "/practice/"
    assert browser.get(f"/cases/{case.reference}/").status_code == 200
    assert list(browser.get("/practice/").context["cases"]) == []


def test_others_licensees_practice_is_not_listed(harbour: Licensee, mara: User, browser_of) -> None:
    send(platform_of(harbour, "test"))
    case = flagged(harbour)
    page = browser_of(mara)
    assert case.reference not in page.get("/practice/").content.decode()
    assert page.get(f"/cases/{case.reference}/").status_code == 403


@pytest.mark.parametrize(
    ("mode", "is_live", "words"),
    [("live", False, "it works once the licensee goes live"), ("test", True, "its test is over")],
)
def test_a_key_works_in_its_own_mode_alone(harbour: Licensee, mode: str, is_live: bool, words: str) -> None:
    platform = platform_of(harbour, mode)
    if is_live:
        live(harbour)
    answer = send(platform)
    assert (answer.status_code, words in answer.json()["detail"]) == (403, True)
    me = platform.get("/api/v1/me").json()
    assert (me["mode"], words in me["refused"]) == (mode, True)
    assert not Conversation.objects.exists()


def test_sent_again_live_it_is_scored_anew_and_is_real_work(harbour: Licensee, moda: User) -> None:
    """Though no message of it is new: a danger must not stay practice because it was tried out before."""
    send(platform_of(harbour, "test"))
    practice = flagged(harbour)
    live(harbour)
    assert send(platform_of(harbour, "live")).status_code == 202
    sent = Conversation.objects.get()
    assert (sent.in_test, sent.revision > sent.scored_revision) == (False, True)
    case = flagged(harbour)
    assert (case.in_test, case.pk != practice.pk, Case.every.get(pk=practice.pk).state) == (
        False,
        True,
        "waiting",
    )
    taken = claim_next(by=moda)
    assert taken is not None
    assert taken.pk == case.pk


def test_before_the_test_no_key_opens_anything(adam: User) -> None:
    made = create_licensee(
        name="Early", slug="early", code="EA", jurisdiction="GB", contact_email="e@e.example", by=TESTS
    )
    for mode in ("test", "live"):
        answer = send(platform_of(made, mode))
        assert (answer.status_code, answer.json()["type"]) == (
            403,
            "urn:artemis:problem:licensee-not-accepting",
        )


def test_a_suspension_stops_the_next_call_and_lets_people_finish(
    harbour: Licensee, moda: User, adam: User
) -> None:
    live(harbour)
    platform = platform_of(harbour, "live")
    send(platform)
    case = flagged(harbour)
    claim(case_id=case.pk, by=moda)
    onboarding.suspend(licensee_id=harbour.pk, by=adam, reason=WHY)
    answer = send(platform)
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert platform.get("/api/v1/me").json()["refused"] == answer.json()["detail"]
    decide(case_id=case.pk, by=moda, seen_revision=revision_of(case), **ANSWER)
    assert Decision.objects.count() == 1


def test_somebody_assigned_for_the_test_alone_sees_nothing_of_others(harbour: Licensee, kai: User) -> None:
    assign(person=kai, licensee=harbour, role=Role.MODERATOR, by=TESTS)
    send(platform_of(harbour, "test"))
    assert claim(case_id=flagged(harbour).pk, by=kai).in_test
