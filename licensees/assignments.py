"""Who serves which licensee: a role plus a django-guardian object permission on that licensee."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from guardian.models import UserObjectPermission
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import User
from accounts.roles import Role
from accounts.row_scope import Kind, show_rows_of
from audit.models import AuditEvent
from audit.record import About, Actor, Machine, record
from audit.verbs import Verb
from licensees.models import AssignmentTerm, Licensee
from licensees.policies import check_can_serve, check_ends_later, check_serves
from licensees.together import ask

PERMISSION_OF_ROLE = {
    Role.MODERATOR: "moderate",
    Role.SUPERVISOR: "supervise",
    Role.AUDITOR: "audit",
}


CALENDAR = Machine("calendar")
ROLE_OF_PERMISSION = {permission: role for role, permission in PERMISSION_OF_ROLE.items()}
Assignments = dict[int, frozenset[tuple[Role, int]]]
# {person: what they were assigned to when this request began}; None outside a request, where each question is asked.
_known: ContextVar[Assignments | None] = ContextVar("assignments", default=None)


@contextmanager
def one_request() -> Iterator[None]:
    """Inside, a person's assignments are read once. What is revoked ends with the requests that have begun."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def read_person(person_id: int) -> User | None:
    """Whoever asks, with their roles and assignments: in one question, and for this one request."""
    answers = ask(
        person=User.objects.filter(pk=person_id),
        roles=Group.objects.filter(user=person_id).values_list("name", flat=True),
        given=_given_to(person_id).values_list("permission__codename", "object_pk"),
    )
    if not answers["person"]:
        return None
    person: User = answers["person"][0]
    known = _known.get()
    if known is not None:
        person.roles = frozenset(role for role in Role if role.value in answers["roles"])
        known[person.pk] = _read(answers["given"])
    return person


def show_rows_to(person: User) -> None:
    """For the rest of this request the database shows the rows of the licensees that this person serves."""
    kind = Kind.ADMIN if person.has_role(Role.ADMIN) else Kind.PERSON
    served = {licensee_id for _, licensee_id in _assignments_of(person)}
    show_rows_of(served, person_id=person.pk, kind=kind)


def served_by(person: User, *roles: Role) -> frozenset[int]:
    """The ids of the licensees that this person serves in any of these roles."""
    held = {role for role in roles if person.has_role(role)}
    if not held:
        return frozenset()
    return frozenset(licensee_id for role, licensee_id in _assignments_of(person) if role in held)


def licensees_served_by(person: User, *roles: Role) -> QuerySet[Licensee]:
    """The licensees that this person serves in any of these roles: the scope of every queryset with evidence."""
    return Licensee.objects.filter(pk__in=served_by(person, *roles))


def serves(person: User, licensee_id: int, *roles: Role) -> bool:
    return licensee_id in served_by(person, *roles)


def _assignments_of(person: User) -> frozenset[tuple[Role, int]]:
    known = _known.get()
    if known is not None and person.pk in known:
        return known[person.pk]
    found = _read(_given_to(person).values_list("permission__codename", "object_pk"))
    if known is not None:
        known[person.pk] = found
    return found


def _given_to(person: User | int) -> QuerySet[UserObjectPermission]:
    licensees = ContentType.objects.get_for_model(Licensee)
    given: QuerySet[UserObjectPermission] = UserObjectPermission.objects.filter(
        in_force(), user_id=getattr(person, "pk", person), content_type=licensees
    )
    return given


def in_force() -> Q:
    """Of guardian's rows: one that has an end ends by itself, whether or not somebody has swept by."""
    return Q(term=None) | Q(term__ends_at__gt=timezone.now())


def _read(rows: Iterable[tuple[str, str]]) -> frozenset[tuple[Role, int]]:
    return frozenset(
        (ROLE_OF_PERMISSION[permission], int(licensee_id))
        for permission, licensee_id in rows
        if permission in ROLE_OF_PERMISSION
    )


def _forget() -> None:
    """What was read is not so any more."""
    known = _known.get()
    if known is not None:
        known.clear()


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
    return assignments_in(given_rows())


def given_rows() -> QuerySet[Any, Any]:
    """The same as the database keeps it, to be asked together with others."""
    licensees = ContentType.objects.get_for_model(Licensee)
    given = UserObjectPermission.objects.filter(
        in_force(), content_type=licensees, permission__codename__in=ROLE_OF_PERMISSION
    )
    return given.values_list("user_id", "object_pk", "permission__codename")


def assignments_in(rows: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, int, Role]]:
    for person_id, licensee_id, permission in rows:
        yield person_id, int(licensee_id), ROLE_OF_PERMISSION[permission]


def about_serving_pairs(role: Role, licensee_ids: Iterable[int]) -> QuerySet[Any, Any]:
    """Who serves these licensees in this role now, by account, role and assignment; asked together with others."""
    given = UserObjectPermission.objects.filter(
        in_force(),
        content_type=ContentType.objects.get_for_model(Licensee),
        permission__codename=PERMISSION_OF_ROLE[role],
        object_pk__in=[str(licensee_id) for licensee_id in licensee_ids],
        user__is_active=True,
        user__groups__name=role.value,
    )
    return given.values_list("user_id", "object_pk")


def pairs_in(rows: Iterable[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """(person's id, licensee's id)"""
    for person_id, licensee_id in rows:
        yield person_id, int(licensee_id)


def assigned_since(licensee: Licensee) -> dict[tuple[int, str], datetime]:
    """{(person's id, role): since when}, as the trail says: guardian's own rows carry no time."""
    given = AuditEvent.objects.filter(
        licensee_id=licensee.pk, object_type="licensee", verb=Verb.ASSIGNMENT_GIVEN
    )
    newest_last = given.order_by("at").values_list("payload__person", "payload__role", "at")
    return {(person_id, role): at for person_id, role, at in newest_last}


def assign(
    *, person: User, licensee: Licensee, role: Role, by: Actor, ends_at: datetime | None = None
) -> None:
    """With `ends_at` it ends by itself at that moment."""
    with transaction.atomic():
        _lock(licensee)
        check_can_serve(person, licensee, role, serves_already=serves(person, licensee.pk, role))
        # One that has ended by itself, and that no sweep has taken away yet.
        remove_perm(PERMISSION_OF_ROLE[role], person, licensee)
        given = assign_perm(PERMISSION_OF_ROLE[role], person, licensee)
        payload: dict[str, Any] = {"person": person.pk, "role": role.value}
        if ends_at is not None:
            check_ends_later(licensee, ends_at)
            AssignmentTerm.objects.create(permission_id=_pk_of(given), ends_at=ends_at)
            payload["until"] = ends_at.isoformat()
        _forget()
        record(Verb.ASSIGNMENT_GIVEN, by=by, about=licensee.about(), payload=payload)


def _pk_of(given: Any) -> int:
    return int(given.pk)


def end_assignment(*, person: User, licensee: Licensee, role: Role, by: Actor) -> None:
    """Ends at once: every request of this person asks for the assignment anew."""
    with transaction.atomic():
        _lock(licensee)
        check_serves(person, licensee, role, serves=_assigned(licensee, role).contains(person))
        remove_perm(PERMISSION_OF_ROLE[role], person, licensee)
        _forget()
        record(
            Verb.ASSIGNMENT_ENDED,
            by=by,
            about=licensee.about(),
            payload={"person": person.pk, "role": role.value},
        )


def end_lapsed(*, limit: int = 200) -> int:
    """Take away what has ended by itself, and write it down; it opened nothing since. Answers how many."""
    with transaction.atomic():
        over = AssignmentTerm.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            ends_at__lte=timezone.now(), permission__permission__codename__in=ROLE_OF_PERMISSION
        )
        rows = list(over.select_related("permission__permission").order_by("pk")[:limit])
        for term in rows:
            given = term.permission
            role = ROLE_OF_PERMISSION[given.permission.codename]
            about = About(object_type="licensee", object_id=given.object_pk, licensee_id=int(given.object_pk))
            payload = {"person": given.user_id, "role": role.value, "until": term.ends_at.isoformat()}
            given.delete()
            record(Verb.ASSIGNMENT_ENDED, by=CALENDAR, about=about, payload=payload)
        return len(rows)


def terms_of(licensee: Licensee) -> dict[tuple[int, str], datetime]:
    """{(person's id, role): until when}, of those that have an end."""
    licensees = ContentType.objects.get_for_model(Licensee)
    found = AssignmentTerm.objects.filter(
        permission__content_type=licensees, permission__object_pk=str(licensee.pk)
    ).values_list("permission__user_id", "permission__permission__codename", "ends_at")
    return {
        (person_id, ROLE_OF_PERMISSION[name].value): ends_at
        for person_id, name, ends_at in found
        if name in ROLE_OF_PERMISSION
    }


def _assigned(licensee: Licensee, role: Role) -> QuerySet[User]:
    """Also those who have lost the role since: an assignment must still be possible to end."""
    given = UserObjectPermission.objects.filter(
        in_force(),
        content_type=ContentType.objects.get_for_model(Licensee),
        object_pk=str(licensee.pk),
        permission__codename=PERMISSION_OF_ROLE[role],
    )
    return User.objects.filter(pk__in=given.values("user_id"))


def _lock(licensee: Licensee) -> None:
    """One assignment at a time for each licensee; conversations that come in are not held up by it."""
    Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
