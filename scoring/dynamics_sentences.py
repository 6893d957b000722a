"""Puts the course of a conversation into plain words for a case page: facts, and nothing about what they mean."""

from scoring.dynamics_accounts import FEWEST, AccountCounts, Accounts
from scoring.dynamics_refusals import Refusals
from scoring.dynamics_times import LONGEST_GAP, SECOND, Times
from scoring.dynamics_trend import Trend

# A burstiness or a correlation nearer to 0 is not worth a sentence.
CLEAR = 0.3
# A share this near to a fraction is called by its name.
NEAR = 0.015
_FRACTIONS = (
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (1 / 2, "half"),
    (2 / 3, "two thirds"),
    (3 / 4, "three quarters"),
)


def account_sentences(accounts: Accounts) -> list[str]:
    """Say who wrote, asked and opened how much; nothing of shares where accounts are not told apart exactly."""
    if len(accounts.rows) == 1:
        return ["Only one account wrote."]
    if accounts.crowded or accounts.message_share() is None:
        return []
    return [_writing(list(accounts.rows.values())), _asking(accounts), _opening(accounts)]


def _writing(rows: list[AccountCounts]) -> str:
    messages, words = sum(row.messages for row in rows), sum(row.words for row in rows)
    most = max(rows, key=lambda row: (row.messages, row.words))
    wrote = f"One account wrote {percent(most.messages / messages)} of the messages"
    longest = max(row.words for row in rows)
    if not words:
        return f"{wrote}."
    if longest == most.words:
        return f"{wrote} and {percent(longest / words)} of the words."
    return f"{wrote}; another wrote {percent(longest / words)} of the words."


def _asking(accounts: Accounts) -> str:
    ratio, difference = accounts.question_ratio(), accounts.question_difference()
    if not ratio or difference is None:
        return ""
    others = "the other" if len(accounts.rows) == 2 else "the others"
    return (
        f"One account asked in {percent(ratio)} of its messages, {others} in {percent(ratio - difference)}."
    )


def _opening(accounts: Accounts) -> str:
    if accounts.initiation_share() is None:
        return ""
    most = max(row.openings for row in accounts.rows.values())
    total = accounts.openings
    return f"After pauses of six hours or more, one account wrote first {most:,} of {total:,} times."


def time_sentences(course: Times, openings: int) -> list[str]:
    """Say when the messages were sent, or that the source gives no times."""
    if not course.timed:
        return ["The source gives no times of sending."]
    return [_sittings(course, openings), _replying(course), _pace(course), _night(course)]


def _sittings(course: Times, openings: int) -> str:
    if not openings:
        return "No pause between messages lasted six hours." if course.gaps >= FEWEST else ""
    longest = "a year or more" if course.longest == LONGEST_GAP else duration(course.longest / SECOND)
    if openings == 1:
        return f"There was one pause of six hours or more; it lasted {longest}."
    return f"There were {openings:,} pauses of six hours or more; the longest lasted {longest}."


def _replying(course: Times) -> str:
    median = course.median_reply()
    if median is None:
        return ""
    return f"Half of the replies to another account came within about {duration(median)}."


def _pace(course: Times) -> str:
    burstiness = course.burstiness()
    if burstiness is None or abs(burstiness) < CLEAR:
        return ""
    if burstiness > 0:
        return "Messages came in quick runs with long pauses between them."
    return "Messages came at an even pace."


def _night(course: Times) -> str:
    share = course.night_share()
    if not share:
        return ""
    clock = (
        "by the clock of the conversation" if course.zoned else "in UTC, the only clock that the source gives"
    )
    verb = "was" if course.night == 1 else "were"
    return f"{sentence_share(share)} of the messages {verb} sent between 22:00 and 06:00 {clock}."


def trend_sentence(trend: Trend) -> str:
    """Say whether later messages weigh more or less, where that is clear."""
    correlation = trend.correlation()
    if correlation is None or abs(correlation) < CLEAR:
        return ""
    return f"Later messages weigh {'more' if correlation > 0 else 'less'} in the score than earlier ones."


def refusal_sentence(refusals: Refusals) -> str:
    """Say how often a request of another account followed a no."""
    count, pressed = refusals.counted()
    if not count or refusals.persistence() is None:
        return ""
    if count == 1:
        asked = "another account asked" if pressed else "no other account asked"
        return f"One message said no or stop; {asked} something soon after."
    after = f"{pressed:,}" if pressed else "none"
    return f"{count:,} messages said no or stop; soon after {after} of them another account asked something."


def percent(share: float) -> str:
    """Write a share in whole per cent, never 0 or 100 where it is not quite that."""
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else f"{100 * share:.0f} %"


def sentence_share(share: float) -> str:
    """Write a share as a sentence begins, by a fraction's name where it is near one."""
    name = next((f"about {name}" for value, name in _FRACTIONS if abs(share - value) <= NEAR), percent(share))
    return name[:1].upper() + name[1:]


def duration(seconds: float) -> str:
    """Write a span in the largest unit that says enough."""
    if seconds < 59.5:
        return _counted(max(1, round(seconds)), "second")
    if seconds < 120 * 60:
        return _counted(round(seconds / 60), "minute")
    if seconds < 48 * 3_600:
        return _counted(round(seconds / 3_600), "hour")
    return _counted(round(seconds / 86_400), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}" if number == 1 else f"{number:,} {unit}s"
