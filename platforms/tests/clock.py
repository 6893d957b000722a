"""A clock that goes on when it is told to."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, self.ahead = timezone.now, timedelta()
        monkeypatch.setattr(timezone, "now", lambda: real() + self.ahead)

    def passes(self, **time: float) -> None:
        self.ahead += timedelta(**time)

    def reaches(self, moment: datetime) -> None:
        self.ahead += max(timedelta(), moment - timezone.now())
