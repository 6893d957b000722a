"""Everything at the same instant, in transactions of their own."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from licensees.onboarding import suspend
from platforms.api.events import events_answer
from platforms.asking import ask_platforms
from platforms.confirming import confirm
from platforms.emitting import emit
from platforms.models import Attempt, Confirmation, Event, EventDelivery, WebhookSecret
from platforms.sending import send_events
from platforms.standing import tell_standings
from platforms.tests.acts import acted_on, asked, seconds_pass
from platforms.tests.conftest import Hook
from platforms.tests.receiver import Receiver
from platforms.webhooks import replay_failed, rotate_secret, send_test
from review.models import Case
from review.tests.racing import race
from review.undoing import take_back
from scoring.tests.sending import Platform
from tests.factories import make_case

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_ask_once(
    northwind: Licensee, case: Case, mara: User, hook: Hook, monkeypatch: pytest.MonkeyPatch
):
    acted_on(case, mara, [0, 1])
    acted_on(make_case(northwind, external_id="second"), mara)
    seconds_pass(monkeypatch)
    assert sum(race(ask_platforms, ask_platforms, ask_platforms)) == 3
    assert [one.number for one in Event.objects.order_by("number")] == [1, 2, 3]
    assert EventDelivery.objects.count() == 3


def test_what_is_being_taken_back_is_not_asked(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch):
    """At the very end of the seconds: the worker waits for the case, and finds the decision taken back."""
    acted_on(case, mara)
    for name in ("TAKEN_BACK_WITHIN", "CLOCKS_APART"):
        monkeypatch.setattr(f"platforms.asking.{name}", timedelta())
    taken = threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            take_back(case_id=case.pk, by=mara)
            taken.set()
            time.sleep(0.5)

    def ask() -> int:
        taken.wait(timeout=5)
        return ask_platforms()

    assert race(slowly, ask) == [None, 0]
    assert not Event.objects.exists()


def test_two_workers_tell_of_a_suspension_once(northwind: Licensee, adam: User):
    suspend(licensee_id=northwind.pk, by=adam, reason="A contract ended.")
    assert sorted(race(tell_standings, tell_standings)) == [0, 1]
    assert Event.objects.count() == 1


def test_a_cursor_passes_no_event_that_is_committed_late(northwind: Licensee):
    """The first writer holds its number while the second one comes; a reader reads on and on meanwhile."""
    written, over = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            emit(Event.Type.WEBHOOK_TEST, licensee_id=northwind.pk)
            written.set()
            time.sleep(0.5)

    def quick() -> None:
        written.wait(timeout=5)
        with transaction.atomic():
            emit(Event.Type.WEBHOOK_TEST, licensee_id=northwind.pk)
        over.set()

    def reader() -> list[str]:
        seen, cursor = [], 0
        while not over.is_set() or events_answer(northwind, after=cursor, limit=1)["events"]:
            answer = events_answer(northwind, after=cursor, limit=10)
            seen += [one["id"] for one in answer["events"]]
            cursor = int(answer["cursor"])
        return seen

    *_, seen = race(slow, quick, reader)
    assert seen == list(Event.objects.order_by("number").values_list("public_id", flat=True))
    assert len(seen) == 2


def test_many_writers_leave_no_gap(northwind: Licensee):
    def write() -> None:
        for _ in range(5):
            with transaction.atomic():
                emit(Event.Type.WEBHOOK_TEST, licensee_id=northwind.pk)

    assert race(write, write, write, write) == [None] * 4
    assert list(Event.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 21))


def test_two_workers_never_send_the_same_attempt(hook: Hook, receiver: Receiver, adam: User):
    for _ in range(6):
        send_test(webhook_id=hook.webhook.pk, by=adam)
    receiver.sleeps = 0.05
    race(send_events, send_events, send_events)
    while EventDelivery.objects.exclude(state="delivered").exists():
        send_events()
    assert sorted(one.id for one in receiver.came) == sorted(
        Event.objects.values_list("public_id", flat=True)
    )
    assert receiver.most_at_once == 1
    assert Attempt.objects.count() == 6


def test_an_event_is_written_while_another_is_sent(
    northwind: Licensee, mara: User, case: Case, hook: Hook, receiver: Receiver, adam: User, monkeypatch: Any
):
    """Whoever sends holds the webhook's row while it keeps what came of it, and then numbers the case's trail."""
    acted_on(case, mara)
    asked(monkeypatch)
    others = [make_case(northwind, external_id=f"other{number}") for number in range(3)]
    for other in others:
        acted_on(other, mara, [0, 1])
    seconds_pass(monkeypatch)
    receiver.sleeps = 0.02
    answers = race(send_events, ask_platforms, send_events, ask_platforms)
    assert all(isinstance(one, int) for one in answers), answers
    while EventDelivery.objects.exclude(state="delivered").exists():
        send_events()
    assert len({one.id for one in receiver.came}) == Event.objects.count() == 7


def test_the_same_confirmation_twice_at_once(
    case: Case, mara: User, northwind: Licensee, monkeypatch: pytest.MonkeyPatch
):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    key, at = Platform(northwind).key, datetime(2026, 11, 22, 8, 6, tzinfo=UTC)

    def say() -> int:
        return confirm(event_id=event.pk, by=key, done=True, at=at, note="Done.").pk

    first, second = race(say, say)
    assert first == second == Confirmation.objects.get().pk


def test_of_two_that_contradict_one_is_refused(
    case: Case, mara: User, northwind: Licensee, monkeypatch: pytest.MonkeyPatch
):
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    key, at = Platform(northwind).key, datetime(2026, 11, 22, 8, 6, tzinfo=UTC)
    answers = race(
        lambda: confirm(event_id=event.pk, by=key, done=True, at=at),
        lambda: confirm(event_id=event.pk, by=key, done=False, at=at),
    )
    assert sorted(type(one).__name__ for one in answers) == ["Confirmation", "NotPossible"]
    assert Confirmation.objects.count() == 1


def test_two_rotations_leave_two_secrets(hook: Hook, adam: User):
    def rotate() -> Any:
        return rotate_secret(webhook_id=hook.webhook.pk, by=adam)[1]

    answers = race(rotate, rotate)
    assert len(set(answers)) == 2
    assert WebhookSecret.objects.filter(ends_at=None).count() == 1
    assert WebhookSecret.objects.filter(ends_at__gt=timezone.now()).count() == 1


def test_what_was_given_up_is_asked_for_once(hook: Hook, adam: User):
    send_test(webhook_id=hook.webhook.pk, by=adam)
    EventDelivery.objects.update(state="given_up")

    def again() -> int:
        return replay_failed(webhook_id=hook.webhook.pk, by=adam)

    assert sorted(race(again, again)) == [0, 1]
