"""Who is signed in, with their roles and assignments, in one question a request."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from licensees.assignments import read_person


class OneQuestionBackend(ModelBackend):
    """As Django's own, which checks the password and whether the account may sign in."""

    def get_user(self, user_id: Any) -> User | None:
        person = read_person(user_id)
        return person if person is not None and self.user_can_authenticate(person) else None
