"""What others do to a person's way in: end what is open, and take away what was lost. Nobody does it unrecorded."""

from django.db import transaction
from django.utils import timezone

from accounts import second_factor, sessions
from accounts.models import User
from audit.record import About, Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb

OWN = "This is your own way in: change it under “How you sign in”."
REASON = "Say in a sentence how you know that it is they who ask: somebody else may be asking in their name."
SHORTEST_REASON = 12


def end_sessions(*, person: User, by: Actor) -> None:
    """They are out at the next click, everywhere, and may sign in again."""
    with transaction.atomic():
        second_factor.lock(person)
        sessions.end_all(person, now=timezone.now())
        record(Verb.SESSIONS_ENDED, by=by, about=_about(person))


def take_app_away(*, person: User, reason: str, by: Actor) -> None:
    """Their app, recovery codes and security keys end, and so do their sessions; the next sign-in sets up new ones.

    Raises NotPossible where a person would take away their own: a stolen session must not be able to change the lock.
    """
    if by.actor_name == person.actor_name:
        raise NotPossible(OWN)
    if len(reason.strip()) < SHORTEST_REASON:
        raise NotPossible(REASON)
    with transaction.atomic():
        second_factor.lock(person)
        if not second_factor.has_one(person):
            raise NotPossible(f"{person.name} has no authenticator app: the next sign-in asks for one.")
        second_factor.take_away(person=person)
        sessions.end_all(person, now=timezone.now())
        record(Verb.SECOND_FACTOR_TAKEN_AWAY, by=by, about=_about(person), reason=reason.strip()[:300])


def _about(person: User) -> About:
    return About(object_type="person", object_id=str(person.pk))
