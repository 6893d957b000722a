"""Step-up: before an act that cannot be undone, a person shows again that it is they who sit here.

That is the password. A confirmation counts for a short time, in the session
in which it was given, and for one purpose only. Recording it, and counting failures, is the caller's: the trail lies
above this app.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User

CONFIRMED_FOR = timedelta(minutes=5)
MOST_FAILURES = 5
FAILURES_COUNT_FOR = timedelta(minutes=15)
KEY = "step_up"
Session = SessionBase | dict[str, Any]


def proves(person: User, secret: str) -> bool:
    """Is this the secret of that person? It costs the same time whether or not it is."""
    return person.check_password(secret)


def remember(session: Session, *, purpose: str, at: datetime) -> None:
    """Keep it in the session: one purpose at a time, so that confirming the next thing ends the last."""
    session[KEY] = {"purpose": purpose, "at": at.isoformat()}


def confirmed_at(session: Session, *, purpose: str, now: datetime) -> datetime | None:
    """When this session last confirmed this very purpose; None where that is too long ago."""
    kept = session.get(KEY)
    if not isinstance(kept, dict) or kept.get("purpose") != purpose:
        return None
    at = datetime.fromisoformat(str(kept["at"]))
    return at if is_fresh(at, now=now) else None


def forget(session: Session) -> None:
    """The act is done: the next one is confirmed anew."""
    session[KEY] = None


def is_fresh(at: datetime | None, *, now: datetime) -> bool:
    return at is not None and now - CONFIRMED_FOR <= at <= now


def blocked_until(failures: Sequence[datetime], *, now: datetime) -> datetime | None:
    """After too many failures in a short time nothing is tried any more, until the oldest of them has aged."""
    recent = sorted(at for at in failures if at > now - FAILURES_COUNT_FOR)
    if len(recent) < MOST_FAILURES:
        return None
    return recent[-MOST_FAILURES] + FAILURES_COUNT_FOR
