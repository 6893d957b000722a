"""The doorbell: a broker that is away, or takes the call and says nothing, holds nobody up and raises nothing."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings

from licensees.models import Licensee
from scoring import tasks
from scoring.doorbell import TASK, ring
from scoring.models import ModelVersion, Score
from tests.factories import make_conversation

# Twice what ring() promises, for a busy machine.
PATIENCE = 4


@pytest.fixture
def broker_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def use(path: Path) -> None:
        for name in ("broker_url", "broker_read_url", "broker_write_url"):
            monkeypatch.setitem(current_app.conf.changes, name, f"redis+socket://{path}?virtual_host=0")

    return use


def _seconds_to_ring() -> float:
    began = time.monotonic()
    ring()
    return time.monotonic() - began


def test_ringing_leaves_one_message_without_arguments():
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery")
    ring()
    assert client.llen("celery") == 1
    assert b'"argsrepr": "()"' in client.lindex("celery", 0)
    client.delete("celery")


def test_the_doorbell_rings_for_the_task_that_scores():
    assert tasks.score_pending.name == TASK


@pytest.mark.django_db
def test_a_backlog_is_worked_off_in_short_runs_that_let_others_in(
    northwind: Licensee, champion: ModelVersion, settings, monkeypatch: pytest.MonkeyPatch
):
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("celery")
    settings.ARTEMIS_SCORING_BATCH = 1
    monkeypatch.setattr(tasks, "SECONDS_A_RUN", 0)
    for number in range(3):
        make_conversation(northwind, external_id=f"c{number}")
    tasks.score_pending()
    assert Score.objects.count() == 1
    assert client.llen("celery") == 1
    client.delete("celery")


def test_a_dead_broker_holds_nobody_up(broker_at, tmp_path: Path):
    broker_at(tmp_path / "nobody-listens.sock")
    assert _seconds_to_ring() < PATIENCE


def test_a_mute_broker_holds_nobody_up(broker_at, tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / "mute.sock"))
        mute.listen()
        broker_at(tmp_path / "mute.sock")
        assert _seconds_to_ring() < PATIENCE
