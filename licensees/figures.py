"""Counts for the admins' pages: how much there is for a licensee and who serves it, never what it says."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import PERMISSION_OF_ROLE, assignments_in, given_rows
from licensees.models import ApiKey, Licensee, Policy
from licensees.together import ask

WEEK = timedelta(days=7)
# (licensee, how many)
Counts = QuerySet[Any, Any]


@dataclass(frozen=True)
class Figures:
    licensee: Licensee
    policy: Policy
    live_keys: int = 0
    people: dict[Role, int] = field(default_factory=dict)
    conversations_in_week: int = 0
    open_cases: int = 0


def figures_of(licensees: Iterable[Licensee]) -> list[Figures]:
    """One question for all of them together."""
    listed = list(licensees)
    answers = ask(
        policies=_policies(),
        keys=_live_keys(),
        holding=User.objects.filter(is_active=True).values_list("pk", "groups__name"),
        given=given_rows(),
        conversations=_conversations_in_week(),
        cases=_open_cases(),
    )
    policies = {policy.licensee_id: policy for policy in answers["policies"]}
    people = _people(answers["holding"], answers["given"])
    keys, conversations, cases = (dict(answers[name]) for name in ("keys", "conversations", "cases"))
    return [
        Figures(
            licensee=licensee,
            policy=policies[licensee.pk],
            live_keys=keys.get(licensee.pk, 0),
            people={role: people.get((licensee.pk, role), 0) for role in PERMISSION_OF_ROLE},
            conversations_in_week=conversations.get(licensee.pk, 0),
            open_cases=cases.get(licensee.pk, 0),
        )
        for licensee in listed
    ]


def _policies() -> QuerySet[Policy]:
    """The one in force of each licensee."""
    in_effect: QuerySet[Policy] = Policy.objects.filter(effective_from__lte=timezone.now())
    return in_effect.order_by("licensee_id", "-effective_from", "-pk").distinct("licensee_id")


def _live_keys() -> Counts:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    keys = ApiKey.objects.filter(unexpired, revoked_at=None).order_by()
    return keys.values_list("licensee_id").annotate(Count("pk"))


def _people(holding: Iterable[tuple[int, str]], given: Iterable[Any]) -> dict[tuple[int, Role], int]:
    """Counted are those who hold the role as well as the assignment: one without the other opens nothing."""
    held = set(holding)
    return Counter(
        (licensee_id, role)
        for person_id, licensee_id, role in assignments_in(given)
        if (person_id, role.value) in held
    )


# What later apps keep for a licensee is counted through the names of their relations: by name, never by import.


def _conversations_in_week() -> Counts:
    received = Licensee.objects.filter(conversations__received_at__gte=timezone.now() - WEEK).order_by()
    return received.values_list("pk").annotate(count=Count("conversations"))


def _open_cases() -> Counts:
    open_ = Licensee.objects.filter(
        cases__isnull=False, cases__closed_at=None, cases__practice_of=None, cases__in_test=False
    ).order_by()
    return open_.values_list("pk").annotate(count=Count("cases"))
