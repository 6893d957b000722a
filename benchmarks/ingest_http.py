"""The API over real HTTP (gunicorn), for benchmarks/ingest.py: calls of several sizes, and a file in bulk."""

import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.ingest_ways import BEGAN_AT, BY, MESSAGES_EACH, TEXT
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key
from scoring.bulk_running import run_step
from scoring.models import BulkJob

REPOSITORY = Path(__file__).resolve().parent.parent
CALL, BULK = "/api/v1/conversations", "/api/v1/conversations/bulk"
CONVERSATIONS_A_PIECE = 100


@dataclass(frozen=True)
class Handed:
    """`stored`: seconds until the answer; `taken`: until the last line was done; the most memory that either held."""

    bytes: int
    messages: int
    stored: float
    taken: float
    megabytes_web: float
    megabytes_worker: float


class Web:
    """One gunicorn process and a key for it."""

    def __init__(self, licensee: Licensee, port: int, process: subprocess.Popen[bytes]) -> None:
        scopes = [scope.value for scope in ApiKey.Scope]
        self.secret = issue_key(licensee=licensee, label="benchmark", scopes=scopes, by=BY)[1]
        self.port, self.process = port, process

    def post(self, path: str, body: Any, *, kind: str, length: int | None = None) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": kind}
        if length is not None:
            headers["Content-Length"] = str(length)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
        assert answer.status == 202, (answer.status, read[:300])  # noqa: S101 - a rate of refusals means nothing
        found: dict[str, Any] = json.loads(read)
        return found

    def megabytes(self) -> float:
        """The most that any of its processes has held so far."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return max(_peak(int(pid)) for pid in (*children, self.process.pid))


@contextmanager
def web(licensee: Licensee) -> Iterator[Web]:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "artemis_site.wsgi:application"),
        f"--bind=127.0.0.1:{port}",
    ]
    options = [
        "--worker-class=gthread",
        "--workers=1",
        "--threads=4",
        "--log-level=error",
        "--no-control-socket",
    ]
    process = subprocess.Popen([*command, *options], cwd=REPOSITORY)
    try:
        _wait(port)
        yield Web(licensee, port, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def calls(web: Web, count: int, *, size: int) -> float:
    """Seconds for so many conversations, `size` a call."""
    bodies = []
    for first in range(0, count, size):
        items = [_conversation(f"http-{size}-{number}") for number in range(first, min(count, first + size))]
        bodies.append(json.dumps({"conversations": items}).encode())
    began = time.perf_counter()
    for body in bodies:
        web.post(CALL, body, kind="application/json")
    return time.perf_counter() - began


def file(web: Web, count: int, *, name: str) -> Handed:
    """A generated file, never whole in memory, in one body; then each line taken in by a worker in this process."""
    length = sum(len(piece) for piece in _lines(count, name))
    began = time.perf_counter()
    job = web.post(BULK, _lines(count, name), kind="application/x-ndjson", length=length)
    stored = time.perf_counter() - began
    while run_step():
        pass
    taken = time.perf_counter() - began
    done = BulkJob.objects.get(pk=job["id"])
    assert (done.state, done.conversations_accepted) == ("done", count), done.note  # noqa: S101
    here = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Handed(length, count * MESSAGES_EACH, stored, taken, web.megabytes(), here)


def _lines(count: int, name: str) -> Iterator[bytes]:
    for first in range(0, count, CONVERSATIONS_A_PIECE):
        numbers = range(first, min(count, first + CONVERSATIONS_A_PIECE))
        yield b"".join(json.dumps(_conversation(f"{name}-{number}")).encode() + b"\n" for number in numbers)


def _conversation(name: str) -> dict[str, Any]:
    messages = [
        {
            "id": f"{name}-{number}",
            "sender": f"u{number % 2}",
            "sent_at": (BEGAN_AT + timedelta(minutes=number)).isoformat(),
            "text": TEXT,
        }
        for number in range(MESSAGES_EACH)
    ]
    return {"id": name, "messages": messages}


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("gunicorn did not begin to answer within a minute.")
