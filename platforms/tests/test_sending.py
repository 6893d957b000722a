"""Events reach a webhook, whatever its server does: nothing is lost, and nothing is sent twice without the same id."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from platforms.leasing import lease_due
from platforms.models import Attempt, Event, EventDelivery, Webhook
from platforms.schedule import JITTER, WAITS
from platforms.sending import Outcome, Result, keep, send_events
from platforms.telling import body_of, with_what_is_told
from platforms.tests.acts import NOTHING, acted_on, asked
from platforms.tests.clock import Clock
from platforms.tests.conftest import Hook
from platforms.tests.receiver import Receiver
from platforms.webhooks import (
    add_webhook,
    disable,
    enable,
    end_former_secret,
    replay,
    replay_failed,
    rotate_secret,
    send_test,
)
from review.models import Case
from scoring.key_providers import KeyUnavailable

State = EventDelivery.State
THREE_DAYS = timedelta(days=3)


@pytest.fixture
def event(case: Case, mara: User, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Event:
    """A block is asked for, and its delivery waits."""
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    return event


@pytest.fixture
def clock(event: Event, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(monkeypatch)
    clock.passes(seconds=20)
    return clock


def the_delivery() -> EventDelivery:
    return EventDelivery.objects.get()


def outcomes() -> list[str]:
    return list(Attempt.objects.order_by("number").values_list("outcome", flat=True))


def until_it_rests_no_more(clock: Clock) -> None:
    clock.reaches(max(Webhook.objects.values_list("look_after", flat=True)) + timedelta(seconds=1))


def until_nothing_waits(clock: Clock, *, most: int = 60) -> None:
    """Each time that the next one is due, as a worker that never sleeps would."""
    for _ in range(most):
        waiting = EventDelivery.objects.filter(state=State.WAITING).order_by("next_attempt_at").first()
        if waiting is None:
            return
        clock.reaches(waiting.next_attempt_at)
        until_it_rests_no_more(clock)
        send_events()
    raise AssertionError("it went on for ever")


# --- As it should be -------------------------------------------------------------------------------


def test_a_signed_message_arrives_once(event: Event, clock: Clock, receiver: Receiver, hook: Hook):
    assert send_events() == 1
    assert send_events() == 0
    (message,) = receiver.came
    assert message.id == event.public_id
    assert message.is_signed_with(hook.secret)
    assert message.body == body_of(with_what_is_told(Event.objects.all()).get())
    assert message.said["data"] == {
        "conversation": "c1",
        "subject": "u0",
        "action": "block",
        "reference": event.public_id,
    }
    delivery = the_delivery()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 1)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.status) == ("taken", 204)
    entry = AuditEvent.objects.get(verb=Verb.EVENT_DELIVERED)
    assert entry.case_reference == Event.objects.select_related("case").get().case.reference


def test_nothing_of_the_answer_is_kept(event: Event, clock: Clock, receiver: Receiver):
    send_events()
    kept = {field.name for field in Attempt._meta.get_fields()}
    assert kept == {"id", "delivery", "number", "began_at", "milliseconds", "status", "outcome"}


# --- Servers as they are ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_whatever_is_no_success_is_tried_again(event: Event, clock: Clock, receiver: Receiver, status: int):
    receiver.answers = status
    send_events()
    delivery = the_delivery()
    assert (delivery.state, outcomes()) == (State.WAITING, ["refused"])
    wait = delivery.next_attempt_at - timezone.now()
    assert WAITS[0] * (1 - JITTER) - timedelta(seconds=2) <= wait <= WAITS[0] * (1 + JITTER)
    receiver.answers = 200
    until_nothing_waits(clock)
    assert the_delivery().state == State.DELIVERED
    assert {one.id for one in receiver.came} == {event.public_id}


def test_500_for_a_day_and_then_it_arrives(event: Event, clock: Clock, receiver: Receiver):
    began = timezone.now()
    receiver.answers = lambda _: 500 if timezone.now() - began < timedelta(days=1) else 200
    until_nothing_waits(clock)
    assert the_delivery().state == State.DELIVERED
    passed = timezone.now() - began
    assert timedelta(days=1) <= passed < THREE_DAYS
    assert len(receiver.came) == the_delivery().attempts == Attempt.objects.count() > 5
    assert {one.id for one in receiver.came} == {event.public_id}
    # Each is signed anew for its own time, over the same body.
    assert len({one.timestamp for one in receiver.came}) == len(receiver.came)
    assert len({one.body for one in receiver.came}) == 1


def test_500_for_ever_is_given_up_after_three_days_and_shown(
    event: Event, clock: Clock, receiver: Receiver, hook: Hook, adam: User
):
    receiver.answers, began = 500, timezone.now()
    until_nothing_waits(clock)
    delivery = the_delivery()
    assert (delivery.state, delivery.attempts) == (State.GIVEN_UP, len(WAITS) + 1)
    assert timedelta(days=2, hours=12) < timezone.now() - began < timedelta(days=3, hours=12)
    assert AuditEvent.objects.filter(verb=Verb.EVENT_GIVEN_UP).count() == 1
    receiver.answers = 204
    assert replay_failed(webhook_id=hook.webhook.pk, by=adam) == 1
    until_nothing_waits(clock)
    assert the_delivery().state == State.DELIVERED
    assert {one.id for one in receiver.came} == {event.public_id}


def test_a_server_that_is_down(event: Event, clock: Clock, receiver: Receiver, hook: Hook):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    Webhook.objects.update(url=f"http://127.0.0.1:{port}/hook")
    send_events()
    assert (the_delivery().state, outcomes()) == (State.WAITING, ["unreached"])
    Webhook.objects.update(url=receiver.url)
    until_nothing_waits(clock)
    assert the_delivery().state == State.DELIVERED
    assert [one.id for one in receiver.came] == [event.public_id]


def test_a_server_that_is_slow_is_told_the_same_again(
    event: Event, clock: Clock, receiver: Receiver, settings: Any
):
    settings.ARTEMIS_WEBHOOK_SECONDS = 0.3
    receiver.sleeps = 1
    send_events()
    assert (the_delivery().state, outcomes()) == (State.WAITING, ["too_slow"])
    receiver.sleeps = 0
    until_nothing_waits(clock)
    # It came twice, and can be told apart: the id is the same.
    assert [one.id for one in receiver.came] == [event.public_id] * 2


def test_a_redirect_is_not_followed_wherever_it_leads(event: Event, clock: Clock, receiver: Receiver):
    receiver.answers = 307
    receiver.location = f"{receiver.url}&again"
    send_events()
    assert (the_delivery().state, outcomes()) == (State.WAITING, ["redirected"])
    assert len(receiver.came) == 1


def test_a_server_that_lies_with_200_is_believed_and_the_case_waits_for_a_confirmation(
    event: Event, clock: Clock, receiver: Receiver
):
    receiver.answers = 200
    send_events()
    assert the_delivery().state == State.DELIVERED
    assert not event.confirmations.exists()


def test_a_private_address_is_not_called_where_that_is_not_allowed(
    event: Event, clock: Clock, receiver: Receiver, settings: Any
):
    settings.ARTEMIS_WEBHOOK_PRIVATE = False
    Webhook.objects.update(url=receiver.url.replace("http:", "https:"))
    send_events()
    assert (the_delivery().state, outcomes()) == (State.WAITING, ["not_allowed"])
    assert receiver.came == []


def test_410_disables_at_once_and_keeps_what_waits(
    event: Event, clock: Clock, receiver: Receiver, hook: Hook, adam: User
):
    receiver.answers = 410
    send_events()
    webhook = Webhook.objects.get()
    assert (webhook.state, webhook.disabled_because) == (Webhook.State.DISABLED, "gone")
    assert AuditEvent.objects.get(verb=Verb.WEBHOOK_DISABLED).actor == "machine:platforms"
    clock.passes(days=9)
    assert send_events() == 0
    assert the_delivery().state == State.WAITING
    receiver.answers = 204
    enable(webhook_id=webhook.pk, by=adam)
    send_events()
    assert the_delivery().state == State.DELIVERED


def test_who_asks_for_patience_is_given_it(event: Event, clock: Clock, receiver: Receiver, monkeypatch: Any):
    lease = lease_due(limit=1)[0]
    keep(lease, Result(Outcome.REFUSED, 429, retry_after=600))
    wait = the_delivery().next_attempt_at - timezone.now()
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)


# --- Several ---------------------------------------------------------------------------------------


def test_each_webhook_is_told_one_after_the_other_and_all_beside_each_other(
    northwind: Licensee, hook: Hook, receiver: Receiver, adam: User
):
    for _ in range(4):
        send_test(webhook_id=hook.webhook.pk, by=adam)
    receiver.sleeps = 0.1
    assert send_events() == 4
    assert receiver.most_at_once == 1
    assert [one.id for one in receiver.came] == list(Event.objects.values_list("public_id", flat=True))


def test_a_failing_server_is_left_alone_for_a_moment(
    hook: Hook, receiver: Receiver, adam: User, clock_only: Clock
):
    for _ in range(3):
        send_test(webhook_id=hook.webhook.pk, by=adam)
    receiver.answers = 503
    assert send_events() == 1
    assert send_events() == 0
    until_it_rests_no_more(clock_only)
    assert send_events() == 1
    receiver.answers = 204
    until_nothing_waits(clock_only)
    assert Webhook.objects.get().failures == 0
    assert EventDelivery.objects.filter(state=State.DELIVERED).count() == 3


@pytest.fixture
def clock_only(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_withdrawal_never_overtakes_its_request(
    event: Event, case: Case, clock: Clock, receiver: Receiver, ines: User, monkeypatch: pytest.MonkeyPatch
):
    receiver.answers = 500
    send_events()
    Case.every.filter(pk=case.pk).update(state=Case.State.WAITING, closed_at=None)
    case.refresh_from_db()
    acted_on(case, ines, **NOTHING)
    assert len(asked(monkeypatch)) == 2
    # The withdrawal is due, and its request is not.
    until_it_rests_no_more(clock)
    EventDelivery.objects.filter(event=event).update(next_attempt_at=timezone.now() + timedelta(hours=5))
    receiver.answers = 204
    send_events()
    assert len(receiver.came) == 1
    clock.passes(hours=6)
    send_events()
    assert [one.said["type"] for one in receiver.came] == [
        "action.requested",
        "action.requested",
        "action.withdrawn",
    ]


def test_another_licensees_webhook_hears_nothing(
    event: Event, clock: Clock, lakeside: Licensee, adam: User, receiver: Receiver
):
    theirs, _ = add_webhook(licensee=lakeside, url=receiver.url, by=adam)
    assert not theirs.deliveries.exists()
    send_events()
    assert len(receiver.came) == 1


def test_disabled_by_an_admin_it_hears_later(
    case: Case, mara: User, hook: Hook, adam: User, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    disable(webhook_id=hook.webhook.pk, by=adam)
    acted_on(case, mara)
    asked(monkeypatch)
    assert send_events() == 0
    enable(webhook_id=hook.webhook.pk, by=adam)
    Clock(monkeypatch).passes(minutes=1)
    assert send_events() == 1


# --- Workers that die ------------------------------------------------------------------------------


def test_a_killed_worker_loses_nothing_and_its_attempt_is_logged(
    event: Event, clock: Clock, receiver: Receiver
):
    """It leased, and was killed: nobody knows whether the message went out."""
    assert len(lease_due(limit=1)) == 1
    assert send_events() == 0
    clock.passes(minutes=5)
    assert send_events() == 1
    assert outcomes() == ["lost", "taken"]
    assert the_delivery().attempts == 2
    assert [one.id for one in receiver.came] == [event.public_id]


def test_a_worker_that_comes_back_late_spoils_nothing(event: Event, clock: Clock, receiver: Receiver):
    (late,) = lease_due(limit=1)
    clock.passes(minutes=5)
    send_events()
    keep(late, Result(Outcome.TOO_SLOW))
    assert the_delivery().state == State.DELIVERED
    assert Webhook.objects.get().failures == 0


def test_a_late_success_is_a_success(event: Event, clock: Clock, receiver: Receiver):
    (late,) = lease_due(limit=1)
    clock.passes(minutes=5)
    receiver.answers = 500
    send_events()
    keep(late, Result(Outcome.TAKEN, 200))
    assert the_delivery().state == State.DELIVERED


def test_keys_that_are_away_count_against_nobody(
    event: Event, clock: Clock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as away:
        away.setattr("scoring.evidence.cipher_of", lambda _: (_ for _ in ()).throw(KeyUnavailable("away")))
        for _ in range(20):
            with pytest.raises(KeyUnavailable):
                send_events()
            clock.passes(minutes=2)
    delivery = the_delivery()
    assert (delivery.state, delivery.attempts, delivery.tries, outcomes()) == (State.WAITING, 0, 0, [])
    send_events()
    assert the_delivery().state == State.DELIVERED


# --- Secrets ---------------------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_sign(
    event: Event, clock: Clock, receiver: Receiver, hook: Hook, adam: User
):
    _, newer = rotate_secret(webhook_id=hook.webhook.pk, by=adam)
    send_events()
    assert receiver.came[0].is_signed_with(newer) and receiver.came[0].is_signed_with(hook.secret)
    send_test(webhook_id=hook.webhook.pk, by=adam)
    clock.passes(days=8)
    send_events()
    assert receiver.came[1].is_signed_with(newer) and not receiver.came[1].is_signed_with(hook.secret)


def test_a_leaked_secret_ends_at_once(hook: Hook, receiver: Receiver, adam: User):
    _, newer = rotate_secret(webhook_id=hook.webhook.pk, by=adam)
    end_former_secret(webhook_id=hook.webhook.pk, by=adam)
    send_test(webhook_id=hook.webhook.pk, by=adam)
    send_events()
    assert receiver.came[0].is_signed_with(newer) and not receiver.came[0].is_signed_with(hook.secret)


def test_two_secrets_at_most(hook: Hook, receiver: Receiver, adam: User):
    _, second = rotate_secret(webhook_id=hook.webhook.pk, by=adam)
    _, third = rotate_secret(webhook_id=hook.webhook.pk, by=adam)
    send_test(webhook_id=hook.webhook.pk, by=adam)
    send_events()
    (message,) = receiver.came
    assert [message.is_signed_with(one) for one in (hook.secret, second, third)] == [False, True, True]


def test_a_secret_that_cannot_be_opened_sends_nothing_unsigned(
    event: Event, clock: Clock, receiver: Receiver, settings: Any
):
    settings.SECRET_KEY = "another key altogether, of another house"
    send_events()
    assert (outcomes(), receiver.came) == (["unsigned"], [])
    assert the_delivery().state == State.WAITING


def test_one_event_is_sent_again_with_the_same_id(
    event: Event, clock: Clock, receiver: Receiver, hook: Hook, adam: User
):
    send_events()
    replay(webhook_id=hook.webhook.pk, delivery_id=the_delivery().pk, by=adam)
    send_events()
    assert [one.id for one in receiver.came] == [event.public_id] * 2
