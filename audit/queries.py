"""What an auditor may read of the trail, a page at a time, each page at the same cost however far back it lies."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from guardian.models import UserObjectPermission
from guardian.shortcuts import get_objects_for_user

from accounts.models import User
from accounts.roles import Role
from audit.models import AuditEvent

# By name, since audit may not import licensees: its own object permission says who audits whom.
AUDIT = "licensees.audit"
PAGE_SIZE = 50
# A page of the list shows none of these, and they are the widest columns.
WIDE_COLUMNS = ("entry", "nonce", "leaf_hash")


def licensees_audited_by(person: User) -> QuerySet[Any]:
    served: QuerySet[Any] = get_objects_for_user(person, AUDIT, accept_global_perms=False)
    if not person.has_role(Role.AUDITOR):
        return served.none()
    over = UserObjectPermission.objects.filter(
        user_id=person.pk, permission__codename="audit", term__ends_at__lte=timezone.now()
    )
    return served.exclude(pk__in=[int(given) for given in over.values_list("object_pk", flat=True)])


@dataclass(frozen=True)
class Mark:
    """The place between two pages: the time and id of the entry at the edge."""

    at: datetime
    id: UUID

    @classmethod
    def of(cls, event: AuditEvent) -> "Mark":
        return cls(at=event.at, id=event.id)

    @classmethod
    def read(cls, text: str) -> "Mark":
        """Raises ValueError for anything that `str` of a mark did not write."""
        at, _, event_id = text.partition("Z")
        return cls(at=datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), id=UUID(event_id))

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z{self.id.hex}"

    def is_before(self) -> Q:
        return Q(at__lte=self.at) & (Q(at__lt=self.at) | Q(id__lt=self.id))

    def is_after(self) -> Q:
        return Q(at__gte=self.at) & (Q(at__gt=self.at) | Q(id__gt=self.id))


@dataclass(frozen=True)
class Question:
    """What of the trail is asked for. `scopes` are licensee ids; None stands for the entries of no licensee."""

    scopes: frozenset[int | None]
    verb: str = ""
    actor: str = ""
    case_reference: str = ""
    first_day: date | None = None
    last_day: date | None = None
    older_than: Mark | None = None
    newer_than: Mark | None = None

    def conditions(self) -> Q:
        conditions = Q()
        if self.verb:
            conditions &= Q(verb=self.verb)
        if self.actor:
            # "machine:" and "key:" ask for all of a kind.
            whole = not self.actor.endswith(":")
            conditions &= Q(actor=self.actor) if whole else Q(actor__startswith=self.actor)
        if self.case_reference:
            conditions &= Q(case_reference=self.case_reference)
        if self.first_day:
            conditions &= Q(at__gte=_midnight(self.first_day))
        if self.last_day:
            conditions &= Q(at__lt=_midnight(self.last_day + timedelta(days=1)))
        if self.older_than:
            conditions &= self.older_than.is_before()
        if self.newer_than:
            conditions &= self.newer_than.is_after()
        return conditions


@dataclass(frozen=True)
class Page:
    """Entries, newest first, and the marks of the pages beside this one."""

    events: list[AuditEvent] = field(default_factory=list)
    newer_than: Mark | None = None
    older_than: Mark | None = None


def page_of(question: Question) -> Page:
    """One entry more than is shown is fetched, which tells whether the walk goes on."""
    walks_up = question.newer_than is not None
    found = list(_merged(question, walks_up=walks_up)[: PAGE_SIZE + 1])
    goes_on = len(found) > PAGE_SIZE
    events = found[:PAGE_SIZE]
    if walks_up:
        events.reverse()
    return _between(
        events,
        has_newer=goes_on if walks_up else question.older_than is not None,
        has_older=walks_up or goes_on,
    )


def _between(events: list[AuditEvent], *, has_newer: bool, has_older: bool) -> Page:
    if not events:
        return Page()
    return Page(
        events=events,
        newer_than=Mark.of(events[0]) if has_newer else None,
        older_than=Mark.of(events[-1]) if has_older else None,
    )


def _merged(question: Question, *, walks_up: bool) -> QuerySet[AuditEvent]:
    """A page from each licensee, merged: every part is a short walk along the index (licensee, at).

    One query over all of them at once would sort everything that the auditor may read, for each page.
    """
    order = ("at", "id") if walks_up else ("-at", "-id")
    # The licensee is the same in the whole part; naming it lets PostgreSQL walk the index for "no licensee" too.
    along_index = "-licensee_id" if walks_up else "licensee_id"
    conditions = question.conditions()
    parts = [
        AuditEvent.objects.filter(conditions, licensee_id=scope)
        .order_by(along_index, *order)
        .defer(*WIDE_COLUMNS)[: PAGE_SIZE + 1]
        for scope in _in_order(question.scopes)
    ]
    return parts[0].union(*parts[1:], all=True).order_by(*order) if len(parts) > 1 else parts[0]


def _in_order(scopes: Iterable[int | None]) -> list[int | None]:
    return sorted(scopes, key=lambda scope: (scope is not None, scope or 0))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
