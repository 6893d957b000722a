"""Counts for the admins' pages: how much there is for a licensee and who serves it, never what it says."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import PERMISSION_OF_ROLE, given_assignments
from licensees.models import ApiKey, Licensee, Policy

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Figures:
    licensee: Licensee
    policy: Policy
    live_keys: int = 0
    people: dict[Role, int] = field(default_factory=dict)
    conversations_in_week: int = 0
    open_cases: int = 0


def figures_of(licensees: Iterable[Licensee]) -> list[Figures]:
    """A handful of queries for all of them together."""
    listed = list(licensees)
    policies, keys, people = _policies(), _live_keys(), _people()
    conversations, cases = _conversations_in_week(), _open_cases()
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


def _policies() -> dict[int, Policy]:
    in_effect = Policy.objects.filter(effective_from__lte=timezone.now())
    newest = in_effect.order_by("licensee_id", "-effective_from", "-pk").distinct("licensee_id")
    return {policy.licensee_id: policy for policy in newest}


def _live_keys() -> dict[int, int]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    keys = ApiKey.objects.filter(unexpired, revoked_at=None).order_by()
    return dict(keys.values_list("licensee_id").annotate(Count("pk")))


def _people() -> dict[tuple[int, Role], int]:
    """Counted are those who hold the role as well as the assignment: one without the other opens nothing."""
    holding = set(User.objects.filter(is_active=True).values_list("pk", "groups__name"))
    return Counter(
        (licensee_id, role)
        for person_id, licensee_id, role in given_assignments()
        if (person_id, role.value) in holding
    )


# What later apps keep for a licensee is counted through the names of their relations: by name, never by import.


def _conversations_in_week() -> dict[int, int]:
    received = Licensee.objects.filter(conversations__received_at__gte=timezone.now() - WEEK).order_by()
    return dict(received.values_list("pk").annotate(count=Count("conversations")))


def _open_cases() -> dict[int, int]:
    open_ = Licensee.objects.filter(cases__isnull=False, cases__closed_at=None).order_by()
    return dict(open_.values_list("pk").annotate(count=Count("cases")))
