"""What takes two admins: one proposes, another one confirms, and only the confirmation does it.

Who comes in, with which roles, by a new second factor or password, back after being deactivated; and a licensee going
live. One admin alone could otherwise make two people, assign them, and so approve as the second person (ADR 20).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import entry_links
from accounts.models import User
from accounts.roles import Role
from audit.record import About, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees import onboarding, people_doors
from licensees import proposal_policies as policies
from licensees.models import Licensee, Proposal
from licensees.policies import check_can_go_live

Kind, State = Proposal.Kind, Proposal.State
WAITS_ALREADY = "This is proposed already and waits for another admin. Look under Two admins."


@dataclass(frozen=True)
class Confirmed:
    """What was done, and the secret of the link where one was made: it is nowhere else."""

    proposal: Proposal
    link: str = ""


def propose_person(
    *, email: str, name: str, roles: Collection[Role], by: User, reason: str
) -> tuple[Proposal, str]:
    """The proposal, and the code that its proposer gives to the person: it is nowhere else."""
    policies.check_roles_go_together(roles)
    policies.check_reason(reason)
    policies.check_is_free(email)
    code = entry_links.new_code()
    return _propose(
        Kind.NEW_PERSON,
        by=by,
        reason=reason,
        email=email.lower(),
        name=name,
        roles=_listed(roles),
        code_digest=entry_links.digest_of_code(code),
    ), code


def propose_roles(*, person: User, roles: Collection[Role], by: User, reason: str) -> Proposal:
    policies.check_not_oneself(person, by)
    policies.check_is_active(person)
    policies.check_roles_change(person, roles)
    policies.check_reason(reason)
    return _propose(Kind.ROLES, by=by, reason=reason, person=person, roles=_listed(roles))


def propose_new_factor(*, person: User, by: User, reason: str) -> Proposal:
    policies.check_not_oneself(person, by)
    policies.check_reason(reason)
    policies.check_has_a_factor(person)
    return _propose(Kind.NEW_FACTOR, by=by, reason=reason, person=person)


def propose_new_password(*, person: User, by: User, reason: str) -> tuple[Proposal, str]:
    """As for a new person, the proposal and the code."""
    policies.check_not_oneself(person, by)
    policies.check_is_active(person)
    policies.check_reason(reason)
    code = entry_links.new_code()
    digest = entry_links.digest_of_code(code)
    return _propose(Kind.NEW_PASSWORD, by=by, reason=reason, person=person, code_digest=digest), code


def propose_reactivation(*, person: User, by: User, reason: str) -> Proposal:
    policies.check_is_deactivated(person)
    policies.check_reason(reason)
    return _propose(Kind.REACTIVATION, by=by, reason=reason, person=person)


def propose_going_live(*, licensee: Licensee, by: User, reason: str) -> Proposal:
    check_can_go_live(licensee)
    policies.check_reason(reason)
    return _propose(Kind.GOING_LIVE, by=by, reason=reason, licensee=licensee)


def confirm(*, proposal_id: int, by: User) -> Confirmed:
    """Do what was proposed, in the transaction that confirms it."""
    with transaction.atomic():
        proposal = _lock(proposal_id)
        policies.check_may_be_confirmed(proposal, by)
        policies.check_as_proposed(proposal)
        link = DONE[proposal.kind](proposal, by)
        proposal = _answer(proposal, to=State.CONFIRMED, by=by, verb=Verb.PROPOSAL_CONFIRMED)
        return Confirmed(proposal, link)


def decline(*, proposal_id: int, by: User, reason: str) -> Proposal:
    policies.check_reason(reason)
    with transaction.atomic():
        proposal = _lock(proposal_id)
        policies.check_open(proposal)
        policies.check_may_answer(proposal, by)
        return _answer(proposal, to=State.DECLINED, by=by, verb=Verb.PROPOSAL_DECLINED, reason=reason)


def withdraw(*, proposal_id: int, by: User) -> Proposal:
    with transaction.atomic():
        proposal = _lock(proposal_id)
        policies.check_may_withdraw(proposal, by)
        return _answer(proposal, to=State.WITHDRAWN, by=by, verb=Verb.PROPOSAL_WITHDRAWN)


def waiting() -> int:
    return Proposal.objects.filter(state=State.PROPOSED).count()


def _propose(kind: Proposal.Kind, *, by: User, reason: str, **what: Any) -> Proposal:
    person = what.get("person")
    before = _listed(person.roles) if person else []
    proposal = Proposal(kind=kind, proposed_by=by, reason=reason.strip()[:300], roles_before=before, **what)
    payload: dict[str, Any] = {"kind": kind.value}
    if person:
        payload["person"] = person.pk
    if proposal.roles:
        payload["roles"] = proposal.roles
    try:
        with transaction.atomic():
            proposal.save()
            about = proposal.about()
            record(Verb.PROPOSAL_MADE, by=by, about=about, payload=payload, reason=proposal.reason)
    except IntegrityError:
        raise NotPossible(WAITS_ALREADY) from None
    return proposal


def _lock(proposal_id: int) -> Proposal:
    locked = Proposal.objects.select_for_update(of=("self",))
    return locked.select_related("proposed_by", "person", "licensee").get(pk=proposal_id)


def _answer(proposal: Proposal, *, to: str, by: User, verb: Verb, reason: str = "") -> Proposal:
    changes = {"answered_by": by, "answered_at": timezone.now(), "person": proposal.person}
    payload: dict[str, Any] = {"kind": proposal.kind, "proposed_by": proposal.proposed_by_id}
    if proposal.person is not None:
        payload["person"] = proposal.person.pk
    return transition(proposal, to=to, by=by, verb=verb, payload=payload, reason=reason.strip(), **changes)


def _listed(roles: Collection[Role]) -> list[str]:
    return sorted(Role(role).value for role in roles)


# --- What a confirmation does ------------------------------------------------------------------


def _let_in(proposal: Proposal, by: User) -> str:
    roles = [Role(name) for name in proposal.roles]
    proposal.person = onboarding.create_person(email=proposal.email, name=proposal.name, roles=roles, by=by)
    return _link(proposal, by)


def _link(proposal: Proposal, by: User) -> str:
    person, code = proposal.person, proposal.code_digest
    if person is None or code is None:
        raise TypeError(f"{proposal.kind} without a person or a code")
    link = entry_links.make(person=person, code_digest=bytes(code), now=timezone.now())
    about = About(object_type="person", object_id=str(person.pk))
    record(Verb.ENTRY_LINK_MADE, by=by, about=about, payload={"proposal": proposal.pk})
    return link


def _of(proposal: Proposal) -> User:
    if proposal.person is None:
        raise TypeError(f"{proposal.kind} without a person")
    return proposal.person


def _change_roles(proposal: Proposal, by: User) -> str:
    roles = [Role(name) for name in proposal.roles]
    people_doors.change_roles(person=_of(proposal), roles=roles, by=by, reason=proposal.reason)
    return ""


def _take_factor_away(proposal: Proposal, by: User) -> str:
    people_doors.take_app_away(person=_of(proposal), reason=proposal.reason, by=by)
    return ""


def _bring_back(proposal: Proposal, by: User) -> str:
    people_doors.reactivate(person=_of(proposal), reason=proposal.reason, by=by)
    return ""


def _go_live(proposal: Proposal, by: User) -> str:
    if proposal.licensee is None:
        raise TypeError("going live without a licensee")
    onboarding.go_live(licensee_id=proposal.licensee.pk, by=by, reason=proposal.reason)
    return ""


DONE: dict[str, Callable[[Proposal, User], str]] = {
    Kind.NEW_PERSON: _let_in,
    Kind.ROLES: _change_roles,
    Kind.NEW_FACTOR: _take_factor_away,
    Kind.NEW_PASSWORD: _link,
    Kind.REACTIVATION: _bring_back,
    Kind.GOING_LIVE: _go_live,
}
