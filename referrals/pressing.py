"""What presses on a supervisor, on every page until somebody acts: threats that wait, and what is past its due time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from referrals.models import Escalation, EscalationVersion, Recipient
from referrals.standing import open_ones, with_due

MOST = 50


@dataclass(frozen=True)
class Pressing:
    escalation_id: int
    reference: str
    due_at: datetime
    is_threat: bool
    is_overdue: bool
    # Not late yet, but the recipient asked for more and somebody owns the answer.
    is_asked: bool = False


def about_pressing(person: User) -> QuerySet[Any, Any]:
    """The question, to be asked together with others. Nothing for people who supervise nobody's work."""
    now = timezone.now()
    if not person.has_role(Role.SUPERVISOR):
        return Escalation.objects.none().values_list("pk")
    current = EscalationVersion.objects.filter(escalation=OuterRef("pk"), number=OuterRef("version_count"))
    supervised = Escalation.objects.filter(case__licensee__in=licensees_served_by(person, Role.SUPERVISOR))
    pressing = with_due(open_ones(supervised)).annotate(
        exit=Subquery(current.values("exit")), asked=F("is_asked")
    )
    is_threat = Q(exit=Recipient.Exit.IMMINENT_THREAT)
    pressing = pressing.filter(is_threat | Q(next_due_at__lt=now) | Q(asked=True))
    rows = pressing.order_by("next_due_at", "pk").values_list(
        "pk", "case__reference", "next_due_at", "exit", "asked"
    )
    return rows[:MOST]


def pressing_in(rows: Iterable[Any]) -> list[Pressing]:
    """Threats first, then by due time."""
    now = timezone.now()
    found = [
        Pressing(
            escalation_id=pk,
            reference=reference,
            due_at=due_at,
            # What was asked after the delivery is no threat that waits any more.
            is_threat=exit == Recipient.Exit.IMMINENT_THREAT and not is_asked,
            is_overdue=due_at < now,
            is_asked=is_asked,
        )
        for pk, reference, due_at, exit, is_asked in rows
    ]
    return sorted(found, key=lambda one: (not one.is_threat, one.due_at))
