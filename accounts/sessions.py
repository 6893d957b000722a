"""How long a person stays signed in: a while without an act, some hours at most, and no longer than others allow.

The session says when it began and when it was last used; ending all sessions is a moment in the person's row, which
every request reads anyway, so that it counts at the next click.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from accounts.models import User

KEY = "signed_in"
# Written at most so often: a page of many requests is one use.
WRITTEN_EVERY = timedelta(minutes=1)


def begin(session: SessionBase, *, now: datetime) -> None:
    session[KEY] = {"at": now.isoformat(), "used": now.isoformat()}


def began_at(session: SessionBase) -> datetime | None:
    kept = session.get(KEY)
    return datetime.fromisoformat(str(kept["at"])) if isinstance(kept, dict) else None


def use(session: SessionBase, *, now: datetime) -> None:
    kept = session[KEY]
    if now - datetime.fromisoformat(kept["used"]) >= WRITTEN_EVERY:
        session[KEY] = {**kept, "used": now.isoformat()}


def end_all(person: User, *, now: datetime) -> None:
    """Whoever is signed in as this person is out at the next click."""
    User.objects.filter(pk=person.pk).update(sessions_ended_at=now)


def why_over(session: SessionBase, person: User, *, now: datetime) -> str:
    """Why this session opens nothing any more, as a sentence; empty while it does."""
    kept = session.get(KEY)
    if not isinstance(kept, dict):
        return "Sign in with your second factor."
    began, used = (datetime.fromisoformat(str(kept[name])) for name in ("at", "used"))
    if person.sessions_ended_at is not None and began <= person.sessions_ended_at:
        return "Your sessions were ended. Sign in again."
    if now - began >= timedelta(hours=settings.ARTEMIS_SIGNED_IN_HOURS):
        return (
            f"You have been signed in for {settings.ARTEMIS_SIGNED_IN_HOURS} hours. Sign in again to go on."
        )
    if now - used >= timedelta(minutes=settings.ARTEMIS_IDLE_MINUTES):
        return f"Nothing was done for {settings.ARTEMIS_IDLE_MINUTES} minutes. Sign in again to go on."
    return ""
