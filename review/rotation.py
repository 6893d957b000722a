"""Rotation: after three severe cases in a row a milder one, where nobody in danger waits longer for it. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

IN_A_ROW = 3
# So much must be left to an imminent case before it is passed over: another person has time to take it.
SPARE = timedelta(minutes=30)


def milder_next(recent: Sequence[bool], *, most_urgent_due_at: datetime, now: datetime) -> bool:
    """Whether to look for a milder case before the most urgent one, which is severe.

    `recent` says of the person's last cases, the newest first, whether each was severe.
    """
    return in_a_row(recent) and most_urgent_due_at - now >= SPARE


def in_a_row(recent: Sequence[bool]) -> bool:
    return len(recent) >= IN_A_ROW and all(recent[:IN_A_ROW])
