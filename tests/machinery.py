"""The running parts, for real: a trained model, a Celery worker and beat as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from accounts.models import User
from scoring import registry
from scoring.models import ModelVersion
from scoring.pipeline import Model
from scoring.sample_corpus import generate
from scoring.training import train
from tests.people import TESTS

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def sample_model() -> Model:
    """A real model, trained once for this run on a small sample corpus."""
    corpus = generate(seed=7, count=400, share_positive=0.5, split="train")
    return train(corpus, seed=7, name="sample of the tests", demonstration=True)[0]


@pytest.fixture
def champion(sample_model: Model, adam: User) -> ModelVersion:
    """That model, registered and promoted by Adam."""
    version = registry.register(model=sample_model, name="sample of the tests", card={}, by=TESTS)
    return registry.promote(model_id=version.pk, by=adam)


class Program:
    """A child process in a group of its own, so that kill -9 takes its children with it."""

    def __init__(self, *words: str, log: Path) -> None:
        self.words, self.log = words, log
        self.start()

    def start(self) -> None:
        environment = os.environ | {
            "ARTEMIS_KEYS": str(settings.ARTEMIS_KEYS),
            "ARTEMIS_SCORING_LEASE_SECONDS": "2",
            "PYTHONPATH": str(REPOSITORY),
        }
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Program]:
    program = Program(
        *[
            "celery",
            "-A",
            "artemis_site",
            "worker",
            "-c",
            "2",
            "-l",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        ],
        log=tmp_path / "worker.log",
    )
    yield program
    program.kill()


@pytest.fixture
def beat(tmp_path: Path) -> Iterator[Program]:
    schedule = str(tmp_path / "beat-schedule")
    words = [*["celery", "-A", "artemis_site", "beat", "-l", "WARNING", "-s"], schedule]
    program = Program(*words, log=tmp_path / "beat.log")
    yield program
    program.kill()


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    yield client
    client.flushall()
    client.close()


def wait_until(question: Callable[[], bool], *, seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            raise AssertionError(f"Not within {seconds:g} seconds: {what}")
        time.sleep(0.2)
