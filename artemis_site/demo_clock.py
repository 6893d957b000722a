"""The demo's clock: its four weeks are done by the verbs of everybody, each act at the moment that it tells of.

All of Artemis asks `timezone.now()` for the time, and that asks the clock here while it is moved. Only load_demo moves
it, in its own process: the machine, the database and the sealer know nothing of it. What it leaves in the trail is as
true as the rest of the demo.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from typing import Any
from unittest.mock import patch

from django.utils import timezone


class Clock:
    """Stands still until it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def set(self, moment: datetime) -> None:
        self.moment = moment

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)


@contextmanager
def moved_clock(moment: datetime) -> Iterator[Clock]:
    clock = Clock(moment)

    class Likeness(type):
        """Every moment stays what it is: only whoever asks for the present is answered from here."""

        def __instancecheck__(cls, thing: Any) -> bool:
            return isinstance(thing, datetime)

    class Moved(datetime, metaclass=Likeness):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.moment.astimezone(tz)

    with patch.object(timezone, "datetime", Moved):
        yield clock
