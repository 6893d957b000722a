"""What can be proposed and confirmed now; each check raises with a sentence."""

from collections.abc import Collection

from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.models import Proposal
from licensees.policies import check_roles_go_together

SHORTEST_REASON = 12
# With one admin alone nothing that takes two can happen any more.
FEWEST_ADMINS = 2
OWN = "This is about yourself: two other admins decide it. Ask them."
REASON = (
    "Say why in a sentence, and how you know that it is right: another admin reads it before they confirm."
)
NOT_OPEN = "This proposal was {state} already. Open it again to see by whom."
SAME_PERSON = "You proposed this, so somebody else confirms it. Ask {names}."
LAPSED = "This was proposed more than seven days ago and counts no longer. Propose it anew."
PROPOSER_GONE = "{name}, who proposed this, is no longer an admin. Propose it anew."
TOO_FEW = "Then {left} would be left, and what takes two admins could not be done any more. Let another admin in first."


def active_admins() -> list[User]:
    return list(User.objects.filter(is_active=True, groups__name=Role.ADMIN.value).order_by("name", "pk"))


def check_reason(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise NotPossible(REASON)


def check_not_oneself(person: User, by: User) -> None:
    if person.pk == by.pk:
        raise NotPossible(OWN)


def check_is_free(email: str) -> None:
    if User.objects.filter(email=email.lower()).exists():
        raise NotPossible(f"Somebody already signs in as {email.lower()}. Look under People.")


def check_roles_change(person: User, roles: Collection[Role]) -> None:
    check_roles_go_together(roles)
    if frozenset(roles) == person.roles:
        raise NotPossible(f"{person.name} holds these roles already. Nothing was changed.")


def check_only_fewer(person: User, roles: Collection[Role]) -> None:
    if not frozenset(roles) < person.roles:
        raise NotPossible("Another admin confirms roles that come to somebody. Propose it.")


def check_is_active(person: User) -> None:
    if not person.is_active:
        raise NotPossible(f"{person.name} is deactivated. Propose first that they come back.")


def check_is_deactivated(person: User) -> None:
    if person.is_active:
        raise NotPossible(f"{person.name} is active already.")


def check_has_a_factor(person: User) -> None:
    if not second_factor.has_one(person):
        raise NotPossible(f"{person.name} has no authenticator app: the next sign-in asks for one.")


def check_enough_admins_without(person: User) -> None:
    """The caller has locked who is an admin: two who leave at once must not pass each other."""
    left = [admin for admin in active_admins() if admin.pk != person.pk]
    if person.has_role(Role.ADMIN) and len(left) < FEWEST_ADMINS:
        names = " and ".join(admin.name for admin in left) or "nobody"
        raise NotPossible(TOO_FEW.format(left=names))


def check_open(proposal: Proposal) -> None:
    if proposal.state != Proposal.State.PROPOSED:
        raise NotPossible(NOT_OPEN.format(state=proposal.get_state_display().lower()), about=proposal.about())


def check_may_be_confirmed(proposal: Proposal, by: User) -> None:
    check_open(proposal)
    check_may_answer(proposal, by)
    if proposal.lapses_at < timezone.now():
        raise NotPossible(LAPSED, about=proposal.about())
    if not proposal.proposed_by.has_role(Role.ADMIN):
        raise NotPossible(PROPOSER_GONE.format(name=proposal.proposed_by.name), about=proposal.about())


def check_may_answer(proposal: Proposal, by: User) -> None:
    if by.pk == proposal.proposed_by_id:
        others = [admin.name for admin in active_admins() if admin.pk not in (by.pk, proposal.person_id)]
        names = " or ".join(others) or "the operator for a second admin"
        raise NotPossible(SAME_PERSON.format(names=names), about=proposal.about())
    if by.pk == proposal.person_id:
        raise NotPossible(OWN, about=proposal.about())


def check_may_withdraw(proposal: Proposal, by: User) -> None:
    check_open(proposal)
    if by.pk != proposal.proposed_by_id:
        sentence = f"Only {proposal.proposed_by.name} can take this back. You can decline it."
        raise NotPossible(sentence, about=proposal.about())


def check_as_proposed(proposal: Proposal) -> None:
    """Somebody may have changed their roles since: what is confirmed is what was seen."""
    person = proposal.person
    if person is not None and sorted(person.roles) != proposal.roles_before:
        raise NotPossible(
            f"{person.name} holds other roles now than when this was proposed. Propose it anew.",
            about=proposal.about(),
        )
