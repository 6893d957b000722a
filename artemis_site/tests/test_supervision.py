"""The demo's processes are looked after: started again, later each time, and stopped together."""

import signal
import sys
import threading
import time

import pytest

from artemis_site import supervision
from artemis_site.children import start_child, wait_until
from artemis_site.supervision import Supervised, stop_together

# Python 3.12 and later warn because another test's live server may still have a thread.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def run(tmp_path):
    """Start Python code under supervision; nothing of it outlives the test."""
    everything = []

    def start(code, name="worker"):
        log = tmp_path / f"{name}.log"
        process = Supervised(
            name=name, log=log, start=lambda: start_child([sys.executable, "-c", code], log=log)
        )
        process.run()
        everything.append(process)
        return process

    yield start
    stop_together(*everything, seconds=0)


def test_a_process_that_ended_is_said_once_and_started_again(run):
    process = run("import sys; sys.exit(3)")
    process.delay = 0.0
    first = process.child
    assert wait_until(process.died, seconds=10)
    said = []

    process.look_after(said.append)
    process.look_after(said.append)

    assert said == [
        f"worker ended (exit code 3); it starts again in 0 s. Log: {process.log}",
        "worker was started again.",
    ]
    assert process.child is not first


def test_nothing_is_said_of_a_process_that_runs(run):
    process = run("import time; time.sleep(60)")
    said = []
    process.look_after(said.append)
    assert said == []


def test_a_process_that_dies_at_once_waits_longer_each_time(run):
    process = run("")
    assert [process._next_delay() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_process_that_lived_well_is_started_soon(run):
    process = run("")
    process.delay = 30.0
    process.started_at = time.monotonic() - 61
    assert process._next_delay() == 1


def test_a_killed_process_is_named_by_its_signal(run):
    process = run("import time; time.sleep(60)")
    process.child.send_signal(signal.SIGKILL)
    process.child.wait()
    assert supervision.ending(process.child) == "signal SIGKILL"


def test_all_are_asked_to_stop_and_those_that_do_not_are_ended(run, tmp_path):
    ready = "print('ready', flush=True); "
    stubborn = run(
        f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {ready}time.sleep(60)", "a"
    )
    gentle = run(
        f"import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); {ready}time.sleep(60)",
        "b",
    )
    assert wait_until(lambda: all("ready" in p.log.read_text() for p in (stubborn, gentle)), seconds=10)

    stop_together(stubborn, gentle, seconds=0.5)

    assert (stubborn.child.returncode, gentle.child.returncode) == (-signal.SIGKILL, 0)


def test_a_child_must_not_be_started_by_a_thread_that_may_end_before_it(tmp_path):
    refusals = []

    def start():
        try:
            start_child(["true"], log=tmp_path / "log")
        except RuntimeError as refusal:
            refusals.append(str(refusal))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refusals == [
        "Start children from the main thread: the death signal is sent when the *thread* ends."
    ]
