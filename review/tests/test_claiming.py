"""Taking a case: the most urgent one, by one person, one at a time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import assign
from licensees.models import Licensee
from review.intake import open_cases
from review.models import Case, Claim
from review.queue import claim, claim_next, held_case, release
from review.tests.acts import dismiss
from review.tests.racing import race
from tests.factories import make_case, make_conversation, make_score
from tests.people import TESTS, make_person


def test_claiming_gives_a_lease_and_is_recorded(case: Case, mara: User, settings):
    settings.ARTEMIS_CLAIM_MINUTES = 15

    taken = claim_next(by=mara)

    assert taken == case
    assert taken.state == Case.State.IN_REVIEW
    lease = Claim.objects.get(case=case, ended_at=None)
    assert lease.holder == mara
    assert abs(lease.expires_at - timezone.now() - timedelta(minutes=15)) < timedelta(seconds=5)
    event = AuditEvent.objects.get(verb=Verb.CASE_CLAIMED)
    assert event.actor == mara.actor_name
    assert event.payload["claim"] == lease.pk


def test_the_imminent_lane_comes_first_then_the_nearest_due_time(northwind: Licensee, mara: User):
    later = make_case(northwind, external_id="later")
    sooner = make_case(northwind, external_id="sooner")
    imminent = make_case(northwind, external_id="imminent", probability=0.99)
    Case.objects.filter(pk=sooner.pk).update(due_at=later.due_at - timedelta(hours=3))

    people = [make_person(name, roles=[Role.MODERATOR], serving=northwind) for name in ("Ada", "Bo", "Cy")]

    assert [claim_next(by=person) for person in people] == [imminent, sooner, later]
    assert claim_next(by=mara) is None


def test_the_most_urgent_of_all_licensees_that_one_moderates(
    northwind: Licensee, lakeside: Licensee, mara: User
):
    make_case(northwind, external_id="usual")
    urgent = make_case(lakeside, external_id="urgent", probability=0.99)
    assign(person=mara, licensee=lakeside, role=Role.MODERATOR, by=TESTS)

    assert claim_next(by=mara) == urgent


def test_a_queue_can_be_chosen_by_licensee_and_lane(northwind: Licensee, lakeside: Licensee, mara: User):
    usual = make_case(northwind, external_id="usual")
    make_case(northwind, external_id="imminent", probability=0.99)
    make_case(lakeside, external_id="elsewhere", probability=0.99)
    assign(person=mara, licensee=lakeside, role=Role.MODERATOR, by=TESTS)

    assert claim_next(by=mara, lane=Case.Lane.STANDARD, licensee_id=northwind.pk) == usual


def test_a_licensee_that_one_does_not_moderate_cannot_be_chosen(case: Case, kai: User, northwind: Licensee):
    with pytest.raises(NotAllowed, match="You do not moderate for this licensee"):
        claim_next(by=kai, licensee_id=northwind.pk)

    case.refresh_from_db()
    assert case.state == Case.State.WAITING


def test_nothing_is_offered_to_who_moderates_nowhere_near(case: Case, kai: User, otto: User):
    assert claim_next(by=kai) is None
    assert claim_next(by=otto) is None
    assert not Claim.objects.exists()


def test_who_holds_a_case_gets_that_one_again(many_cases: Callable[[int], list[Case]], mara: User):
    many_cases(2)

    assert claim_next(by=mara) == claim_next(by=mara)
    assert Claim.objects.count() == 1
    assert AuditEvent.objects.filter(verb=Verb.CASE_CLAIMED).count() == 1


def test_a_released_case_is_not_offered_to_the_same_person_again(case: Case, mara: User, ines: User):
    claim_next(by=mara)
    release(case_id=case.pk, by=mara)

    assert claim_next(by=mara) is None
    assert claim_next(by=ines) == case


def test_but_it_may_be_claimed_by_name(case: Case, mara: User):
    claim_next(by=mara)
    release(case_id=case.pk, by=mara)

    assert claim(case_id=case.pk, by=mara).state == Case.State.IN_REVIEW


def test_a_case_that_another_holds_is_refused_with_the_name_and_the_time(case: Case, mara: User, ines: User):
    claim_next(by=mara)
    at = timezone.localtime(Claim.objects.get().claimed_at)

    with pytest.raises(NotPossible) as refusal:
        claim(case_id=case.pk, by=ines)

    assert refusal.value.sentence == f"Mara claimed this case at {at:%H:%M}. Take another from the queue."
    assert Claim.objects.get().holder == mara


def test_claiming_what_one_holds_changes_nothing(case: Case, mara: User):
    claim(case_id=case.pk, by=mara)
    claim(case_id=case.pk, by=mara)

    assert Claim.objects.count() == 1


def test_a_second_case_is_refused_while_one_is_held(many_cases: Callable[[int], list[Case]], mara: User):
    first, second = many_cases(2)
    claim(case_id=first.pk, by=mara)

    with pytest.raises(NotPossible) as refusal:
        claim(case_id=second.pk, by=mara)

    assert (
        refusal.value.sentence
        == f"You hold {first.reference}. Decide or release it before you claim another."
    )
    second.refresh_from_db()
    assert second.state == Case.State.WAITING


def test_the_database_refuses_a_second_open_claim_of_one_person(
    many_cases: Callable[[int], list[Case]], mara: User
):
    first, second = many_cases(2)
    claim(case_id=first.pk, by=mara)

    with pytest.raises(IntegrityError, match="claim_one_open_per_person"), transaction.atomic():
        Claim.objects.create(case=second, holder=mara, expires_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_moderators_cannot_claim_the_same_case(northwind: Licensee, mara: User, ines: User):
    """Fifty races for one case, each with two real transactions."""
    for number in range(50):
        case = make_case(northwind, external_id=f"race-{number}")
        answers = race(partial(claim_next, by=mara), partial(claim_next, by=ines))

        assert sorted(answers, key=str) == sorted([case, None], key=str), answers
        winner = mara if answers[0] else ines
        assert Claim.objects.get(case=case, ended_at=None).holder == winner
        assert AuditEvent.objects.filter(verb=Verb.CASE_CLAIMED, case_reference=case.reference).count() == 1
        dismiss(case, winner)


@pytest.mark.django_db(transaction=True)
def test_two_who_claim_by_name_at_once_get_one_case_and_one_refusal(
    northwind: Licensee, mara: User, ines: User
):
    for number in range(10):
        case = make_case(northwind, external_id=f"race-{number}")
        answers = race(partial(claim, case_id=case.pk, by=mara), partial(claim, case_id=case.pk, by=ines))

        refusals = [answer for answer in answers if isinstance(answer, NotPossible)]
        assert len(refusals) == 1, answers
        assert "Take another from the queue." in refusals[0].sentence
        release(case_id=case.pk, by=Claim.objects.get(case=case, ended_at=None).holder)


@pytest.mark.django_db(transaction=True)
def test_many_claimers_all_find_different_cases(northwind: Licensee):
    cases = [make_case(northwind, external_id=f"c{number}") for number in range(8)]
    people = [
        make_person(f"Person{number}", roles=[Role.MODERATOR], serving=northwind) for number in range(8)
    ]

    answers = race(*(partial(claim_next, by=person) for person in people))

    assert sorted(case.pk for case in answers) == sorted(case.pk for case in cases)


@pytest.mark.django_db(transaction=True)
def test_one_person_who_presses_twice_gets_one_case(northwind: Licensee, mara: User):
    for number in range(10):
        make_case(northwind, external_id=f"one-{number}")
        make_case(northwind, external_id=f"two-{number}")
        answers = race(partial(claim_next, by=mara), partial(claim_next, by=mara))

        assert answers[0] == answers[1]
        assert Claim.objects.filter(holder=mara, ended_at=None).count() == 1
        release(case_id=held_case(mara).pk, by=mara)


@pytest.mark.django_db(transaction=True)
def test_intake_beside_itself_opens_each_case_once(northwind: Licensee, lakeside: Licensee):
    for number in range(20):
        make_score(make_conversation(northwind, external_id=f"c{number}"))
        make_score(make_conversation(lakeside, external_id=f"c{number}"))

    answers = race(*[partial(open_cases, limit=3)] * 4)

    assert sum(answers) == 40, answers
    assert Case.objects.count() == 40
    assert AuditEvent.objects.filter(verb=Verb.CASE_OPENED).count() == 40
