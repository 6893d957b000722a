"""May this person? Admins set terms and read no evidence; supervisors of a licensee read them, and answer accounts."""

from django.db.models import QuerySet

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from licensees.models import Licensee

NOT_OPEN = "There is no licensee of this name that is open to you. Look at the list of yours."


def licensees_open_to(person: User) -> QuerySet[Licensee]:
    if person.has_role(Role.ADMIN):
        return Licensee.objects.all()
    return licensees_served_by(person, Role.SUPERVISOR)


def get_licensee_for(person: User, slug: str) -> Licensee:
    """Fetch and authorise in one call."""
    licensee = licensees_open_to(person).filter(slug=slug).first()
    if licensee is None:
        raise NotAllowed(NOT_OPEN)
    return licensee
