"""The conversation as it is read: turns, with the days and the silences between them. Pure: no database, no clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

NOTABLE_SILENCE = timedelta(minutes=30)


class Said(Protocol):
    @property
    def sent_at(self) -> datetime | None: ...


Message = TypeVar("Message", bound=Said)


@dataclass(frozen=True)
class Day:
    """A new day begins."""

    date: date
    kind: str = "day"


@dataclass(frozen=True)
class Silence:
    """So long nobody wrote."""

    label: str
    kind: str = "silence"


@dataclass(frozen=True)
class Turn(Generic[Message]):
    message: Message
    kind: str = "turn"


def timeline(
    messages: Iterable[Message], before: datetime | None = None
) -> Iterator[Day | Silence | Turn[Message]]:
    """Messages in order of their numbers; one without a time, or before the one it follows, gets no silence. `before`:
    when the message was sent that stands before them."""
    for message in messages:
        now = message.sent_at
        if now is not None:
            yield from _between(before, now)
            before = now
        yield Turn(message)


def _between(before: datetime | None, now: datetime) -> Iterator[Day | Silence]:
    silence = now - before if before else timedelta()
    if silence >= NOTABLE_SILENCE:
        yield Silence(in_words(silence))
    day = now.astimezone(UTC).date()
    if before is None or before.astimezone(UTC).date() != day:
        yield Day(day)


def in_words(silence: timedelta) -> str:
    """The largest unit that says enough: “41 minutes”, “3 hours”, “6 days”."""
    minutes = round(silence.total_seconds() / 60)
    if minutes < 120:
        return _counted(minutes, "minute")
    if minutes < 48 * 60:
        return _counted(round(minutes / 60), "hour")
    return _counted(round(minutes / 60 / 24), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
