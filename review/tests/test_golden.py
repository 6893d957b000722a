"""Golden cases: practice that looks like any other case, and of which nothing ever comes."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.figures import figures_of
from licensees.models import Licensee, Policy
from licensees.onboarding import set_policy
from referrals.models import Escalation, Recipient
from review.care import exposure
from review.finding import find_cases
from review.golden import answer_golden, mark_golden, offered_to, retire_golden
from review.golden_results import results_by_licensee
from review.holds import hold, resume
from review.intake import open_cases
from review.label_records import Pseudonyms, record_of
from review.models import Annotation, Case, Decision, GoldenAnswer, GoldenCase, SecondReview
from review.opting_out import not_offered
from review.overview import browse
from review.permissions import get_case_for
from review.queue import claim, claim_next, expire_claims, hand_over, held_case, release
from review.second_review import claim_second_review, give_second_review
from review.statistics import statistics_of
from review.tests.acts import dismiss, in_days, let_lapse, rescored, revision_of
from review.tests.racing import race
from review.workflow import annotate, decide, reveal
from tests.factories import later, make_case
from tests.people import make_person

BrowserOf = Callable[[User], Client]
WHY = "Both accounts say their school year, and it is the same."
FIGURES = ("flag_threshold", "imminent_threshold", "standard_due_hours", "imminent_due_hours")


def mixed_in(licensee: Licensee, by: User, *, percent: int = 20, **more: Any) -> None:
    figures = {name: getattr(Policy.objects.in_force(licensee.pk), name) for name in FIGURES}
    set_policy(licensee=licensee, by=by, reason="Practice", golden_percent=percent, **figures, **more)


@pytest.fixture(autouse=True)
def always_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review.golden.secrets.randbelow", lambda most: 0)


@pytest.fixture
def agreed(northwind: Licensee, adam: User, mara: User, ines: User) -> Case:
    """Mara decided it, and Ines said the same without knowing."""
    mixed_in(northwind, adam, second_review_percent=100)
    case = make_case(northwind)
    dismiss(case, mara)
    review = claim_second_review(by=ines)
    assert review is not None
    give_second_review(review_id=review.pk, by=ines, disposition="no_action", reason="peers")
    mixed_in(northwind, adam, second_review_percent=0)
    case.refresh_from_db()
    return case


@pytest.fixture
def golden(agreed: Case, otto: User) -> GoldenCase:
    return mark_golden(case_id=agreed.pk, by=otto, why=WHY)


@pytest.fixture
def nils(northwind: Licensee) -> User:
    """Moderates for Northwind, and knows nothing of the case."""
    return make_person("Nils", roles=[Role.MODERATOR], serving=northwind)


@pytest.fixture
def practice(golden: GoldenCase, nils: User, northwind: Licensee) -> Case:
    """What Nils is given in the place of a case that waits."""
    make_case(northwind, external_id="waits")
    return taken(nils)


def taken(by: User) -> Case:
    case = claim_next(by=by)
    assert case is not None
    return case


def url(name: str, case: Case) -> str:
    return reverse(name, args=[case.reference])


def answer(case: Case, by: User, disposition: str = "no_action") -> GoldenAnswer:
    reason = "peers" if disposition == "no_action" else ""
    action = "warn" if disposition == "platform_action" else ""
    until = in_days(7) if disposition == "monitor" else None
    said: dict[str, Any] = {"disposition": disposition, "reason": reason, "platform_action": action}
    said["subjects"] = [0] if action else []
    said["monitor_until"] = until
    return answer_golden(case_id=case.pk, by=by, seen_revision=revision_of(case), **said)


def offered(by: User, licensee: Licensee) -> bool:
    return offered_to(by, licensee.pk, not_offered(by, exposure(by))).exists()


# --- Marking ---------------------------------------------------------------------------------------


def test_a_supervisor_marks_a_case_that_two_people_judged_alike(
    agreed: Case, otto: User, browser_of: BrowserOf
):
    browser = browser_of(otto)
    assert url("review:mark_golden", agreed) in browser.get(url("review:case", agreed)).content.decode()
    assert browser.post(url("review:mark_golden", agreed), {"why": " "}).status_code == 422
    assert browser.post(url("review:mark_golden", agreed), {"why": WHY}).status_code == 302
    golden = GoldenCase.objects.get()
    assert (golden.case, golden.disposition, golden.marked_by, golden.state) == (
        agreed,
        "no_action",
        otto,
        "active",
    )
    assert WHY.encode() not in bytes(golden.why_sealed)
    event = AuditEvent.objects.get(verb=Verb.GOLDEN_MARKED)
    assert (event.actor, event.case_reference) == (otto.actor_name, agreed.reference)


def test_one_persons_word_is_not_enough(case: Case, mara: User, otto: User):
    dismiss(case, mara)
    with pytest.raises(NotPossible, match="two people judged alike"):
        mark_golden(case_id=case.pk, by=otto, why=WHY)
    assert not GoldenCase.objects.exists()


def test_an_open_case_and_a_disagreement_are_not_golden(
    northwind: Licensee, adam: User, mara: User, ines: User, otto: User
):
    waiting = make_case(northwind, external_id="waiting")
    mixed_in(northwind, adam, second_review_percent=100)
    differs = make_case(northwind, external_id="differs")
    dismiss(differs, mara)
    review = claim_second_review(by=ines)
    assert review is not None
    give_second_review(review_id=review.pk, by=ines, disposition="monitor")
    for case in (waiting, differs):
        with pytest.raises(NotPossible, match="two people judged alike"):
            mark_golden(case_id=case.pk, by=otto, why=WHY)


def test_nobody_else_marks_or_retires(golden: GoldenCase, agreed: Case, mara: User, kai: User, adam: User):
    for other in (mara, kai, adam):
        with pytest.raises(NotAllowed, match="Only supervisors of Northwind"):
            mark_golden(case_id=agreed.pk, by=other, why=WHY)
        with pytest.raises(NotAllowed, match="Only supervisors of Northwind"):
            retire_golden(golden_id=golden.pk, by=other)
    golden.refresh_from_db()
    assert golden.state == "active"


def test_a_retired_one_is_given_to_nobody(
    golden: GoldenCase, otto: User, nils: User, northwind: Licensee, browser_of: BrowserOf
):
    assert offered(nils, northwind)
    browser_of(otto).post(reverse("review:retire_golden", args=[golden.pk]))
    assert not offered(nils, northwind)
    with pytest.raises(NotPossible):
        retire_golden(golden_id=golden.pk, by=otto)
    assert AuditEvent.objects.filter(verb=Verb.GOLDEN_RETIRED).count() == 1


# --- Who is given one, and when ------------------------------------------------------------------------


def test_it_takes_the_place_of_a_case_that_can_wait(practice: Case, golden: GoldenCase, nils: User):
    waits = Case.objects.get(state="waiting")
    assert (practice.practice_of, practice.practice_for, practice.state) == (golden, nils, "in_review")
    assert practice.reference != golden.case.reference
    assert (practice.opened_at, practice.due_at) == (waits.opened_at, waits.due_at)
    assert held_case(nils) == practice


def test_the_trail_says_plainly_that_it_is_golden(practice: Case, golden: GoldenCase, nils: User):
    event = AuditEvent.objects.get(verb=Verb.GOLDEN_GIVEN)
    assert (event.actor, event.case_reference) == ("machine:golden", practice.reference)
    assert event.payload == {"golden": golden.pk, "copy_of": golden.case.reference, "person": nils.pk}
    assert event.case_sequence == 1


def test_it_never_keeps_a_person_in_danger_or_a_late_case_waiting(
    golden: GoldenCase, nils: User, northwind: Licensee
):
    urgent = make_case(northwind, external_id="urgent", probability=0.99)
    assert taken(nils) == urgent
    release(case_id=urgent.pk, by=nils)
    nearly = make_case(northwind, external_id="nearly")
    Case.objects.filter(pk=nearly.pk).update(due_at=later(minutes=20))
    assert taken(nils) == nearly


def test_it_is_given_only_where_a_case_waits(golden: GoldenCase, nils: User):
    """Else whoever is given one from an empty queue would know."""
    assert claim_next(by=nils) is None


def test_the_share_is_the_licensees(
    golden: GoldenCase, nils: User, northwind: Licensee, adam: User, monkeypatch: pytest.MonkeyPatch
):
    waits = make_case(northwind, external_id="waits")
    monkeypatch.setattr("review.golden.secrets.randbelow", lambda most: 20)
    assert taken(nils) == waits
    release(case_id=waits.pk, by=nils)
    mixed_in(northwind, adam, percent=0)
    monkeypatch.setattr("review.golden.secrets.randbelow", lambda most: 0)
    other = make_case(northwind, external_id="other")
    assert taken(nils) == other


def test_it_is_not_given_to_who_has_had_to_do_with_it(
    golden: GoldenCase, northwind: Licensee, mara: User, ines: User, kai: User, nils: User
):
    assert offered(nils, northwind)
    # Mara decided it, Ines judged it second.
    assert not offered(mara, northwind)
    assert not offered(ines, northwind)
    for person in (mara, ines):
        waits = make_case(northwind, external_id=f"for {person.name}")
        assert taken(person) == waits


def test_a_supervisor_who_read_or_marked_it_and_moderates_is_not_given_it(agreed: Case, northwind: Licensee):
    olga = make_person("Olga", roles=[Role.MODERATOR, Role.SUPERVISOR], serving=northwind)
    paul = make_person("Paul", roles=[Role.MODERATOR, Role.SUPERVISOR], serving=northwind)
    mark_golden(case_id=agreed.pk, by=olga, why=WHY)
    assert not offered(olga, northwind)
    assert offered(paul, northwind)
    reveal(case_id=agreed.pk, numbers=[1], by=paul)
    assert not offered(paul, northwind)


def test_each_is_given_once(practice: Case, golden: GoldenCase, nils: User, northwind: Licensee):
    waits = Case.objects.get(state="waiting")
    release(case_id=practice.pk, by=nils)
    assert taken(nils) == waits
    with pytest.raises(IntegrityError, match="case_practised_once_by_each"), transaction.atomic():
        Case.every.create(
            reference="NW-900-0",
            licensee=northwind,
            conversation=golden.case.conversation,
            opened_by_score=golden.case.opened_by_score,
            practice_of=golden,
            practice_for=nils,
            band="high",
            lane="standard",
            lane_order=1,
            due_at=timezone.now(),
        )


def test_a_conversation_that_changed_or_came_back_is_not_given(
    golden: GoldenCase, nils: User, northwind: Licensee
):
    rescored(golden.case.conversation, probability=0.99)
    assert not offered(nils, northwind)


@pytest.mark.django_db(transaction=True)
def test_the_same_key_twice_is_one_case(golden: GoldenCase, nils: User, northwind: Licensee):
    make_case(northwind, external_id="waits")
    answers = race(partial(claim_next, by=nils), partial(claim_next, by=nils))
    assert answers[0] == answers[1] == held_case(nils)
    assert Case.every.filter(practice_for=nils).count() <= 1


# --- It looks like any other -----------------------------------------------------------------------


def plain(html: str, case: Case) -> str:
    html = html.replace(case.reference, "REFERENCE")
    html = re.sub(r'"[A-Za-z0-9]{64}"', "TOKEN", html)
    html = re.sub(r"\d\d:\d\d:\d\d UTC", "TIME", html)
    html = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z-]+", "TIME", html)
    return re.sub(r"\d{1,2} \w+ \d{4}, \d\d:\d\d(:\d\d)?( UTC)?", "TIME", html)


@pytest.mark.parametrize("hides_score", [False, True])
def test_its_page_is_that_of_any_other_case(
    golden: GoldenCase, nils: User, northwind: Licensee, adam: User, browser_of: BrowserOf, hides_score: bool
):
    mixed_in(northwind, adam, hides_score=hides_score)
    real = make_case(northwind, external_id="c2")
    browser = browser_of(nils)
    practice = taken(nils)
    pages = []
    for case in (practice, real):
        claim(case_id=case.pk, by=nils)
        reveal(case_id=case.pk, numbers=[1, 5], by=nils)
        page = browser.get(url("review:case", case)).content.decode()
        assert "golden" not in page.lower() and "practi" not in page.lower()
        pages.append(plain(page, case))
        release(case_id=case.pk, by=nils)
    assert pages[0] == pages[1]


def test_it_stands_in_the_queue_while_it_lasts(practice: Case, nils: User, mara: User, browser_of: BrowserOf):
    for person in (nils, mara):
        page = browser_of(person).get(reverse("review:queue") + "?state=in_review").content.decode()
        assert practice.reference in page and "golden" not in page.lower()
    assert "Nils claimed this case" in browser_of(mara).get(url("review:case", practice)).content.decode()
    assert practice in find_cases(text=practice.reference, by=nils)
    assert browser_of(nils).get(url("review:arrivals", practice) + "?seen_revision=9").status_code == 204


def test_what_is_practised_is_closed_to_who_practises_it(
    practice: Case, agreed: Case, nils: User, mara: User
):
    with pytest.raises(NotAllowed, match="There is no case with this reference"):
        get_case_for(nils, agreed.reference)
    assert find_cases(text=agreed.conversation.external_id, by=nils) == [practice]
    assert get_case_for(mara, agreed.reference) == agreed
    answer(practice, nils)
    assert get_case_for(nils, agreed.reference) == agreed


def test_another_licensee_sees_nothing_of_it(practice: Case, kai: User):
    with pytest.raises(NotAllowed):
        get_case_for(kai, practice.reference)


def test_nobody_else_comes_to_hold_it(practice: Case, nils: User, mara: User, ines: User):
    with pytest.raises(NotPossible, match="Ines takes no further case at the moment"):
        hand_over(case_id=practice.pk, by=nils, to_id=ines.pk)
    release(case_id=practice.pk, by=nils)
    with pytest.raises(NotPossible, match="cannot be claimed now"):
        claim(case_id=practice.pk, by=mara)
    assert practice not in browse([practice.licensee], state=Case.State.WAITING).cases
    assert claim_next(by=mara) != practice


def test_it_lapses_and_is_held_like_any_other(practice: Case, nils: User, otto: User):
    hold(case_id=practice.pk, by=nils, until=later(hours=1), reason="For the platform")
    assert practice in browse([practice.licensee], state=Case.State.HELD).cases
    resume(case_id=practice.pk, by=otto)
    claim(case_id=practice.pk, by=nils)
    let_lapse(practice)
    assert expire_claims() == 1
    practice.refresh_from_db()
    assert practice.state == "waiting"


# --- Nothing comes of it ---------------------------------------------------------------------------


def test_the_answer_is_no_decision(practice: Case, nils: User, northwind: Licensee, browser_of: BrowserOf):
    before = Decision.objects.count()
    seen = {"seen_revision": str(revision_of(practice)), "then": "next"}
    page = browser_of(nils).post(
        url("review:decide", practice),
        {"disposition": "platform_action", "platform_action": "block", "subjects": ["0"], **seen},
    )
    given = GoldenAnswer.objects.get()
    assert (page.status_code, page["Location"]) == (302, reverse("review:golden_answer", args=[given.pk]))
    assert (given.answered_by, given.disposition, given.agreed) == (nils, "platform_action", False)
    practice.refresh_from_db()
    assert (practice.state, held_case(nils)) == ("decided", None)
    assert (Decision.objects.count(), SecondReview.objects.count()) == (before, 1)
    event = AuditEvent.objects.get(verb=Verb.GOLDEN_ANSWERED)
    assert "platform_action" not in str(event.payload)


def test_the_database_lets_no_decision_be_made_on_it(practice: Case, nils: User):
    said = {"disposition": "no_action", "reason": "peers"}
    with pytest.raises(NotPossible, match="for practice: nothing is decided"):
        decide(case_id=practice.pk, by=nils, seen_revision=revision_of(practice), **said)
    with (
        pytest.raises(DatabaseError, match="is for practice: no decision is made on it"),
        transaction.atomic(),
    ):
        Decision.objects.create(case=practice, decided_by=nils, conversation_revision=1, band="high", **said)


def test_escalating_stops_before_anybody_is_asked(practice: Case, nils: User, browser_of: BrowserOf):
    browser = browser_of(nils)
    reveal(case_id=practice.pk, numbers=[3, 5], by=nils)
    desk = Recipient.objects.create(
        name="A test desk",
        exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
        jurisdiction="US",
        contact="desk@recipient.example",
    )
    subject, minor = practice.conversation.participants.order_by("position")
    asked = {
        "exit": Recipient.Exit.SUSPECTED_EXPLOITATION,
        "recipient": desk.pk,
        "subject": subject.pk,
        "possible_minor": minor.pk,
        "evidence": ["3", "5"],
        "context": "0",
        "priority": "",
        "incident_at": "2026-03-03T20:04",
        "incident_definition": "when the first evidence message was sent",
        "grounds": "The subject account asks for the age, and asks to keep the chat between the two of them.",
        "seen_revision": revision_of(practice),
    }
    shown = browser.post(url("referrals:escalate", practice), asked | {"step": "preview"})
    assert (shown.status_code, GoldenAnswer.objects.count()) == (200, 0), shown.context["form"].errors
    page = browser.post(url("referrals:escalate", practice), asked | {"step": "submit"})
    given = GoldenAnswer.objects.get()
    assert (page.status_code, page["Location"]) == (302, reverse("review:golden_answer", args=[given.pk]))
    assert (given.disposition, Escalation.objects.count()) == ("escalate", 0)
    assert not AuditEvent.objects.filter(verb=Verb.ESCALATION_REQUESTED).exists()


def test_it_counts_in_no_figure_of_the_work(practice: Case, nils: User, northwind: Licensee):
    def figures() -> tuple[Any, ...]:
        told = statistics_of([northwind], days=7)
        (at_a_glance,) = figures_of([northwind])
        return (
            told.arrived.total(),
            told.decided.total(),
            sum(lane.count for lane in told.waiting),
            told.outcomes,
            told.agreement.units,
            at_a_glance.open_cases,
        )

    while_it_lasts = figures()
    assert while_it_lasts[0] == 2 and while_it_lasts[-1] == 1
    answer(practice, nils)
    assert figures() == while_it_lasts


def test_it_never_keeps_its_conversation_from_being_opened(practice: Case, nils: User, agreed: Case):
    rescored(agreed.conversation, probability=0.99)
    assert open_cases() == 1
    opened = Case.objects.get(conversation=agreed.conversation, closed_at=None)
    assert (opened.lane, opened.state) == ("imminent", "waiting")
    # The answer is about a conversation that has changed: it is compared with nothing.
    assert answer(practice, nils).agreed is None


def test_what_is_marked_in_practice_is_no_label(practice: Case, nils: User, agreed: Case):
    reveal(case_id=practice.pk, numbers=[3], by=nils)
    annotate(case_id=practice.pk, by=nils, number=3, characteristic="age_probe")
    decision = agreed.decisions.get()
    Annotation.objects.filter(case=practice).get()
    # As if it had been marked before the decision: even then it is nobody's finding.
    decision.decided_at = timezone.now() + timedelta(minutes=1)
    assert "spans" not in record_of(decision, Pseudonyms(agreed.licensee_id), {})


def test_reading_it_counts_for_the_day(practice: Case, nils: User):
    reveal(case_id=practice.pk, numbers=[1, 2, 3], by=nils)
    assert exposure(nils).revealed == 3


# --- What the person learns ------------------------------------------------------------------------


def test_who_answered_reads_why_and_nobody_else(
    practice: Case, nils: User, mara: User, otto: User, browser_of: BrowserOf
):
    given = answer(practice, nils, "monitor")
    address = reverse("review:golden_answer", args=[given.pk])
    page = browser_of(nils).get(address).content.decode()
    assert WHY in page and "You answered otherwise" in page
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("at")
    assert (event.actor, event.case_reference) == (nils.actor_name, practice.reference)
    assert [browser_of(other).get(address).status_code for other in (mara, otto)] == [403, 403]


def test_figures_are_of_five_people_or_more(
    golden: GoldenCase, northwind: Licensee, otto: User, browser_of: BrowserOf
):
    for number in range(5):
        assert results_by_licensee([northwind]) == {}
        assert (
            "Shown when five people or more"
            in browser_of(otto).get(reverse("review:golden_cases")).content.decode()
        )
        person = make_person(f"P{number}", roles=[Role.MODERATOR], serving=northwind)
        make_case(northwind, external_id=f"waits {number}")
        answer(taken(person), person, "no_action" if number else "monitor")
    result = results_by_licensee([northwind])[northwind.pk]
    assert (result.agreed, result.answers, result.people) == (4, 5, 5)
    page = browser_of(otto).get(reverse("review:golden_cases")).content.decode()
    assert "80%" in page and "P3" not in page


def test_an_answer_can_be_given_once(practice: Case, nils: User, mara: User, kai: User):
    for other in (mara, kai):
        with pytest.raises((NotPossible, NotAllowed)):
            answer(practice, other)
    answer(practice, nils)
    with pytest.raises((NotPossible, NotAllowed)):
        answer(practice, nils)
    assert GoldenAnswer.objects.count() == 1
