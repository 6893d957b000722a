"""Step-up: before an act that weighs, a person shows again that it is they who sit here.

That is the password. A confirmation counts for a short time, in the session in which it was given, and for one class
of acts only. Counting and recording it is `audit/confirming.py`, since the trail lies above this app; asking for it is
`artemis_site/asking_again.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib.sessions.backends.base import SessionBase
from django.db import models

from accounts import sessions

View = TypeVar("View", bound=Callable[..., Any])

CONFIRMED_FOR = timedelta(minutes=5)
KEY = "step_up"
Session = SessionBase | dict[str, Any]


class Purpose(models.TextChoices):
    """The classes of acts that ask again: who confirms one may do more of the same for a few minutes."""

    UNVEILING = "unveiling", "see who the accounts are"
    EXPORT = "export", "take something out of the house"
    KEYS = "keys", "change what lets a platform in"
    PEOPLE = "people", "change who may do what"
    POLICY = "policy", "change what counts for everybody"


def asks_again(purpose: Purpose) -> Callable[[View], View]:
    """Who sends a form here shows first that it is they; what was typed waits meanwhile."""

    def declare(view: View) -> View:
        view.asks_again = purpose  # type: ignore[attr-defined]
        return view

    return declare


def remember(session: Session, *, purpose: str, at: datetime) -> None:
    """Keep it in the session. Of acts that are confirmed one by one (`approve:7`), the next ends the last."""
    kept = session.get(KEY)
    others = kept if isinstance(kept, dict) and "purpose" not in kept else {}
    session[KEY] = {**others, _class_of(purpose): {"purpose": purpose, "at": at.isoformat()}}


def confirmed_at(session: Session, *, purpose: str, now: datetime) -> datetime | None:
    """When this session last confirmed this very purpose; None where that is too long ago."""
    kept = session.get(KEY)
    given = kept.get(_class_of(purpose)) if isinstance(kept, dict) else None
    if not isinstance(given, dict) or given.get("purpose") != purpose:
        return None
    at = datetime.fromisoformat(str(given["at"]))
    return at if is_fresh(at, now=now) else None


def needs_no_asking(session: SessionBase, *, purpose: Purpose, now: datetime) -> bool:
    """Confirmed just now; or signed in just now, which is a password and a second factor."""
    return confirmed_at(session, purpose=purpose, now=now) is not None or is_fresh(
        sessions.began_at(session), now=now
    )


def forget(session: Session, *, purpose: str) -> None:
    """The act is done: the next one is confirmed anew."""
    kept = session.get(KEY)
    if isinstance(kept, dict):
        session[KEY] = {name: given for name, given in kept.items() if name != _class_of(purpose)}


def is_fresh(at: datetime | None, *, now: datetime) -> bool:
    return at is not None and now - CONFIRMED_FOR <= at <= now


def _class_of(purpose: str) -> str:
    return str(purpose).partition(":")[0]
