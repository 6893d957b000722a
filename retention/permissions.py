"""May this person? Admins set terms and read no evidence; supervisors of a licensee read them, and answer accounts."""

from django.db.models import QuerySet

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from licensees.assignments import licensees_served_by, serves
from licensees.models import Licensee
from retention.models import AccountRequest

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


def check_may_file(by: User, licensee: Licensee) -> None:
    """Whoever answers for the licensee here; who moderates does not."""
    if by.has_role(Role.ADMIN) or serves(by, licensee.pk, Role.SUPERVISOR):
        return
    sentence = f"Only a supervisor of {licensee} or an admin files what an account asks. Ask one of them."
    raise NotAllowed(sentence, about=licensee.about())


def check_may_answer(by: User, request: AccountRequest) -> None:
    """An answer opens evidence, or ends it: supervisors of that licensee, and never an admin."""
    if not serves(by, request.licensee_id, Role.SUPERVISOR):
        sentence = "Only a supervisor of the licensee answers what an account asks. Ask one of them."
        raise NotAllowed(sentence, about=request.about())


def get_request_for(person: User, slug: str, request_id: int) -> AccountRequest:
    licensee = get_licensee_for(person, slug)
    found = AccountRequest.objects.filter(pk=request_id, licensee=licensee)
    request = found.select_related("licensee", "data_key", "filed_by", "closed_by").first()
    if request is None:
        raise NotAllowed("There is no such request that is open to you. Look at the list of the licensee's.")
    return request
