"""Who serves which licensee: a role plus a django-guardian object permission on that licensee."""

from django.db import transaction
from django.db.models import QuerySet
from guardian.shortcuts import (
    assign_perm,
    get_objects_for_user,
    get_users_with_perms,
    remove_perm,
)

from accounts.models import User
from accounts.roles import Role
from audit.record import Actor, record
from audit.verbs import Verb
from licensees.models import Licensee

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
            served |= get_objects_for_user(
                person, permission, Licensee, accept_global_perms=False
            )
    return served


def serves(person: User, licensee_id: int, *roles: Role) -> bool:
    return licensees_served_by(person, *roles).filter(pk=licensee_id).exists()


def people_serving(licensee: Licensee, role: Role) -> QuerySet[User]:
    holders = get_users_with_perms(
        licensee, only_with_perms_in=[PERMISSION_OF_ROLE[role]], with_group_users=False
    )
    return holders.filter(is_active=True, groups__name=role.value).order_by("name")


def assign(*, person: User, licensee: Licensee, role: Role, by: Actor) -> None:
    with transaction.atomic():
        assign_perm(PERMISSION_OF_ROLE[role], person, licensee)
        record(
            Verb.ASSIGNMENT_GIVEN,
            by=by,
            about=licensee.about(),
            payload={"person": person.pk, "role": role.value},
        )


def end_assignment(*, person: User, licensee: Licensee, role: Role, by: Actor) -> None:
    with transaction.atomic():
        remove_perm(PERMISSION_OF_ROLE[role], person, licensee)
        record(
            Verb.ASSIGNMENT_ENDED,
            by=by,
            about=licensee.about(),
            payload={"person": person.pk, "role": role.value},
        )
