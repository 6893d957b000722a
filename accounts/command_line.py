"""Who acts, where a person's act is typed: the command names them."""

from django.core.management.base import CommandError

from accounts.models import User
from accounts.roles import Role


def admin_named(email: str) -> User:
    """The admin of this e-mail address. Raises CommandError, in words."""
    admin = User.objects.filter(email=email.lower()).first()
    if admin is None or not admin.has_role(Role.ADMIN):
        raise CommandError(f"{email} is not an admin. Name the person whose act this is.")
    return admin
