"""What decisions ask of a platform: once, after their seconds, and taken back when a later judgement no longer does."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from platforms.asking import ask_platforms
from platforms.emitting import emit
from platforms.models import Event, UnreadDecision
from platforms.telling import told, with_what_is_told
from platforms.tests.acts import NOTHING, WARN, acted_on, asked
from review.intake import open_cases
from review.models import Case
from review.second_review import adjudicate, claim_second_review, give_second_review
from review.tests.acts import dismiss, escalated, monitored, rescored
from review.undoing import take_back
from tests.factories import make_case


def what(events: list[Event]) -> list[tuple[str, str, str]]:
    said = [told(one) for one in with_what_is_told(Event.objects.filter(pk__in=[one.pk for one in events]))]
    return [(one["type"], one["data"]["action"], one["data"]["subject"]) for one in said]


def test_nothing_is_asked_while_it_can_be_taken_back(case: Case, mara: User):
    acted_on(case, mara)
    assert ask_platforms() == 0
    assert UnreadDecision.objects.count() == 1
    assert not Event.objects.exists()


def test_then_each_account_is_asked_for_once(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara, [0, 1])
    events = asked(monkeypatch)
    assert what(events) == [("action.requested", "block", "u0"), ("action.requested", "block", "u1")]
    assert [one.number for one in events] == [1, 2]
    assert asked(monkeypatch) == events


def test_it_says_ids_only(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    said = told(with_what_is_told(Event.objects.all()).get())
    assert said["id"] == event.public_id
    assert said["data"] == {
        "conversation": "c1",
        "subject": "u0",
        "action": "block",
        "reference": event.public_id,
    }


def test_the_trail_of_the_case_says_so(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    entry = AuditEvent.objects.get(verb=Verb.ACTION_REQUESTED)
    assert (entry.actor, entry.case_reference) == ("machine:platforms", case.reference)
    assert entry.payload["event"] == event.public_id


def test_what_was_taken_back_in_time_was_never_asked(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara)
    take_back(case_id=case.pk, by=mara)
    assert asked(monkeypatch) == []


def test_only_the_judgement_after_it_counts_then(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara)
    take_back(case_id=case.pk, by=mara)
    acted_on(case, mara, [1], **WARN)
    assert what(asked(monkeypatch)) == [("action.requested", "warn", "u1")]


def test_other_outcomes_ask_for_nothing(
    northwind: Licensee, case: Case, mara: User, monkeypatch: pytest.MonkeyPatch
):
    dismiss(case, mara)
    monitored(make_case(northwind, external_id="watched"), mara)
    escalated(make_case(northwind, external_id="escalated"), mara)
    assert asked(monkeypatch) == []


# --- Taken back ------------------------------------------------------------------------------------


@pytest.fixture
def sent_back(
    case: Case, mara: User, ines: User, otto: User, settings, monkeypatch: pytest.MonkeyPatch
) -> Case:
    """Mara blocked Account A and it was asked; Ines, judging blindly, found nothing; Otto sends it back."""
    settings.ARTEMIS_SECOND_REVIEW_PERCENT = 100
    with monkeypatch.context() as certain:
        certain.setattr("review.second_review.is_sampled", lambda *_, **__: True)
        acted_on(case, mara)
    assert len(asked(monkeypatch)) == 1
    review = claim_second_review(by=ines)
    assert review is not None
    give_second_review(review_id=review.pk, by=ines, disposition="no_action", reason="peers")
    adjudicate(review_id=review.pk, by=otto, disposition="no_action")
    case.refresh_from_db()
    assert case.state == Case.State.WAITING
    return case


def test_a_supervisors_word_alone_takes_nothing_back(sent_back: Case, monkeypatch: pytest.MonkeyPatch):
    assert len(asked(monkeypatch)) == 1


def test_a_later_judgement_that_asks_for_nothing_takes_it_back(
    sent_back: Case, ines: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(sent_back, ines, **NOTHING)
    assert ask_platforms() == 0
    events = asked(monkeypatch)
    assert what(events) == [("action.requested", "block", "u0"), ("action.withdrawn", "block", "u0")]
    said = [told(one)["data"]["reference"] for one in with_what_is_told(Event.objects.order_by("number"))]
    assert said[0] == said[1] == events[0].public_id
    assert AuditEvent.objects.filter(verb=Verb.ACTION_WITHDRAWN).count() == 1
    assert asked(monkeypatch) == events


def test_one_that_asks_for_another_act_replaces_it(
    sent_back: Case, ines: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(sent_back, ines, **WARN)
    assert what(asked(monkeypatch))[1:] == [
        ("action.withdrawn", "block", "u0"),
        ("action.requested", "warn", "u0"),
    ]


def test_one_that_concerns_another_account_replaces_it(
    sent_back: Case, ines: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(sent_back, ines, [1])
    assert what(asked(monkeypatch))[1:] == [
        ("action.withdrawn", "block", "u0"),
        ("action.requested", "block", "u1"),
    ]


def test_one_that_asks_for_the_same_asks_nobody_twice(
    sent_back: Case, ines: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(sent_back, ines, [0, 1])
    assert what(asked(monkeypatch))[1:] == [("action.requested", "block", "u1")]


def test_an_escalation_takes_nothing_back(sent_back: Case, ines: User, monkeypatch: pytest.MonkeyPatch):
    escalated(sent_back, ines)
    assert len(asked(monkeypatch)) == 1


def test_sent_back_before_it_was_asked_it_is_not_asked(
    case: Case, mara: User, monkeypatch: pytest.MonkeyPatch
):
    """The case waits for another judgement: that one says what is asked."""
    acted_on(case, mara)
    Case.every.filter(pk=case.pk).update(state=Case.State.WAITING, closed_at=None)
    assert asked(monkeypatch) == []
    case.refresh_from_db()
    acted_on(case, mara, **NOTHING)
    assert asked(monkeypatch) == []


def test_another_case_of_the_conversation_adds_and_takes_nothing_back(
    case: Case, mara: User, monkeypatch: pytest.MonkeyPatch
):
    acted_on(case, mara, **WARN)
    assert len(asked(monkeypatch)) == 1
    rescored(case.conversation, probability=0.99)
    open_cases()
    newer = Case.objects.exclude(pk=case.pk).get()
    acted_on(newer, mara, **NOTHING)
    assert what(asked(monkeypatch)) == [("action.requested", "warn", "u0")]


# --- In the database --------------------------------------------------------------------------------


def test_the_database_asks_once(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    with pytest.raises(IntegrityError), transaction.atomic():
        emit(Event.Type.ACTION_REQUESTED, licensee_id=case.licensee_id, case=case, subject=event.subject)
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(pk=event.pk)._raw_delete("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        emit(Event.Type.ACTION_REQUESTED, licensee_id=case.licensee_id)
    assert Event.objects.count() == 1
