"""Counts, for every threshold, the conversations that reach it for the first time, day by day.

At a threshold of 0.60 a case would have been opened for each conversation whose highest probability passed 0.60, on the
day when it did. The worker adds what a batch raised, so the cost grows with new work only, and asking what another
threshold would bring reads a row a day however many scores there are.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from django.db import connection

from scoring.models import Score

# Policies are set in hundredths.
THRESHOLDS = tuple(hundredth / 100 for hundredth in range(1, 101))
ADD = """
    INSERT INTO scoring_arrivalsday AS day (licensee_id, day, reached) VALUES (%s, %s, %s::int[])
        ON CONFLICT (licensee_id, day) DO UPDATE SET
           reached = (SELECT array_agg(was + new ORDER BY place)
                        FROM unnest(day.reached, EXCLUDED.reached) WITH ORDINALITY AS one (was, new, place))
"""


@dataclass(frozen=True)
class Raised:
    """One score that was just stored, and the highest probability of its conversation before it."""

    licensee_id: int
    score: Score
    before: float | None


def highest_after(before: Score | None, probability: float | None) -> float | None:
    """The highest probability that a conversation ever had, its newest included; None: it was never judged."""
    earlier = before.highest if before else None
    return max((one for one in (earlier, probability) if one is not None), default=None)


def reached(probability: float | None) -> int:
    """How many of the thresholds lie at or under this probability."""
    return 0 if probability is None else bisect_right(THRESHOLDS, probability)


def count(batch: Iterable[Raised]) -> None:
    """Add a stored batch to its days, in its transaction; others wait for these rows."""
    days: dict[tuple[int, date], list[int]] = {}
    for one in batch:
        first, last = reached(one.before), reached(one.score.highest)
        if first < last:
            key = (one.licensee_id, one.score.scored_at.astimezone(UTC).date())
            sums = days.setdefault(key, [0] * len(THRESHOLDS))
            for place in range(first, last):
                sums[place] += 1
    _add(sorted(days.items()))


def _add(days: Sequence[tuple[tuple[int, date], list[int]]]) -> None:
    """In one order, so that two workers wait for each other and never block each other."""
    with connection.cursor() as cursor:
        for (licensee_id, day), sums in days:
            cursor.execute(ADD, [licensee_id, day, sums])
