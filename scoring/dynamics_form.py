"""Reads the course of a conversation from its row of numbers, in which the compiled loops sum it up."""

from typing import TypeAlias

import numpy as np

from scoring import compiled_course as at
from scoring.dynamics_accounts import AccountCounts, Accounts
from scoring.dynamics_refusals import Fact, Refusals
from scoring.dynamics_times import Moment, Times
from scoring.dynamics_trend import Trend

Parts: TypeAlias = tuple[Accounts, Times, Trend, Refusals]


def parts_of(course: np.ndarray) -> Parts:
    """Return accounts, times, trend and refusals of a course, [COURSE] int64, that holds a message."""
    rows: list[int] = course.tolist()
    wide = {place: (rows[place] << at.WIDE) + rows[place + 1] for place in (at.SQUARES, at.XY, at.YY)}
    accounts = {
        rows[place]: AccountCounts._make(rows[place + 1 : place + at.ROW])
        for place in range(at.ROWS, at.ROWS + at.ROW * rows[at.ALL_ACCOUNTS], at.ROW)
    }
    replies = {number: count for number, count in enumerate(rows[at.REPLIES : at.ROWS]) if count}
    return (
        Accounts(accounts, bool(rows[at.CROWDED])),
        Times(
            timed=rows[at.TIMED],
            night=rows[at.NIGHT],
            zoned=rows[at.ZONED],
            exact=rows[at.EXACT],
            gaps=rows[at.GAPS],
            total=rows[at.TOTAL],
            squares=wide[at.SQUARES],
            longest=rows[at.LONGEST],
            replies=replies,
            first_at=_moment(rows[at.FIRST_AT]),
            last_at=_moment(rows[at.LAST_AT]),
        ),
        Trend._make([*rows[at.READ_MESSAGES : at.Y + 1], wide[at.XY], wide[at.YY]]),
        Refusals(
            rows[at.DECIDED],
            rows[at.PRESSED],
            _facts(rows[at.HEAD :], rows[at.ENDS]),
            _facts(rows[at.TAIL :], rows[at.ENDS]),
        ),
    )


def _moment(at_time: int) -> Moment:
    return None if at_time == at.NO_TIME else at_time


def _facts(rows: list[int], count: int) -> tuple[Fact, ...]:
    return tuple(
        Fact(rows[place], bool(rows[place + 1] & at.REFUSES), bool(rows[place + 1] & at.ASKS))
        for place in range(0, 2 * count, 2)
    )
