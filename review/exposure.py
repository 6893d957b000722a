"""What one person has read today, and since when they have been reading; shown to that person only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from accounts.row_scope import system_scope
from licensees.together import Statement, ask
from scoring.models import Score

# Every case is at least of the band “high”, since only a flag opens one: the imminent ones are the severe ones.
SEVERE = Score.Band.IMMINENT
PAUSE = "pause"
LOOKED_BACK = timedelta(hours=12)
# Each part is bounded by one day of one person and read by an index, however long the history. A claim asks them, so
# they are written out: to compose them takes longer than to answer them. The band of each case is looked up one by one:
# joined, a plan from stale figures may read all the cases there are.
TODAY = """
    SELECT coalesce(sum(messages), 0)::int,
           count(*) FILTER (WHERE (SELECT band FROM review_case WHERE id = case_id) = %(severe)s)
      FROM (SELECT case_id, count(*) AS messages FROM review_reveal
             WHERE revealed_by_id = %(person)s AND revealed_at >= %(midnight)s GROUP BY case_id) reveal
"""
STRETCHES = """
    SELECT claimed_at, ended_at, expires_at, (SELECT band FROM review_case WHERE id = case_id)
      FROM review_claim
     WHERE holder_id = %(person)s AND claimed_at >= %(since)s
    UNION ALL
    SELECT claimed_at, decided_at, expires_at, (SELECT band FROM review_case WHERE id = case_id)
      FROM review_secondreview
     WHERE reviewer_id = %(person)s AND claimed_at >= %(since)s
    UNION ALL
    SELECT began_at, ends_at, ends_at, %(pause)s
      FROM review_pause WHERE person_id = %(person)s AND ends_at >= %(since)s
"""


@dataclass(frozen=True)
class Stretch:
    """From when to when a person had a case open, and whether it was a severe one."""

    began_at: datetime
    ended_at: datetime
    severe: bool


@dataclass(frozen=True)
class Exposure:
    """What one person has read today, and since when they have been reading."""

    revealed: int
    severe: int
    working_since: datetime | None
    paused_until: datetime | None
    # Of the last cases, the newest first: was it a severe one?
    recent: tuple[bool, ...] = ()

    @property
    def enough(self) -> bool:
        return 0 < settings.ARTEMIS_DAILY_MESSAGES <= self.revealed

    @property
    def enough_severe(self) -> bool:
        return 0 < settings.ARTEMIS_DAILY_SEVERE_CASES <= self.severe

    @property
    def must_rest(self) -> bool:
        """No case now: a pause lasts, or is to begin, or the day's messages are read."""
        return self.paused_until is not None or self.pause_due or self.enough

    @property
    def minutes(self) -> int:
        """Minutes since the last pause."""
        since = self.working_since
        return int((timezone.now() - since).total_seconds() // 60) if since else 0

    @property
    def pause_due(self) -> bool:
        pauses = settings.ARTEMIS_PAUSE_MINUTES > 0 and self.paused_until is None
        return pauses and 0 < settings.ARTEMIS_REVIEW_MINUTES <= self.minutes


@system_scope("what a person has read counts, of whichever licensee it was")
def exposure(person: User) -> Exposure:
    return exposure_of(ask(**about_exposure(person)))


def about_exposure(person: User) -> dict[str, Statement]:
    """The questions, to be asked together with others."""
    facts = {
        "person": person.pk,
        "severe": SEVERE.value,
        "midnight": midnight(),
        "since": timezone.now() - LOOKED_BACK,
        "pause": PAUSE,
    }
    return {"today": Statement(TODAY, facts, 2), "stretches": Statement(STRETCHES, facts, 4)}


def exposure_of(answers: Mapping[str, Sequence[Any]]) -> Exposure:
    now, [[revealed, severe]] = timezone.now(), answers["today"]
    stretches, rested_at = _stretches(answers["stretches"], now)
    return Exposure(
        revealed=revealed,
        severe=severe,
        working_since=working_since(stretches, now=now, rest=rest(), rested_at=rested_at),
        paused_until=rested_at if rested_at and rested_at > now else None,
        recent=tuple(one.severe for one in reversed(stretches)),
    )


def working_since(
    stretches: Sequence[Stretch], *, now: datetime, rest: timedelta, rested_at: datetime | None = None
) -> datetime | None:
    """When the present stretch of reviewing began; None for who is rested. Pure.

    `stretches` are in order of their beginnings. No open case for as long as `rest` is a pause, as is a recorded one
    that ended at `rested_at`.
    """
    since, until = None, None
    for stretch in stretches:
        if since is None or until is None or stretch.began_at - until >= rest:
            since, until = stretch.began_at, stretch.ended_at
        until = max(until, stretch.ended_at)
    if since is None or until is None or now - until >= rest:
        return None
    if rested_at is None or rested_at <= since:
        return since
    return rested_at if rested_at < until else None


def midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def rest() -> timedelta:
    return timedelta(minutes=settings.ARTEMIS_PAUSE_MINUTES)


def _stretches(rows: Sequence[Any], now: datetime) -> tuple[list[Stretch], datetime | None]:
    """Of first and of second reviews, in order of their beginnings; and when the last recorded pause ends."""
    read = sorted(([*map(_moment, row[:3]), row[3]] for row in rows), key=lambda row: row[0])
    stretches = [
        Stretch(began_at, min(at for at in (ended_at, expires_at, now) if at), band == SEVERE)
        for began_at, ended_at, expires_at, band in read
        if band != PAUSE
    ]
    ends = [ends_at for _, ends_at, _, band in read if band == PAUSE and ends_at]
    return stretches, max(ends, default=None)


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
