"""A flagged score opens a case when its conversation needs one, and only then."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.onboarding import set_policy
from review.intake import open_cases
from review.models import Case, UnseenScore
from review.queue import claim
from review.references import check_digit, is_well_formed
from review.tests.acts import dismiss, rescored
from review.tests.racing import race
from scoring.models import Conversation
from tests.factories import make_case, make_conversation, make_score


def test_a_flagged_score_opens_a_case_once(northwind: Licensee):
    make_score(make_conversation(northwind))

    assert open_cases() == 1
    assert open_cases() == 0
    case = Case.objects.get()
    assert case.state == Case.State.WAITING
    opening = AuditEvent.objects.get(verb=Verb.CASE_OPENED)
    assert opening.actor == "machine:intake"
    assert opening.case_reference == case.reference


def test_a_score_under_the_threshold_opens_none(northwind: Licensee):
    make_score(make_conversation(northwind), probability=0.5)

    assert open_cases() == 0
    assert not UnseenScore.objects.exists()


def test_the_imminent_band_takes_the_imminent_lane_and_its_clock(northwind: Licensee, mara: User):
    set_policy(
        licensee=northwind,
        by=mara,
        reason="Shorter clocks",
        flag_threshold=0.7,
        imminent_threshold=0.95,
        standard_due_hours=12,
        imminent_due_hours=2,
    )
    urgent = make_case(northwind, external_id="urgent", probability=0.99)
    usual = make_case(northwind, external_id="usual", probability=0.8)

    assert (urgent.lane, urgent.lane_order) == (Case.Lane.IMMINENT, 0)
    assert (usual.lane, usual.lane_order) == (Case.Lane.STANDARD, 1)
    assert abs(urgent.due_at - urgent.opened_at - timedelta(hours=2)) < timedelta(seconds=5)
    assert abs(usual.due_at - usual.opened_at - timedelta(hours=12)) < timedelta(seconds=5)


def test_more_messages_do_not_open_a_second_case_while_one_is_open(case: Case):
    rescored(case.conversation, probability=0.99)

    assert open_cases() == 0
    assert Case.objects.get() == case


def test_an_open_case_rises_with_its_conversation_and_keeps_its_holder(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    rescored(case.conversation, probability=0.99)
    open_cases()
    open_cases()

    raised = Case.objects.get()
    assert (raised.lane, raised.lane_order, raised.band) == (Case.Lane.IMMINENT, 0, "imminent")
    assert raised.due_at < case.due_at
    assert raised.state == Case.State.IN_REVIEW
    assert raised.claims.get(ended_at=None).holder == mara
    assert AuditEvent.objects.filter(verb=Verb.CASE_RAISED, case_reference=case.reference).count() == 1


def test_an_open_case_never_sinks(northwind: Licensee):
    urgent = make_case(northwind, probability=0.99)
    rescored(urgent.conversation, probability=0.75)
    open_cases()

    assert Case.objects.get().lane == Case.Lane.IMMINENT
    assert not AuditEvent.objects.filter(verb=Verb.CASE_RAISED).exists()


def test_a_dismissed_conversation_does_not_come_back_at_the_same_band(case: Case, mara: User):
    dismiss(case, mara)
    rescored(case.conversation, probability=0.93)

    assert open_cases() == 0


def test_it_comes_back_when_it_looks_worse_than_what_was_judged(case: Case, mara: User):
    dismiss(case, mara)
    rescored(case.conversation, probability=0.99)

    assert open_cases() == 1
    assert Case.objects.filter(conversation=case.conversation).count() == 2


def test_a_higher_score_of_the_very_revision_that_was_judged_does_not_bring_it_back(case: Case, mara: User):
    """The person had read those messages; the machine was only slower."""
    Conversation.objects.filter(pk=case.conversation_id).update(revision=2)
    dismiss(case, mara)
    case.conversation.refresh_from_db()
    make_score(case.conversation, probability=0.99)

    assert open_cases() == 0


def test_the_newest_closed_case_counts_not_an_older_one(case: Case, mara: User):
    dismiss(case, mara)
    rescored(case.conversation, probability=0.99)
    open_cases()
    dismiss(Case.objects.get(conversation=case.conversation, closed_at=None), mara)
    rescored(case.conversation, probability=0.98)

    assert open_cases() == 0


def test_of_several_new_scores_the_newest_is_why_the_case_opened(northwind: Licensee):
    conversation = make_conversation(northwind)
    make_score(conversation, probability=0.8)
    rescored(conversation, probability=0.99)

    assert open_cases() == 1
    case = Case.objects.get()
    assert case.lane == Case.Lane.IMMINENT
    assert case.opened_by_score.revision == 2


def test_references_count_up_for_each_licensee_and_end_in_a_check_digit(
    northwind: Licensee, lakeside: Licensee
):
    first = make_case(northwind, external_id="one")
    second = make_case(northwind, external_id="two")
    elsewhere = make_case(lakeside, external_id="one")

    assert [first.reference, second.reference, elsewhere.reference] == ["NW-1-9", "NW-2-7", "LS-1-9"]
    assert all(is_well_formed(case.reference) for case in (first, second, elsewhere))


def test_the_check_digit_is_that_of_the_standard():
    assert check_digit("0794") == "5"  # the example of ISO/IEC 7064, MOD 11,10
    assert is_well_formed("NW-0794-5")
    assert not is_well_formed("NW-0749-5")
    assert not is_well_formed("NW-0793-5")
    assert not is_well_formed("0794-5")


def test_many_scores_are_taken_in_batches(northwind: Licensee):
    for number in range(7):
        make_score(make_conversation(northwind, external_id=f"c{number}"))

    assert open_cases(limit=3) == 7
    assert Case.objects.count() == 7


def test_a_score_that_was_looked_at_is_not_looked_at_again(case: Case, django_assert_num_queries):
    """So the work grows with the new scores, whatever lies behind."""
    rescored(case.conversation, probability=0.99)
    open_cases()

    with django_assert_num_queries(3):  # begin, an empty queue, end
        assert open_cases() == 0


def test_a_case_is_due_by_the_policy_in_force_when_it_opens(case: Case):
    assert case.due_at > timezone.now() + timedelta(hours=23)


@pytest.mark.django_db(transaction=True)
def test_a_score_that_arrives_while_its_case_is_being_decided_is_not_lost(northwind: Licensee, mara: User):
    """Intake waits for the decision instead of taking the case for open."""
    case = make_case(northwind)
    decided = threading.Event()

    def decide_slowly() -> None:
        with transaction.atomic():
            dismiss(case, mara)
            decided.set()
            time.sleep(0.5)

    def score_and_open() -> int:
        decided.wait(timeout=10)
        rescored(case.conversation, probability=0.99)
        return open_cases()

    assert race(decide_slowly, score_and_open) == [None, 1]
    assert Case.objects.get(closed_at=None).conversation == case.conversation
