"""Keeps the demo's processes running: one that dies is started again, later each time it dies at once."""

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
LIVED_WELL = 60.0  # seconds after which a death counts as the first again


@dataclass
class Supervised:
    """One process of the demo, its log, and when it may be started again."""

    name: str
    log: Path
    start: Callable[[], subprocess.Popen[bytes]]
    child: subprocess.Popen[bytes] | None = None
    delay: float = FIRST_DELAY
    started_at: float = 0.0
    due_at: float = 0.0

    def run(self) -> None:
        self.child, self.started_at, self.due_at = self.start(), time.monotonic(), 0.0

    def died(self) -> bool:
        return self.child is not None and self.child.poll() is not None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Called again and again: announces a death once, and starts the process again when its delay is over."""
        if self.child is None or self.child.poll() is None:
            return
        if not self.due_at:
            delay = self._next_delay()
            self.due_at = time.monotonic() + delay
            say(
                f"{self.name} ended ({ending(self.child)}); it starts again in {delay:.0f} s. Log: {self.log}"
            )
        elif time.monotonic() >= self.due_at:
            self.run()
            say(f"{self.name} was started again.")

    def _next_delay(self) -> float:
        lived_well = time.monotonic() - self.started_at > LIVED_WELL
        delay = FIRST_DELAY if lived_well else self.delay
        self.delay = min(delay * 2, LONGEST_DELAY)
        return delay


def stop_together(*processes: Supervised, seconds: float) -> None:
    """Ask all at once to finish what they do, wait for all, then end what is left."""
    children = [process.child for process in processes if process.child is not None]
    for child in children:
        child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(0.0, deadline - time.monotonic()))
            continue
        child.kill()
        child.wait()


def ending(child: subprocess.Popen[bytes]) -> str:
    code = child.returncode
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
