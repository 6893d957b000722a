"""The worker is killed with -9, a real process, at each step: before it is done there, and after it was done."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from referrals.cybertip_standin import Answer, ReportState, StandIn
from referrals.cybertip_standin_http import Server
from referrals.delivering import go_on, release_packet, start_anew
from referrals.models import Delivery, Packet, Recipient
from referrals.sending import send_released
from referrals.tests.conftest import approved_by, ask
from referrals.tests.deliveries import LOGIN, now_due, story
from review.models import Case

REPOSITORY = Path(__file__).resolve().parents[2]
COURIER = "import django; django.setup(); from referrals.tasks import send_released; send_released()"
CALLS = ["submit", "upload", "fileinfo", "finish"]
State = Delivery.State
WHY = "The worker was killed in a test."


class Gate(StandIn):
    """Holds one call, before or after it is done, until the test has killed the caller."""

    def __init__(self) -> None:
        super().__init__(login=LOGIN)
        self.held, self.after = "", False
        self.arrived, self.opened = threading.Event(), threading.Event()

    def hold(self, call: str, *, after: bool) -> None:
        self.held, self.after = call, after
        self.arrived.clear()
        self.opened.clear()

    def _pass(self, call: str, *, after: bool) -> None:
        if (call, after) == (self.held, self.after):
            self.held = ""
            self.arrived.set()
            self.opened.wait(60)
            if not after:
                raise ConnectionAbortedError("The caller is gone, and so is what it asked for.")

    def submit(self, document: bytes) -> Answer:
        self._pass("submit", after=False)
        answer = super().submit(document)
        self._pass("submit", after=True)
        return answer

    def upload(self, number: str, name: str, data: bytes) -> Answer:
        self._pass("upload", after=False)
        answer = super().upload(number, name, data)
        self._pass("upload", after=True)
        return answer

    def fileinfo(self, document: bytes) -> Answer:
        self._pass("fileinfo", after=False)
        answer = super().fileinfo(document)
        self._pass("fileinfo", after=True)
        return answer

    def finish(self, number: str) -> Answer:
        self._pass("finish", after=False)
        answer = super().finish(number)
        self._pass("finish", after=True)
        return answer


@pytest.fixture
def standin() -> Gate:
    return Gate()


def courier() -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "ARTEMIS_KEYS": str(settings.ARTEMIS_KEYS),
        "ARTEMIS_DELIVERY_SECONDS": "60",
        "DJANGO_SETTINGS_MODULE": "artemis_site.settings",
        "PYTHONPATH": str(REPOSITORY),
    }
    return subprocess.Popen([sys.executable, "-c", COURIER], cwd=REPOSITORY, env=environment)


@pytest.fixture
def packet_to_send(
    transactional_db: None, case: Case, mara: User, otto: User, clearing_house: Recipient
) -> Iterator[Packet]:
    """Committed, so that another process sees it."""
    return approved_by(ask(case, mara, clearing_house), otto)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("call", CALLS)
def test_a_killed_worker_never_makes_a_second_report(
    call: str, packet_to_send: Packet, clearing_house: Recipient, standin: Gate, server: Server, otto: User
) -> None:
    delivery = release_packet(packet_id=packet_to_send.pk, by=otto, seen_revision=clearing_house.revision)
    for after in (False, True):
        standin.hold(call, after=after)
        worker = courier()
        assert standin.arrived.wait(60), "the worker did not come that far"
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        standin.opened.set()

        step = "file_info" if call == "fileinfo" else call
        assert Delivery.objects.get(pk=delivery.pk).state == State.SENDING
        assert story(delivery)[-1] == f"{step} intended"
        assert send_released() == 0, "its lease still runs"
        now_due(delivery)
        calls = len(standin.calls)
        assert send_released() == 1
        assert len(standin.calls) == calls, "nothing is repeated"
        assert Delivery.objects.get(pk=delivery.pk).state == State.UNKNOWN
        assert story(delivery)[-1] == f"{step} unknown"
        last_time = after
        act = go_on if last_time and call != "submit" else start_anew
        act(delivery_id=delivery.pk, by=otto, reason=WHY)

    send_released()
    if Delivery.objects.get(pk=delivery.pk).state == State.FAILED:
        # The details of a file are taken once: what was done already is refused, and said so.
        assert call == "fileinfo"
        start_anew(delivery_id=delivery.pk, by=otto, reason=WHY)
        send_released()
    arrived = Delivery.objects.get(pk=delivery.pk)
    (report,) = standin.in_state(ReportState.FINISHED)
    assert (arrived.state, arrived.reference) == (State.ACKNOWLEDGED, str(report.number))
    assert arrived.receipts.count() == 1
