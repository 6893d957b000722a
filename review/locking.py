"""A case under its lock, with all that a verb asks before it acts, in one journey to the database."""

from typing import Any

from accounts.models import User
from accounts.roles import Role
from licensees.together import Question
from review.models import Case
from review.permissions import about_opening, know_opening


def lock_case(case_id: int, *, by: User) -> Case:
    """For what moderators do: only of others is it asked whether the case is open to them at all."""
    if by.has_role(Role.MODERATOR):
        return Case.every.lock(case_id)
    return lock_case_and_ask(case_id, by=by)[0]


def lock_case_and_ask(case_id: int, *, by: User, **questions: Question) -> tuple[Case, dict[str, list[Any]]]:
    """The case with its claims, holds and decisions, with what keeps it closed to this person, and with what is asked
    beside them: all of it as it is under the lock."""
    case, answers = Case.every.lock_and_ask(case_id, **about_opening(case_id, by), **questions)
    know_opening(case, by, answers)
    return case, answers
