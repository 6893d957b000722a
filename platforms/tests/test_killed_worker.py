"""The worker is a real process, under row-level security as in production, and is killed with -9 on its way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from platforms.models import Attempt, Event, EventDelivery, UnreadDecision, Webhook
from platforms.tests.acts import acted_on
from platforms.tests.conftest import Hook
from platforms.tests.receiver import Receiver
from platforms.webhooks import send_test
from review.models import Case

REPOSITORY = Path(__file__).resolve().parents[2]
RUN = "import django; django.setup(); from platforms import tasks; tasks.{task}()"
pytestmark = pytest.mark.django_db(transaction=True)


def worker(task: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "ARTEMIS_KEYS": str(settings.ARTEMIS_KEYS),
        "ARTEMIS_WEBHOOK_PRIVATE": "on",
        "ARTEMIS_WEBHOOK_SECONDS": "30",
        "DJANGO_SETTINGS_MODULE": "artemis_site.settings",
        "PYTHONPATH": str(REPOSITORY),
    }
    return subprocess.Popen([sys.executable, "-c", RUN.format(task=task)], cwd=REPOSITORY, env=environment)


def until(reached: Callable[[], object]) -> None:
    end = time.monotonic() + 40
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_killed_while_the_server_has_the_message_it_is_told_again_with_the_same_id(
    hook: Hook, receiver: Receiver, adam: User
):
    event = send_test(webhook_id=hook.webhook.pk, by=adam)
    receiver.sleeps = 30
    first = worker("send_events")
    until(lambda: receiver.came)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    delivery = EventDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    # Its lease still stands: nobody else sends.
    assert worker("send_events").wait(40) == 0
    assert len(receiver.came) == 1
    Webhook.objects.update(look_after=timezone.now() - timedelta(seconds=1))
    receiver.sleeps = 0
    assert worker("send_events").wait(40) == 0
    assert [one.id for one in receiver.came] == [event.public_id] * 2
    assert EventDelivery.objects.get().state == "delivered"
    assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == ["lost", "taken"]


def test_a_process_of_its_own_reads_decisions_and_tells_of_them(
    case: Case, mara: User, hook: Hook, receiver: Receiver
):
    """Thirteen real seconds: nothing moves the clock of another process."""
    acted_on(case, mara)
    assert worker("write_events").wait(40) == 0
    assert not Event.objects.exists() and UnreadDecision.objects.exists()
    time.sleep(max(0.0, 13 - (timezone.now() - case.decisions.get().decided_at).total_seconds()))
    assert worker("write_events").wait(40) == 0
    assert worker("send_events").wait(40) == 0
    assert receiver.came[0].said["data"]["subject"] == "u0"
