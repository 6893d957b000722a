"""What the person at the terminal sees of an import: a progress bar while it runs, and a table at its end."""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from scoring.incoming import Fault

WIDTH = 30
SECONDS_BETWEEN = 0.2
SECONDS_BETWEEN_LINES = 10.0
MOST_SHOWN = 100


@dataclass
class Tally:
    """Counts of one import. A conversation counts once, however many calls it took."""

    conversations: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    # Entries that are no message of a person, by what they are.
    left_out: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    @property
    def refused(self) -> int:
        return self.conversations["refused"]

    def rate(self) -> float:
        """Messages a second, accepted and duplicate."""
        taken = self.messages["accepted"] + self.messages["duplicate"]
        return taken / max(0.001, time.monotonic() - self.began)

    def table(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        kinds = ("accepted", "duplicate", "refused")
        yield f"{'':15}" + "".join(f"{kind:>12}" for kind in kinds)
        for name, counts in (("conversations", self.conversations), ("messages", self.messages)):
            yield f"{name:15}" + "".join(f"{counts[kind]:>12,}" for kind in kinds)
        if self.reasons:
            yield "Refused because:"
        for reason, count in self.reasons.most_common():
            yield f"{count:>10,} × {reason}"
        if self.left_out:
            yield "Left out:"
        for what, count in self.left_out.most_common():
            yield f"{count:>10,} × {what}"
        seconds = time.monotonic() - self.began
        yield f"{seconds:,.1f} s, {self.rate():,.0f} messages a second, peak memory {peak_megabytes():,.0f} MB"


class Progress:
    """A bar that is drawn over itself on a terminal; elsewhere a line now and then."""

    def __init__(self, stream: TextIO, *, total: int) -> None:
        self.stream = stream
        self.total = max(1, total)
        self.is_terminal = stream.isatty()
        self.drawn_at = time.monotonic()
        self.shown = 0

    def show(self, done: int, tally: Tally) -> None:
        pause = SECONDS_BETWEEN if self.is_terminal else SECONDS_BETWEEN_LINES
        if time.monotonic() - self.drawn_at >= pause:
            self.drawn_at = time.monotonic()
            self._write(self._bar(min(1.0, done / self.total), tally))

    def refuse(self, place: str, fault: Fault) -> None:
        """Say where and why, up to a number; the table counts all."""
        self.shown += 1
        if self.shown <= MOST_SHOWN:
            self.clear()
            where = f"{place}, {fault.pointer}" if fault.pointer else place
            self.stream.write(f"Refused {where}: {fault.detail}\n")
        elif self.shown == MOST_SHOWN + 1:
            self.stream.write("Further refusals are only counted.\n")

    def clear(self) -> None:
        if self.is_terminal:
            self.stream.write("\r\x1b[K")

    def _bar(self, share: float, tally: Tally) -> str:
        full = round(share * WIDTH)
        conversations = sum(tally.conversations.values())
        return (
            f"[{'█' * full}{'░' * (WIDTH - full)}] {share:4.0%}  {conversations:,} conversations, "
            f"{tally.rate():,.0f} messages a second"
        )

    def _write(self, line: str) -> None:
        self.stream.write(f"\r\x1b[K{line}" if self.is_terminal else f"{line}\n")
        self.stream.flush()


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
