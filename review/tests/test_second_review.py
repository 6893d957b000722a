"""Blind second review: another person judges anew, and knows nothing of what was said before."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.care import RestFirst
from review.models import Case, Pause, Reveal, SecondReview, Watch
from review.queue import claim, release
from review.second_review import (
    adjudicate,
    claim_second_review,
    give_second_review,
    is_sampled,
    release_second_review,
    reveal_blind,
    withdraw_second_review,
)
from review.tests.acts import dismiss, escalated, monitored, revision_of
from review.tests.racing import race
from review.workflow import annotate, decide, reveal
from scoring.characteristics import CHARACTERISTICS
from tests.factories import TEXTS, later, make_case
from tests.people import make_person

BrowserOf = Callable[[User], Client]
NOTE = "The coach of the team, as the profile says."


@pytest.fixture(autouse=True)
def all_sampled(settings: Any) -> None:
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 100


@pytest.fixture
def decided(case: Case, mara: User, ines: User) -> Case:
    """Mara read, annotated and decided it; Ines moderates as well."""
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[5], by=mara)
    annotate(case_id=case.pk, by=mara, number=5, characteristic="secrecy_request", note=NOTE)
    dismiss_with_note(case, mara)
    case.refresh_from_db()
    return case


def dismiss_with_note(case: Case, by: User) -> None:
    said = {"disposition": "no_action", "reason": "trusted_role", "note": NOTE}
    decide(case_id=case.pk, by=by, seen_revision=revision_of(case), **said)


def taken(by: User) -> SecondReview:
    review = claim_second_review(by=by)
    assert review is not None
    return review


def differing(by: User) -> SecondReview:
    return give_second_review(review_id=taken(by).pk, by=by, disposition="monitor")


def state_of(review: SecondReview) -> str:
    return str(SecondReview.objects.values_list("state", flat=True).get(pk=review.pk))


# --- Which decisions -----------------------------------------------------------------------------


def test_about_the_stated_share_is_drawn_and_always_the_same(decided: Case, settings: Any):
    decision = decided.decisions.get()
    drawn = []
    for number in range(4_000):
        decision.pk = number
        drawn.append(is_sampled(decision, percent=5))
    assert 140 < sum(drawn) < 260
    decision.pk = 17
    assert {is_sampled(decision, percent=5) for _ in range(5)} == {drawn[17]}
    # Another key draws others: without it nobody can tell.
    settings.SECRET_KEY = "another key of the tests, which is long enough"
    redrawn = []
    for number in range(4_000):
        decision.pk = number
        redrawn.append(is_sampled(decision, percent=5))
    assert redrawn != drawn


def test_a_decision_opens_one_and_records_it(decided: Case, mara: User):
    review = SecondReview.objects.get()
    assert (review.case, review.first_decided_by, review.state) == (decided, mara, "waiting")
    event = AuditEvent.objects.get(verb=Verb.SECOND_REVIEW_OPENED)
    assert event.case_reference == decided.reference


def test_an_escalation_opens_none(case: Case, mara: User, ines: User):
    escalated(case, mara)
    assert not SecondReview.objects.exists()


def test_none_is_opened_where_nobody_else_could_give_it(case: Case, mara: User):
    dismiss(case, mara)
    assert not SecondReview.objects.exists()


# --- Who may take it -----------------------------------------------------------------------------


def test_it_is_offered_to_another_moderator_only(
    decided: Case, mara: User, otto: User, kai: User, ines: User
):
    assert [claim_second_review(by=person) for person in (mara, otto, kai)] == [None, None, None]
    assert taken(ines).reviewer == ines
    assert taken(ines) == SecondReview.objects.get()


def test_who_has_read_the_case_is_not_blind(case: Case, mara: User, ines: User):
    claim(case_id=case.pk, by=ines)
    reveal(case_id=case.pk, numbers=[1], by=ines)
    release(case_id=case.pk, by=ines)
    dismiss(case, mara)
    assert claim_second_review(by=ines) is None


def test_given_back_it_is_not_offered_to_the_same_person(decided: Case, northwind: Licensee, ines: User):
    nora = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    review = taken(ines)
    release_second_review(review_id=review.pk, by=ines)
    assert claim_second_review(by=ines) is None
    assert taken(nora) == review


def test_a_lapsed_one_goes_to_somebody_else(decided: Case, northwind: Licensee, ines: User):
    nora = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    review = taken(ines)
    SecondReview.objects.update(expires_at=later(seconds=-1))

    with pytest.raises(NotPossible, match="Your second review is no longer open"):
        give_second_review(review_id=review.pk, by=ines, disposition="monitor")
    assert taken(nora).reviewer == nora
    assert AuditEvent.objects.filter(verb=Verb.SECOND_REVIEW_EXPIRED).count() == 1


def test_who_is_to_rest_gets_none(decided: Case, ines: User):
    Pause.objects.create(person=ines, began_at=later(seconds=-1), ends_at=later(minutes=5))
    with pytest.raises(RestFirst):
        claim_second_review(by=ines)
    assert SecondReview.objects.get().state == "waiting"


def test_the_database_refuses_the_first_person(decided: Case, mara: User, ines: User, otto: User):
    review = SecondReview.objects.get()
    for change in ({"reviewer": mara}, {"first_decided_by": otto}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SecondReview.objects.filter(pk=review.pk).update(**change)
    differing(ines)
    with pytest.raises(IntegrityError), transaction.atomic():
        SecondReview.objects.update(
            adjudicated_by=ines, adjudicated_at=later(), final_disposition="monitor", state="adjudicated"
        )


# --- Blind ---------------------------------------------------------------------------------------


def forbidden_words(case: Case) -> list[str]:
    words = [
        case.reference,
        NOTE,
        'value="trusted_role" selected',
        "Imminent",
        "imminent",
        ">High",
        ">high",
        "0.91",
        "Mara",
    ]
    return words + [one.label for one in CHARACTERISTICS] + [one.description for one in CHARACTERISTICS]


@pytest.mark.parametrize("htmx", [False, True])
def test_nothing_said_before_stands_in_the_page(decided: Case, ines: User, browser_of: BrowserOf, htmx: bool):
    review, browser = taken(ines), browser_of(ines)
    url = reverse("review:second_review", args=[review.pk])
    masked = browser.get(url).content.decode()
    assert not any(text in masked for text in TEXTS)

    headers = {"HX-Request": "true"} if htmx else {}
    answer = browser.post(
        reverse("review:second_review_reveal", args=[review.pk]), {"number": ["3", "5"]}, headers=headers
    )
    revealed = browser.get(url).content.decode()
    assert TEXTS[4] in revealed
    assert TEXTS[0] not in revealed
    if htmx:
        assert TEXTS[4] in answer.content.decode()
    for page in (masked, revealed, answer.content.decode()):
        assert [word for word in forbidden_words(decided) if word in page] == []
        for mark in ("contribution", "characteristic", "annotation", "<mark", "data-flagged", "band--"):
            assert mark not in page


def test_the_case_is_closed_to_who_might_judge_it_and_opens_again(
    decided: Case, mara: User, ines: User, otto: User, browser_of: BrowserOf
):
    url = reverse("review:case", args=[decided.reference])
    assert browser_of(ines).get(url).status_code == 403
    assert browser_of(mara).get(url).status_code == 200
    assert browser_of(otto).get(url).status_code == 200
    review = taken(ines)
    assert browser_of(ines).get(url).status_code == 403
    with pytest.raises(NotAllowed):
        reveal(case_id=decided.pk, numbers=[1], by=ines)

    give_second_review(review_id=review.pk, by=ines, disposition="no_action", reason="peers")
    assert browser_of(ines).get(url).status_code == 200


def test_a_refusal_does_not_name_the_case(decided: Case, ines: User, browser_of: BrowserOf):
    review = taken(ines)
    url = reverse("review:second_review_reveal", args=[review.pk])
    answer = browser_of(ines).post(url, {"number": "99"})
    assert answer.status_code == 409
    assert decided.reference not in answer.content.decode()


def test_what_is_read_is_recorded_before_it_is_shown(decided: Case, ines: User):
    review = taken(ines)
    assert reveal_blind(review_id=review.pk, numbers=[1, 2], by=ines) == {1: TEXTS[0], 2: TEXTS[1]}
    assert Reveal.objects.filter(revealed_by=ines, case=decided).count() == 2
    event = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED, actor=ines.actor_name).get()
    assert len(event.payload["messages"]) == 2


def test_nobody_reads_without_holding_it(decided: Case, ines: User, mara: User, otto: User, kai: User):
    review = SecondReview.objects.get()
    for person in (mara, otto, kai, ines):
        with pytest.raises((NotAllowed, NotPossible)):
            reveal_blind(review_id=review.pk, numbers=[1], by=person)
    assert not Reveal.objects.exclude(revealed_by=mara).exists()


# --- Judging and adjudicating --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"disposition": "no_action", "reason": "peers"}, "agreed"),
        ({"disposition": "monitor"}, "disagreed"),
        ({"disposition": "escalate"}, "disagreed"),
    ],
)
def test_the_same_outcome_agrees_and_another_differs(
    decided: Case, ines: User, said: dict[str, str], state: str
):
    review = give_second_review(review_id=taken(ines).pk, by=ines, **said)
    assert state_of(review) == state
    event = AuditEvent.objects.get(verb=Verb.SECOND_REVIEW_GIVEN)
    assert event.payload == {"from": "in_review", "to": state, "second_review": review.pk}


def test_it_is_given_through_the_same_form(decided: Case, ines: User, browser_of: BrowserOf):
    review, browser = taken(ines), browser_of(ines)
    url = reverse("review:second_review_give", args=[review.pk])
    answer = browser.post(url, {"disposition": "no_action"})
    assert answer.status_code == 422
    assert "Choose a reason" in answer.content.decode()
    assert state_of(review) == "in_review"
    browser.post(url, {"disposition": "no_action", "reason": "peers"})
    assert state_of(review) == "agreed"


def test_a_third_person_adjudicates(decided: Case, ines: User, otto: User, mara: User, browser_of: BrowserOf):
    review = differing(ines)
    with pytest.raises(NotAllowed, match="You judged this case yourself"):
        adjudicate(review_id=review.pk, by=ines, disposition="monitor")
    with pytest.raises(NotAllowed):
        adjudicate(review_id=review.pk, by=mara, disposition="monitor")
    browser, url = browser_of(otto), reverse("review:second_review", args=[review.pk])
    assert decided.reference in browser.get(reverse("review:second_reviews")).content.decode()
    page = browser.get(url).content.decode()
    assert "No action, teacher, coach" in page
    assert "Monitor" in page

    browser.post(reverse("review:adjudicate", args=[review.pk]), {"disposition": "monitor"})

    review.refresh_from_db()
    assert (review.state, review.adjudicated_by, review.final_disposition) == ("adjudicated", otto, "monitor")
    assert AuditEvent.objects.get(verb=Verb.SECOND_REVIEW_ADJUDICATED).actor == otto.actor_name
    decided.refresh_from_db()
    assert (decided.state, decided.closed_at) == ("waiting", None)
    assert decided.due_at > timezone.now()
    assert AuditEvent.objects.get(verb=Verb.CASE_SENT_BACK).case_reference == decided.reference
    with pytest.raises(NotPossible, match="needs no adjudication"):
        adjudicate(review_id=review.pk, by=otto, disposition="escalate")


def test_what_was_right_the_first_time_stays_decided(decided: Case, ines: User, otto: User):
    review = differing(ines)

    adjudicate(review_id=review.pk, by=otto, disposition=review.decision.disposition)

    decided.refresh_from_db()
    assert decided.state == "decided"


def test_a_case_sent_back_is_watched_no_more_and_may_be_watched_again(
    case: Case, mara: User, ines: User, otto: User
):
    monitored(case, mara)
    review = give_second_review(
        review_id=taken(ines).pk, by=ines, disposition="no_action", reason="trusted_role"
    )

    adjudicate(review_id=review.pk, by=otto, disposition="no_action")

    assert not Watch.objects.exists()
    monitored(case, mara)
    assert Watch.objects.get().decision == case.decisions.latest("decided_at")


def test_a_conversation_that_came_back_meanwhile_is_judged_there(decided: Case, ines: User, otto: User):
    review = differing(ines)
    other = Case.objects.get(pk=decided.pk)
    other.pk, other.reference, other.came_back_after = None, "NW-99-9", review.decision
    other.state, other.closed_at = "waiting", None
    other.save(force_insert=True)

    adjudicate(review_id=review.pk, by=otto, disposition="monitor")

    decided.refresh_from_db()
    review.refresh_from_db()
    assert (decided.state, review.state) == ("decided", "adjudicated")


def test_the_judgement_is_not_shown_before_the_two_differ(
    decided: Case, ines: User, otto: User, browser_of: BrowserOf
):
    review = taken(ines)
    assert browser_of(otto).get(reverse("review:second_review", args=[review.pk])).status_code == 403


def test_a_decision_taken_back_takes_its_review_with_it(decided: Case, ines: User, mara: User):
    review = taken(ines)
    with transaction.atomic():
        withdraw_second_review(Case.objects.lock(decided.pk).decisions.get(), by=mara)
    with pytest.raises(NotPossible, match="the decision was taken back"):
        give_second_review(review_id=review.pk, by=ines, disposition="monitor")
    assert state_of(review) == "withdrawn"


# --- At the same instant -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_cannot_take_the_same_one(northwind: Licensee, mara: User, ines: User):
    nora = make_person("Nora", roles=[Role.MODERATOR], serving=northwind)
    for number in range(10):
        dismiss(make_case(northwind, external_id=f"c{number}"), mara)
        answers = race(
            partial(claim_second_review, by=ines),
            partial(claim_second_review, by=nora),
            partial(claim_second_review, by=nora),
        )
        found = [answer for answer in answers if answer is not None]
        assert not any(isinstance(answer, Exception) for answer in answers), answers
        holder = SecondReview.objects.get(state="in_review").reviewer
        assert found
        assert all(answer.reviewer == holder for answer in found)
        assert holder is not None
        give_second_review(review_id=found[0].pk, by=holder, disposition="no_action", reason="peers")


@pytest.mark.django_db(transaction=True)
def test_the_same_key_pressed_twice_gives_one_judgement(northwind: Licensee, mara: User, ines: User):
    dismiss(make_case(northwind), mara)
    review = taken(ines)
    give = partial(give_second_review, review_id=review.pk, by=ines, disposition="monitor")

    answers = race(give, give, give)

    assert sum(isinstance(answer, SecondReview) for answer in answers) == 1, answers
    assert sum(isinstance(answer, NotPossible) for answer in answers) == 2
    assert AuditEvent.objects.filter(verb=Verb.SECOND_REVIEW_GIVEN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_giving_it_while_the_decision_is_taken_back(northwind: Licensee, mara: User, ines: User):
    for number in range(5):
        decision = dismiss(make_case(northwind, external_id=f"c{number}"), mara)
        review = taken(ines)

        def take_back(decision: Any = decision) -> None:
            with transaction.atomic():
                Case.objects.lock(decision.case_id)
                withdraw_second_review(decision, by=mara)

        race(partial(give_second_review, review_id=review.pk, by=ines, disposition="monitor"), take_back)
        assert state_of(review) in ("withdrawn", "disagreed")
