"""When a message that did not arrive is sent again: soon at first, then ever more slowly, for three days in all."""

import random
from datetime import timedelta

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=18),
    timedelta(hours=22),
)
# Of each wait, so that what failed together does not come back together.
JITTER = 0.1
# A server that says how long to wait is listened to, within reason.
LONGEST_ASKED = timedelta(hours=1)
LONGEST_REST = timedelta(minutes=1)


def wait_after(tries: int, *, asked: int | None = None) -> timedelta | None:
    """After so many tries; None: it is given up."""
    if tries > len(WAITS):
        return None
    wait = WAITS[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    return max(wait, min(timedelta(seconds=asked), LONGEST_ASKED)) if asked else wait


def rest_after(failures: int) -> timedelta:
    """How long nothing else is sent to a server that failed: it may be under load."""
    return min(timedelta(seconds=2 ** min(failures, 10) / 2), LONGEST_REST) if failures else timedelta()
