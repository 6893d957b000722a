"""Monitoring: the conversation comes back by itself, on its day or sooner if its score rises."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee
from review.intake import open_cases, return_watched
from review.models import Case, Decision, UnseenScore, Watch
from review.queue import claim
from review.tasks import open_cases as beat
from review.tests.acts import dismiss, in_days, monitored, rescored
from review.tests.racing import race
from review.workflow import decide
from tests.factories import make_case, make_conversation, make_score

Disposition = Decision.Disposition


def let_come(case: Case) -> None:
    """The day has come; what was decided is written once and stays."""
    Watch.objects.filter(decision__case=case).update(until=in_days(0))


def test_the_day_is_kept_and_the_conversation_watched(case: Case, mara: User):
    decision = monitored(case, mara, days=7)

    assert decision.monitor_until == in_days(7)
    assert Watch.objects.get().conversation == case.conversation
    assert AuditEvent.objects.get(verb=Verb.CASE_DECIDED).payload["monitor_until"] == f"{in_days(7)}"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"disposition": "monitor"}, "To monitor needs the day on which the conversation comes back"),
        ({"disposition": "monitor", "monitor_until": in_days(0)}, "monitored from 1 to 90 days"),
        ({"disposition": "monitor", "monitor_until": in_days(91)}, "monitored from 1 to 90 days"),
        (
            {"disposition": "no_action", "reason": "peers", "monitor_until": in_days(3)},
            "only to monitor has one",
        ),
    ],
)
def test_without_a_day_from_1_to_90_days_away_it_is_refused(
    case: Case, mara: User, said: dict, sentence: str
):
    claim(case_id=case.pk, by=mara)
    with pytest.raises(NotPossible, match=sentence):
        decide(case_id=case.pk, by=mara, seen_revision=1, **said)
    assert not Decision.objects.exists()


def test_the_database_refuses_it_too(case: Case, mara: User):
    with pytest.raises(IntegrityError, match="decision_monitors_until_a_date"), transaction.atomic():
        Decision.objects.create(
            case=case, decided_by=mara, disposition="monitor", conversation_revision=1, band="high"
        )


def test_on_its_day_it_comes_back_though_nobody_wrote(case: Case, mara: User):
    decision = monitored(case, mara)
    beat()
    assert Case.objects.count() == 1

    let_come(case)
    beat()
    beat()

    back = Case.objects.exclude(pk=case.pk).get()
    assert (back.state, back.conversation_id) == (Case.State.WAITING, case.conversation_id)
    assert back.came_back_after == decision
    assert back.opened_by_score == case.opened_by_score
    assert not Watch.objects.exists()
    opened = AuditEvent.objects.filter(verb=Verb.CASE_OPENED).latest("at")
    assert (opened.payload["after_decision"], opened.payload["because"]) == (decision.pk, "day")


def test_it_comes_back_sooner_if_the_score_rises(northwind: Licensee, mara: User):
    case = make_case(northwind, probability=0.7)
    decision = monitored(case, mara)
    rescored(case.conversation, probability=0.99)

    assert open_cases() == 1

    back = Case.objects.exclude(pk=case.pk).get()
    assert (back.came_back_after, back.lane) == (decision, Case.Lane.IMMINENT)
    assert not Watch.objects.exists()


def test_a_rise_below_the_flag_brings_it_back_too_but_only_while_watched(northwind: Licensee, mara: User):
    cases = [make_case(northwind, external_id=name) for name in ("watched", "dismissed")]
    for case, act in zip(cases, (monitored, dismiss), strict=True):
        rescored(case.conversation, probability=0.01)
        act(case, mara)
        rescored(case.conversation, probability=0.4)

    assert open_cases() == 1
    assert Case.objects.get(closed_at=None).conversation == cases[0].conversation


def test_what_does_not_rise_does_not_come_back_before_its_day(case: Case, mara: User):
    monitored(case, mara)
    rescored(case.conversation, probability=0.9)
    rescored(case.conversation, probability=0.2)

    assert open_cases() == 0
    assert Watch.objects.count() == 1


def test_scores_below_the_flag_are_queued_for_nobody_else(northwind: Licensee):
    make_score(make_conversation(northwind), probability=0.1)
    assert not UnseenScore.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_its_day_and_a_rise_at_the_same_instant_open_one_case(northwind: Licensee, mara: User):
    for number in range(10):
        case = make_case(northwind, external_id=f"c{number}", probability=0.7)
        monitored(case, mara)
        let_come(case)
        rescored(case.conversation, probability=0.99)

        answers = race(open_cases, return_watched, partial(return_watched, limit=1))

        assert sum(answers) == 1, answers
        assert Case.objects.filter(conversation=case.conversation_id, closed_at=None).count() == 1
        assert not Watch.objects.filter(conversation=case.conversation_id).exists()
