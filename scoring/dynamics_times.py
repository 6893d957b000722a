"""When people write: gaps between messages, sittings, replies and hours, as whole numbers of milliseconds.

A gap lies between two neighbouring messages that both carry a time. Clocks are the platform's and may be wrong: a
clock that runs backwards gives a gap of 0, and no gap counts for more than 366 days.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from math import log2, sqrt
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from scoring.dynamics_accounts import FEWEST

SECOND = 1_000
A_MINUTE = 60.0
# A longer pause ends a sitting, and what follows it is an opening, not a reply.
PAUSE = 6 * 3_600 * SECOND
LONGEST_GAP = 366 * 86_400 * SECOND
MOST_SITTINGS = 24.0
NIGHT_BEGINS, NIGHT_ENDS = 22, 6

# Bins of replies: under a second, then each half a doubling wide up to six hours.
BINS_A_DOUBLING = 2
BINS = 30

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24 * 60 * 60 * 1_000  # Milliseconds.

_NO_REPLIES: Mapping[int, int] = MappingProxyType({})

Moment: TypeAlias = int | None


def moment(sent_at: datetime | None) -> Moment:
    """Return milliseconds since 1970 in UTC; None where there is no time, or one without a zone."""
    if sent_at is None or sent_at.utcoffset() is None:
        return None
    return milliseconds(sent_at)


def milliseconds(at: datetime) -> int:
    """Return milliseconds since 1970 in UTC of a time with a zone."""
    since = at - _EPOCH
    return since.days * _DAY + since.seconds * 1_000 + since.microseconds // 1_000


def is_night(at: datetime) -> bool:
    """Whether a time lies between 22:00 and 06:00 by its own clock."""
    return not NIGHT_ENDS <= at.hour < NIGHT_BEGINS


def gap(before: Moment, after: Moment) -> Moment:
    """Return the milliseconds between two messages, 0 to 366 days; None where one has no time."""
    if before is None or after is None:
        return None
    return min(max(after - before, 0), LONGEST_GAP)


def is_pause(between: Moment) -> bool:
    """Whether a gap ends a sitting."""
    return between is not None and between >= PAUSE


def reply_bin(between: int) -> int:
    """Return the number of the bin, 0 to 29, of a gap of less than six hours."""
    return 0 if between < SECOND else 1 + int(BINS_A_DOUBLING * log2(between / SECOND))


def _begins(number: int) -> float:
    """The seconds where a bin begins."""
    return 2 ** ((number - 1) / BINS_A_DOUBLING) if number else 0.0


class Times(NamedTuple):
    """What the times of a run add up to.

    `timed` messages carry a time: `night` of them lie between 22:00 and 06:00 by the offset that the time carries,
    `zoned` carry an offset other than 0, and `exact` stand off the full minute. `total`, `squares` and `longest`
    are of all `gaps`. `replies` counts by bin the gaps before a message of another account, within a sitting.
    """

    timed: int = 0
    night: int = 0
    zoned: int = 0
    exact: int = 0
    gaps: int = 0
    total: int = 0
    squares: int = 0
    longest: int = 0
    replies: Mapping[int, int] = _NO_REPLIES
    first_at: Moment = None
    last_at: Moment = None

    @classmethod
    def of(
        cls,
        sent: Sequence[datetime | None],
        moments: Sequence[Moment],
        between: Sequence[Moment],
        keys: Sequence[int],
    ) -> "Times":
        """Sum up a run of messages, at least one: their times, `moment` of each, gaps between, and accounts."""
        timed = [at for at, known in zip(sent, moments, strict=True) if at is not None and known is not None]
        night = [at for at in timed if is_night(at)]
        zoned = [at for at in timed if at.utcoffset()]
        exact = [at for at in timed if at.second or at.microsecond]
        gaps = [each for each in between if each is not None]
        squares = [each * each for each in gaps]
        counts = len(timed), len(night), len(zoned), len(exact)
        sums = (len(gaps), sum(gaps), sum(squares), max(gaps)) if gaps else (0, 0, 0, 0)
        return cls(*counts, *sums, _replies(between, keys) if gaps else {}, moments[0], moments[-1])

    def merge(self, later: "Times", *, is_reply: bool) -> "Times":
        """Return both together; `is_reply` says that another account than the last wrote first in `later`."""
        between = gap(self.last_at, later.first_at)
        known = 0 if between is None else between
        return Times(
            self.timed + later.timed,
            self.night + later.night,
            self.zoned + later.zoned,
            self.exact + later.exact,
            self.gaps + later.gaps + (between is not None),
            self.total + later.total + known,
            self.squares + later.squares + known * known,
            max(self.longest, later.longest, known),
            _added(self.replies, later.replies, between if is_reply else None),
            self.first_at,
            later.last_at,
        )

    def reply_latency(self) -> float | None:
        """The median time until another account replies within a sitting, in doublings, log₂(1 + seconds): 0 to 14.4.

        Exact to half a doubling, since replies are counted in bins. None under 5 replies.
        """
        seconds = self.median_reply()
        return None if seconds is None else log2(1 + seconds)

    def median_reply(self) -> float | None:
        """The same in seconds, 0 to 21,600: the place within the bin where half of the replies are counted.

        Where all times are full minutes, not under 60.
        """
        total = sum(self.replies.values())
        if total < FEWEST:
            return None
        bins = sorted(self.replies)
        counted = list(accumulate(self.replies[each] for each in bins))
        place = bisect_left(counted, total / 2)
        chosen = bins[place]
        within = 1 - (counted[place] - total / 2) / self.replies[chosen]
        end = min(_begins(chosen + 1), PAUSE / SECOND)
        median = _begins(chosen) + within * (end - _begins(chosen))
        return median if self.exact else max(median, A_MINUTE)

    def burstiness(self) -> float | None:
        """(σ − μ)/(σ + μ) of the gaps, −1 (a steady beat) over 0 (by chance) to 1 (bursts and long silences).

        Goh and Barabási 2008, Europhysics Letters 81:48002. None under 5 gaps, and where all are 0.
        """
        if self.gaps < FEWEST or not self.total:
            return None
        # Whole numbers, so nothing is lost where a large square is taken from another.
        deviation = sqrt(self.gaps * self.squares - self.total**2)
        return (deviation - self.total) / (deviation + self.total)

    def night_share(self) -> float | None:
        """Messages between 22:00 and 06:00, as a share of those with a time: 0 to 1.

        By the clock of the offset that each time carries; a source that writes all times in UTC gives hours of UTC.
        None under 5 messages with a time.
        """
        return self.night / self.timed if self.timed >= FEWEST else None

    def longest_gap(self) -> float | None:
        """The longest gap in doublings, log₂(1 + seconds): 0 to 24.92 (366 days). None without a gap."""
        return log2(1 + self.longest / SECOND) if self.gaps else None

    def sittings(self, openings: int) -> float | None:
        """The number of sittings apart by pauses of six hours or more, as log₂: 0 (one sitting) to 24 (then cut off).

        `openings` is the number of such pauses. None without a gap.
        """
        return min(log2(1 + openings), MOST_SITTINGS) if self.gaps else None


def _replies(between: Sequence[Moment], keys: Sequence[int]) -> dict[int, int]:
    replies: dict[int, int] = {}
    for each, before, after in zip(between, keys, keys[1:], strict=False):
        if before != after and each is not None and each < PAUSE:
            chosen = reply_bin(each)
            replies[chosen] = replies.get(chosen, 0) + 1
    return replies


def _added(earlier: Mapping[int, int], later: Mapping[int, int], reply: Moment) -> Mapping[int, int]:
    if reply is None and not later:
        return earlier
    together = dict(earlier)
    for each, count in later.items():
        together[each] = together.get(each, 0) + count
    if reply is not None and reply < PAUSE:
        chosen = reply_bin(reply)
        together[chosen] = together.get(chosen, 0) + 1
    return together
