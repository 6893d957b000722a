"""Who serves which licensee: a role plus a django-guardian object permission on that licensee."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from guardian.models import UserObjectPermission
from guardian.shortcuts import (
    assign_perm,
    get_objects_for_user,
    get_users_with_perms,
    remove_perm,
)

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.record import Actor, record
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.policies import check_can_serve, check_serves

PERMISSION_OF_ROLE = {
    Role.MODERATOR: "moderate",
    Role.SUPERVISOR: "supervise",
    Role.AUDITOR: "audit",
}


def licensees_served_by(person: User, *roles: Role) -> QuerySet[Licensee]:
    """The licensees that this person serves in any of these roles: the scope of every queryset with evidence."""
    served = Licensee.objects.none()
    for role in roles:
        if person.has_role(role):
            permission = f"licensees.{PERMISSION_OF_ROLE[role]}"
            served |= get_objects_for_user(person, permission, Licensee, accept_global_perms=False)
    return served


def serves(person: User, licensee_id: int, *roles: Role) -> bool:
    return licensees_served_by(person, *roles).filter(pk=licensee_id).exists()


def people_serving(licensee: Licensee, role: Role) -> QuerySet[User]:
    return _assigned(licensee, role).filter(is_active=True, groups__name=role.value).order_by("name")


def people_who_could_serve(licensee: Licensee, role: Role) -> QuerySet[User]:
    """Everybody who holds the role and does not serve this licensee in it."""
    serving = people_serving(licensee, role).values("pk")
    return (
        User.objects.filter(is_active=True, groups__name=role.value).exclude(pk__in=serving).order_by("name")
    )


def given_assignments() -> Iterator[tuple[int, int, Role]]:
    """(person's id, licensee's id, role) of all; the role may have been taken from the person since."""
    role_of = {permission: role for role, permission in PERMISSION_OF_ROLE.items()}
    given = UserObjectPermission.objects.filter(
        content_type=ContentType.objects.get_for_model(Licensee), permission__codename__in=role_of
    )
    for person_id, licensee_id, permission in given.values_list(
        "user_id", "object_pk", "permission__codename"
    ):
        yield person_id, int(licensee_id), role_of[permission]


def assigned_since(licensee: Licensee) -> dict[tuple[int, str], datetime]:
    """{(person's id, role): since when}, as the trail says: guardian's own rows carry no time."""
    given = AuditEvent.objects.filter(
        licensee_id=licensee.pk, object_type="licensee", verb=Verb.ASSIGNMENT_GIVEN
    )
    newest_last = given.order_by("at").values_list("payload__person", "payload__role", "at")
    return {(person_id, role): at for person_id, role, at in newest_last}


def assign(*, person: User, licensee: Licensee, role: Role, by: Actor) -> None:
    with transaction.atomic():
        _lock(licensee)
        check_can_serve(person, licensee, role, serves_already=serves(person, licensee.pk, role))
        assign_perm(PERMISSION_OF_ROLE[role], person, licensee)
        record(
            Verb.ASSIGNMENT_GIVEN,
            by=by,
            about=licensee.about(),
            payload={"person": person.pk, "role": role.value},
        )


def end_assignment(*, person: User, licensee: Licensee, role: Role, by: Actor) -> None:
    """Ends at once: every request of this person asks for the assignment anew."""
    with transaction.atomic():
        _lock(licensee)
        check_serves(person, licensee, role, serves=_assigned(licensee, role).contains(person))
        remove_perm(PERMISSION_OF_ROLE[role], person, licensee)
        record(
            Verb.ASSIGNMENT_ENDED,
            by=by,
            about=licensee.about(),
            payload={"person": person.pk, "role": role.value},
        )


def _assigned(licensee: Licensee, role: Role) -> QuerySet[User]:
    """Also those who have lost the role since: an assignment must still be possible to end."""
    permissions = [PERMISSION_OF_ROLE[role]]
    found = get_users_with_perms(licensee, only_with_perms_in=permissions, with_group_users=False)
    return cast(QuerySet[User], found)


def _lock(licensee: Licensee) -> None:
    """One assignment at a time for each licensee; conversations that come in are not held up by it."""
    Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
