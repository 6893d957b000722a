"""Who can see what of a licensee, since when, until when and why; and how often they did, as the trail counts it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from guardian.models import UserObjectPermission

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.assignments import ROLE_OF_PERMISSION, in_force
from licensees.models import Licensee

COUNTED_DAYS = 90
READ, UNVEILED = Verb.EVIDENCE_VIEWED, Verb.ACCOUNTS_UNVEILED
OPENS = {
    Role.MODERATOR: "cases that they hold; message by message, each reading recorded",
    Role.SUPERVISOR: "every case and packet, each reading recorded",
    Role.AUDITOR: "the trail; no conversation",
}


@dataclass(frozen=True)
class Sight:
    """One assignment that is in force, and what it opens."""

    person: User
    licensee: Licensee
    role: Role
    # As the trail says; guardian's own rows carry no time.
    since: datetime | None
    until: datetime | None
    read: int
    unveiled: int
    last_at: datetime | None

    @property
    def opens(self) -> str:
        return OPENS[self.role]

    @property
    def why_not(self) -> str:
        """An assignment without the role, or of somebody who cannot sign in, opens nothing."""
        if not self.person.is_active:
            return "deactivated"
        held = {group.name for group in self.person.groups.all()}
        return "" if self.role.value in held else f"does not hold the role {self.role.label.lower()} any more"


def who_sees(licensee: Licensee) -> list[Sight]:
    return _sights(_given().filter(object_pk=str(licensee.pk)), {licensee.pk: licensee}, licensee=licensee)


def what_they_see(person: User) -> list[Sight]:
    given = _given().filter(user=person)
    licensees = Licensee.objects.in_bulk([int(one.object_pk) for one in given])
    return _sights(given, licensees, person=person)


def _given() -> QuerySet[UserObjectPermission]:
    found: QuerySet[UserObjectPermission] = UserObjectPermission.objects.filter(
        in_force(),
        content_type=ContentType.objects.get_for_model(Licensee),
        permission__codename__in=ROLE_OF_PERMISSION,
    )
    return (
        found.select_related("user", "permission", "term")
        .prefetch_related("user__groups")
        .order_by("user__name", "user_id", "permission__codename")
    )


def _sights(
    given: QuerySet[UserObjectPermission],
    licensees: dict[int, Licensee],
    *,
    licensee: Licensee | None = None,
    person: User | None = None,
) -> list[Sight]:
    since, reads = _since(licensee, person), _reads(licensee, person)
    sights = []
    for one in given:
        place, role = int(one.object_pk), ROLE_OF_PERMISSION[one.permission.codename]
        term, counted = getattr(one, "term", None), reads[one.user.actor_name, place]
        sights.append(
            Sight(
                person=one.user,
                licensee=licensees[place],
                role=role,
                since=since.get((one.user_id, place, role.value)),
                until=term.ends_at if term else None,
                read=counted.get(READ, (0, None))[0],
                unveiled=counted.get(UNVEILED, (0, None))[0],
                last_at=max((at for _, at in counted.values() if at), default=None),
            )
        )
    return sights


def _since(licensee: Licensee | None, person: User | None) -> dict[tuple[int, int, str], datetime]:
    events = AuditEvent.objects.filter(object_type="licensee", verb=Verb.ASSIGNMENT_GIVEN)
    if licensee is not None:
        events = events.filter(licensee_id=licensee.pk)
    if person is not None:
        events = events.filter(payload__person=person.pk)
    rows = events.order_by("at").values_list("payload__person", "licensee_id", "payload__role", "at")
    return {(person_id, place or 0, role): at for person_id, place, role, at in rows}


def _reads(
    licensee: Licensee | None, person: User | None
) -> defaultdict[tuple[str, int], dict[str, tuple[int, datetime | None]]]:
    """{(actor, licensee): {verb: (how often, when last)}} of the last 90 days."""
    after = timezone.now() - timedelta(days=COUNTED_DAYS)
    events = AuditEvent.objects.filter(verb__in=[READ, UNVEILED], at__gte=after)
    if licensee is not None:
        events = events.filter(licensee_id=licensee.pk)
    if person is not None:
        events = events.filter(actor=person.actor_name)
    counted = events.values_list("actor", "licensee_id", "verb").annotate(Count("pk"), Max("at")).order_by()
    found: defaultdict[tuple[str, int], dict[str, tuple[int, datetime | None]]] = defaultdict(dict)
    for actor, place, verb, times, last in counted:
        found[actor, place or 0][verb] = (times, last)
    return found
