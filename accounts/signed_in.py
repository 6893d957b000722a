"""The person behind a request, in a view that the middleware opens only to people."""

from django.http import HttpRequest

from accounts.access import NotAllowed
from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The actor is only ever this one: never a field of a form."""
    if not isinstance(request.user, User):
        raise NotAllowed("Sign in first.")
    return request.user
