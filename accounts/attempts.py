"""Guessing is slowed down: tries to get in are counted by name, by address, and by both.

A try is counted before it is looked at, so that guesses sent side by side do not slip through together. Names that
nobody has are counted like all others: a wait says nothing about who exists.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import SignInAttempt
from accounts.sealed_secrets import keyed_digest

WINDOW = timedelta(minutes=15)
# Somebody who forgot a password tries a few times from one place. The larger figures stop guessing from many places,
# and one place that guesses at many people, without letting a stranger lock a person out by a handful of tries.
MOST_BY_PERSON_AND_ADDRESS = 8
MOST_BY_PERSON = 40
MOST_BY_ADDRESS = 80


def limits(*, person: str, address: str) -> list[tuple[bytes, int]]:
    """Under which names a try is counted, and how many may fail in the window."""
    return [
        (keyed_digest(f"person and address\x00{person}\x00{address}"), MOST_BY_PERSON_AND_ADDRESS),
        (keyed_digest(f"person\x00{person}"), MOST_BY_PERSON),
        (keyed_digest(f"address\x00{address}"), MOST_BY_ADDRESS),
    ]


def count(counted: Iterable[tuple[bytes, int]], *, now: datetime) -> datetime | None:
    """Count one more try. None: it may be looked at; else the moment from which the next one may.

    A try that is not looked at is not counted either: who waits is not made to wait longer.
    """
    SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
    rows = SignInAttempt.objects.bulk_create(SignInAttempt(counted_as=name, at=now) for name, _ in counted)
    until = max(filter(None, (_blocked_until(name, most) for name, most in counted)), default=None)
    if until is not None:
        SignInAttempt.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return until


def forget(counted: Iterable[tuple[bytes, int]]) -> None:
    """It was they: what they mistyped counts no longer. What the address tried with other names still does."""
    names = [name for name, most in counted if most != MOST_BY_ADDRESS]
    SignInAttempt.objects.filter(counted_as__in=names).delete()


def _blocked_until(name: bytes, most: int) -> datetime | None:
    """The oldest of the last `most` tries before this one ends the wait when it has aged."""
    recent = SignInAttempt.objects.filter(counted_as=name).order_by("-at", "-pk").values_list("at", flat=True)
    oldest = list(recent[most : most + 1])
    return oldest[0] + WINDOW if oldest else None
