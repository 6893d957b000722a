"""What the overview counts: days, ages, due times, confirmed flags, agreement."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Decision, SecondReview, Withdrawal
from review.queue import claim
from review.statistics import AGE_LABELS, Share, statistics_of
from review.tests.acts import dismiss, escalated, in_days
from review.workflow import decide
from tests.factories import make_case

TODAY = timezone.localdate
Disposition = Decision.Disposition


def moved(case: Case, **times: timedelta) -> Case:
    """Opened or due that long ago."""
    now = timezone.now()
    Case.objects.filter(pk=case.pk).update(**{name: now - ago for name, ago in times.items()})
    case.refresh_from_db()
    return case


def cases_of(licensee: Licensee, count: int, **fields: float) -> list[Case]:
    return [make_case(licensee, external_id=f"s{number}-{fields}", **fields) for number in range(count)]


def judged(case: Case, by: User, disposition: str) -> None:
    claim(case_id=case.pk, by=by)
    extra = {
        Disposition.MONITOR: {"monitor_until": in_days(7)},
        Disposition.PLATFORM_ACTION: {"platform_action": Decision.PlatformAction.WARN, "subjects": [0]},
    }
    decide(
        case_id=case.pk,
        by=by,
        disposition=Disposition(disposition),
        seen_revision=case.conversation.revision,
        **extra.get(Disposition(disposition), {}),
    )


def second_review(decision: Decision) -> SecondReview:
    return SecondReview.objects.create(
        case=decision.case,
        licensee=decision.case.licensee,
        decision=decision,
        first_decided_by=decision.decided_by,
        due_at=decision.decided_at + timedelta(days=1),
    )


def judged_again(review: SecondReview, by: User, disposition: str) -> None:
    SecondReview.objects.filter(pk=review.pk).update(
        state=SecondReview.State.AGREED,
        reviewer=by,
        disposition=disposition,
        reason=Decision.Reason.PEERS if disposition == Disposition.NO_ACTION else "",
        decided_at=timezone.now(),
    )


def test_arrivals_and_decisions_stand_on_their_days(northwind: Licensee, mara: User):
    today, older, oldest = cases_of(northwind, 3)
    moved(older, opened_at=timedelta(days=3))
    moved(oldest, opened_at=timedelta(days=40))
    dismiss(older, mara)

    told = statistics_of([northwind], days=28)

    assert len(told.days) == 28 and told.days[-1] == TODAY()
    assert dict(told.arrived) == {TODAY(): 1, TODAY() - timedelta(days=3): 1}
    assert dict(told.decided) == {TODAY(): 1}
    assert statistics_of([northwind], days=90).arrived.total() == 3
    assert today.reference


def test_what_waits_by_age_and_lane(northwind: Licensee, mara: User):
    young, old, taken = cases_of(northwind, 3)
    make_case(northwind, external_id="imminent", probability=0.99)
    moved(young, opened_at=timedelta(hours=2))
    moved(old, opened_at=timedelta(hours=30), due_at=timedelta(hours=1))
    claim(case_id=taken.pk, by=mara)

    imminent, standard = statistics_of([northwind], days=7).waiting

    assert (imminent.ages, imminent.late) == ((1, 0, 0, 0, 0), 0)
    assert (standard.ages, standard.late) == ((0, 1, 0, 0, 1), 1)
    assert len(AGE_LABELS) == len(standard.ages)


def test_late_is_what_was_not_decided_when_it_was_due(northwind: Licensee, mara: User):
    waits, in_time, too_late, not_yet = cases_of(northwind, 4)
    for case in (in_time, too_late):
        dismiss(case, mara)
    day = timedelta(days=1)
    moved(waits, opened_at=2 * day, due_at=day)
    moved(too_late, opened_at=2 * day, due_at=day)
    moved(in_time, opened_at=2 * day, due_at=timedelta())
    Case.objects.filter(pk=not_yet.pk).update(due_at=timezone.now() + timedelta(seconds=1))

    told = statistics_of([northwind], days=7)

    assert told.late[TODAY() - day] == Share(2, 2)
    assert told.late_in_all.part == 2
    assert told.late[TODAY()].part == 0


def test_an_escalation_that_was_decided_in_time_is_not_late(northwind: Licensee, mara: User):
    case = cases_of(northwind, 1)[0]
    escalated(case, mara)
    moved(case, opened_at=timedelta(hours=5), due_at=timedelta())

    assert statistics_of([northwind], days=7).late_in_all.part == 0


def test_confirmed_flags_by_licensee_and_model(
    northwind: Licensee, lakeside: Licensee, mara: User, kai: User
):
    no, monitor, act, escalate = cases_of(northwind, 4)
    dismiss(no, mara)
    judged(monitor, mara, Disposition.MONITOR)
    judged(act, mara, Disposition.PLATFORM_ACTION)
    escalated(escalate, mara)
    dismiss(make_case(lakeside, external_id="theirs"), kai)

    both = statistics_of([northwind, lakeside], days=7)

    assert both.by_licensee == {northwind.pk: Share(2, 3), lakeside.pk: Share(0, 1)}
    assert list(both.by_model.values()) == [Share(2, 4)]
    assert both.confirmed == Share(2, 4)
    assert both.outcomes == {"no_action": 2, "monitor": 1, "platform_action": 1, "escalate": 1}
    assert both.reasons == {Decision.Reason.PEERS: 2}
    assert statistics_of([northwind], days=7).confirmed == Share(2, 3)


def test_a_decision_that_was_taken_back_counts_for_nothing(northwind: Licensee, mara: User):
    kept, taken_back = cases_of(northwind, 2)
    dismiss(kept, mara)
    decision = dismiss(taken_back, mara)
    Withdrawal.objects.create(decision=decision, withdrawn_by=mara)

    told = statistics_of([northwind], days=7)

    assert told.decided.total() == 1
    assert told.confirmed == Share(0, 1)
    assert told.outcomes == {"no_action": 1}


def test_agreement_is_of_first_and_blind_second_judgements(northwind: Licensee, mara: User, ines: User):
    for number, case in enumerate(cases_of(northwind, 3)):
        review = second_review(dismiss(case, mara))
        if number < 2:
            judged_again(review, ines, Disposition.ESCALATE if number else Disposition.NO_ACTION)

    told = statistics_of([northwind], days=7).agreement

    assert (told.units, told.judgements) == (2, 4)
    assert told.alpha is not None and told.alpha < 1
    assert not {name for name in vars(told) if "person" in name or "by" in name}


def test_nothing_yet(northwind: Licensee):
    told = statistics_of([northwind], days=28)
    assert told.is_empty
    assert told.confirmed == Share(0, 0)
