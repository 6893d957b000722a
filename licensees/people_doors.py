"""What others do to a person's way in: end what is open, and take away what was lost. Nobody does it unrecorded."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts import second_factor, sessions
from accounts.models import User
from accounts.roles import Role
from audit.record import About, Actor, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.proposal_policies import (
    check_enough_admins_without,
    check_has_a_factor,
    check_is_active,
    check_is_deactivated,
    check_not_oneself,
    check_only_fewer,
    check_reason,
    check_roles_change,
)

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

    Called by what two admins confirmed, and by the operator's command. Raises NotPossible where a person would take
    away their own: a stolen session must not be able to change the lock.
    """
    if by.actor_name == person.actor_name:
        raise NotPossible(OWN)
    if len(reason.strip()) < SHORTEST_REASON:
        raise NotPossible(REASON)
    with transaction.atomic():
        second_factor.lock(person)
        check_has_a_factor(person)
        second_factor.take_away(person=person)
        sessions.end_all(person, now=timezone.now())
        record(Verb.SECOND_FACTOR_TAKEN_AWAY, by=by, about=_about(person), reason=reason.strip()[:300])


def change_roles(*, person: User, roles: Collection[Role], by: Actor, reason: str) -> None:
    """Counts at once: every request reads them anew. More roles take two admins; fewer take one."""
    with transaction.atomic():
        _lock_admins()
        second_factor.lock(person)
        check_roles_change(person, roles)
        if Role.ADMIN not in roles:
            check_enough_admins_without(person)
        before = sorted(role.value for role in person.roles)
        after = sorted(role.value for role in roles)
        person.groups.set(Group.objects.filter(name__in=after))
        payload = {"from": before, "to": after}
        record(Verb.ROLES_CHANGED, by=by, about=_about(person), payload=payload, reason=reason.strip()[:300])
    person.__dict__.pop("roles", None)


def take_roles_away(*, person: User, roles: Collection[Role], by: User, reason: str) -> None:
    """What one admin may do alone: `roles` are those that stay, fewer than now."""
    check_not_oneself(person, by)
    check_reason(reason)
    check_only_fewer(person, roles)
    change_roles(person=person, roles=roles, by=by, reason=reason)


def deactivate(*, person: User, reason: str, by: User) -> None:
    """They are out at the next click and cannot come back in; their roles and assignments wait for their return.

    Raises NotPossible for oneself, and where fewer than two admins would be left.
    """
    check_not_oneself(person, by)
    check_reason(reason)
    with transaction.atomic():
        _lock_admins()
        second_factor.lock(person)
        person.refresh_from_db()
        check_is_active(person)
        check_enough_admins_without(person)
        person.is_active = False
        person.save(update_fields=["is_active"])
        sessions.end_all(person, now=timezone.now())
        record(Verb.PERSON_DEACTIVATED, by=by, about=_about(person), reason=reason.strip()[:300])


def reactivate(*, person: User, reason: str, by: Actor) -> None:
    """Called by what two admins confirmed. Password and second factor are as they were."""
    with transaction.atomic():
        second_factor.lock(person)
        person.refresh_from_db()
        check_is_deactivated(person)
        person.is_active = True
        person.save(update_fields=["is_active"])
        record(Verb.PERSON_REACTIVATED, by=by, about=_about(person), reason=reason.strip()[:300])


def _lock_admins() -> None:
    """One act at a time on who is an admin: two who leave at once must not pass each other."""
    Group.objects.select_for_update(no_key=True).get(name=Role.ADMIN.value)


def _about(person: User) -> About:
    return About(object_type="person", object_id=str(person.pk))
