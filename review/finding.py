"""Find a case by its reference, by the platform's id of its conversation, or by that of an account in it."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from review.models import Case
from review.permissions import practised_by
from review.turn_numbers import whole
from scoring.blind_index import is_account

MOST_FOUND = 20


def find_cases(*, text: str, by: User) -> list[Case]:
    """Newest first, at most MOST_FOUND. Other licensees' cases are not looked at, so that unknown and not allowed are
    the same. Ids are matched whole: a piece of one could be tried until it fits."""
    found = {case.pk: case for cases in _ways(text, by) for case in cases.order_by("-opened_at")[:MOST_FOUND]}
    practised = practised_by(by, {case.conversation_id for case in found.values()}) if found else set()
    found = {
        key: case
        for key, case in found.items()
        if case.is_practice or not case.is_closed or case.conversation_id not in practised
    }
    return sorted(found.values(), key=lambda case: case.opened_at, reverse=True)[:MOST_FOUND]


def split_reference(text: str) -> tuple[str, int | None]:
    """The case and the turn in “nw-2031-7#14”, as it is copied from the case page."""
    reference, _, turn = text.strip().upper().partition("#")
    return reference, whole(turn)


def _ways(text: str, by: User) -> Iterator[QuerySet[Case]]:
    served = list(licensees_served_by(by, Role.MODERATOR, Role.SUPERVISOR).values_list("pk", flat=True))
    own = Q(practice_of=None) | Q(practice_for=by, closed_at=None)
    cases = Case.every.filter(own, licensee_id__in=served).select_related("licensee", "conversation")
    reference, _ = split_reference(text)
    yield cases.filter(reference=reference)
    yield cases.filter(conversation__licensee_id__in=served, conversation__external_id=text)
    yield cases.filter(is_account(served, text, at="conversation__participants__"))
