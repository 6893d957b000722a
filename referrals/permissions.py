"""May this person? Asking and answering are two people's acts; each refusal says who can instead."""

from collections.abc import Mapping

from django.db.models import QuerySet

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from accounts.row_scope import system_scope
from audit.record import About
from licensees.assignments import people_serving, serves
from referrals.models import Escalation, EscalationVersion, Packet
from review.models import Case
from review.models.known import known_of
from review.permissions import check_may_decide

# One sentence for what does not exist and for another licensee's: it must not tell whether it exists (ADR 10).
NOT_OPEN = (
    "There is no escalation here that is open to you: only who asked and their supervisors see it. "
    "Check the address, or start from the list of escalations."
)


def get_escalation_for(person: User, escalation_id: int) -> Escalation:
    """Fetch and authorise in one call: views get an escalation here and nowhere else."""
    try:
        escalation = Escalation.objects.read(escalation_id)
    except Escalation.DoesNotExist:
        raise NotAllowed(NOT_OPEN, about=asked_for(pk=escalation_id)) from None
    check_may_open(person, escalation)
    return escalation


def get_packet_for(person: User, packet_id: int) -> Packet:
    """Fetch and authorise in one call: views get a packet here and nowhere else."""
    packets = Packet.objects.select_related(
        "approval__approved_by",
        "approval__requested_by",
        "approval__escalation__case__licensee",
        "approval__escalation__case__conversation",
    )
    packet = packets.defer("archive_sealed").filter(pk=packet_id).first()
    if packet is None:
        raise NotAllowed(NOT_OPEN, about=asked_for(approval__packet=packet_id))
    check_may_open(person, packet.approval.escalation)
    return packet


@system_scope("an attempt at another licensee's escalation is recorded as one")
def asked_for(**which: int) -> About | None:
    """For the trail alone: the person is told the same of what is not theirs and of what does not exist."""
    escalation = Escalation.objects.select_related("case").filter(**which).first()
    return None if escalation is None else escalation.about()


def check_may_open(by: User, escalation: Escalation) -> None:
    """Supervisors of the licensee, and who asked or took it over while still moderating for it."""
    if supervises(by, escalation) or _asks(by, escalation):
        return
    raise NotAllowed(NOT_OPEN, about=escalation.about())


def get_packet_to_follow(person: User, packet_id: int) -> Packet:
    """For any moderator of the licensee: whoever asked for the packet may be gone. It hands out no evidence."""
    packets = Packet.objects.defer("archive_sealed").select_related(
        "approval__approved_by", "approval__escalation__case__licensee"
    )
    packet = packets.filter(pk=packet_id).first()
    if packet is None:
        raise NotAllowed(NOT_OPEN, about=asked_for(approval__packet=packet_id))
    check_may_follow(person, packet)
    return packet


def check_may_follow(by: User, packet: Packet) -> None:
    """A supplement or a retraction is asked for by a moderator, as the first packet was."""
    escalation = packet.approval.escalation
    if serves(by, escalation.case.licensee_id, Role.MODERATOR):
        return
    check_may_open(by, escalation)
    people = people_serving(escalation.case.licensee, Role.MODERATOR)
    names = " or ".join(person.name for person in people) or "an admin to assign a moderator"
    sentence = f"Only a moderator of {escalation.case.licensee} can ask for that. Ask {names}."
    raise NotAllowed(sentence, about=packet.about())


def check_may_escalate(by: User, case: Case) -> None:
    check_may_decide(by, case)


def check_may_approve(by: User, escalation: Escalation) -> None:
    """Layer two of dual control: a supervisor of that licensee who neither asked for it nor decided the case."""
    _check_second_person(by, escalation, "approve")


def check_may_return(by: User, escalation: Escalation) -> None:
    _check_second_person(by, escalation, "return")


def check_may_decline(by: User, escalation: Escalation) -> None:
    _check_second_person(by, escalation, "decline")


def check_may_resubmit(by: User, escalation: Escalation) -> None:
    _check_owner(by, escalation, "change it and submit it again")


def check_may_withdraw(by: User, escalation: Escalation) -> None:
    _check_owner(by, escalation, "withdraw it")


def check_may_reassign(by: User, escalation: Escalation) -> None:
    """Any supervisor of the licensee: it takes nothing from anybody but the next step."""
    check_may_open(by, escalation)
    if not supervises(by, escalation):
        supervisors = people_serving(escalation.case.licensee, Role.SUPERVISOR)
        names = " or ".join(person.name for person in supervisors) or "an admin to assign a supervisor"
        sentence = (
            f"Only a supervisor of {escalation.case.licensee} can give it to another owner. Ask {names}."
        )
        raise NotAllowed(sentence, about=escalation.about())


def check_may_download(by: User, packet: Packet) -> None:
    escalation = packet.approval.escalation
    check_may_open(by, escalation)
    if not supervises(by, escalation):
        sentence = (
            f"Only a supervisor of {escalation.case.licensee} can download this packet. {_ask(escalation)}"
        )
        raise NotAllowed(sentence, about=packet.about())


def supervises(by: User, escalation: Escalation) -> bool:
    return serves(by, escalation.case.licensee_id, Role.SUPERVISOR)


def who_can_answer(escalation: Escalation) -> list[User]:
    """The supervisors of the licensee but for the people who asked or decided."""
    first = _first_people(escalation)
    return [person for person in _serving(escalation, Role.SUPERVISOR) if person.pk not in first]


def possible_owners(escalation: Escalation) -> list[User]:
    """The moderators of the licensee but for who owns it."""
    return [person for person in _serving(escalation, Role.MODERATOR) if person.pk != escalation.owner_id]


def about_serving(escalation: Escalation) -> dict[str, QuerySet[User]]:
    """Who serves its licensee, to be asked together with others."""
    licensee = escalation.case.licensee
    return {role.value: people_serving(licensee, role) for role in (Role.SUPERVISOR, Role.MODERATOR)}


def know_serving(escalation: Escalation, answers: Mapping[str, list[User]]) -> None:
    """For a page, which says it more than once; a verb asks."""
    vars(escalation)["serving"] = {role: answers[role.value] for role in (Role.SUPERVISOR, Role.MODERATOR)}


def _serving(escalation: Escalation, role: Role) -> list[User]:
    known: Mapping[Role, list[User]] | None = vars(escalation).get("serving")
    return list(people_serving(escalation.case.licensee, role)) if known is None else known[role]


def _check_second_person(by: User, escalation: Escalation, act: str) -> None:
    check_may_open(by, escalation)
    if by.pk in _first_people(escalation):
        how = "own" if by.pk == escalation.owner_id != escalation.requested_by_id else "asked for"
        sentence = f"You {how} this escalation, so you cannot {act} it. {_ask(escalation)}"
        raise NotAllowed(sentence, about=escalation.about())
    if not supervises(by, escalation):
        sentence = f"Only a supervisor of {escalation.case.licensee} can {act} it. {_ask(escalation)}"
        raise NotAllowed(sentence, about=escalation.about())


def _check_owner(by: User, escalation: Escalation, act: str) -> None:
    """Once it is sealed whoever approved it owns the way out; that it cannot be done then, the policies say."""
    check_may_open(by, escalation)
    if by.pk != escalation.owner_id and (escalation.is_live or not _asks(by, escalation)):
        how = "asked for" if escalation.owner_id == escalation.requested_by_id else "took over"
        sentence = f"Only {escalation.owner} {how} this escalation, and only they can {act}."
        raise NotAllowed(sentence, about=escalation.about())
    if not serves(by, escalation.case.licensee_id, Role.MODERATOR):
        sentence = f"Only a moderator of {escalation.case.licensee} can {act}. {_ask(escalation)}"
        raise NotAllowed(sentence, about=escalation.about())


def _asks(by: User, escalation: Escalation) -> bool:
    is_one = by.pk in (escalation.requested_by_id, escalation.owner_id)
    return is_one and serves(by, escalation.case.licensee_id, Role.MODERATOR)


def askers_of(escalation: Escalation) -> set[int]:
    """Everybody who submitted a version of it, and so recommends it."""
    known = known_of(escalation, "versions")
    if known is not None:
        return {version.submitted_by_id for version in known}
    return set(escalation.versions.values_list("submitted_by", flat=True))


def readers_before(escalation: Escalation) -> set[int]:
    """Whose reading counts for it: who submitted it, and for a follow-up who submitted what the case sent before."""
    if not escalation.is_follow_up:
        return askers_of(escalation)
    submitted = EscalationVersion.objects.filter(escalation__case=escalation.case_id)
    return set(submitted.values_list("submitted_by", flat=True))


def _first_people(escalation: Escalation) -> set[int]:
    """Who recommended it: who decided and asked (the database holds the two to be one), who submitted, who owns it.

    A supplement and a retraction rest on no decision: who asked for it is the first person.
    """
    first = {escalation.requested_by_id, *askers_of(escalation)}
    if escalation.decision is not None:
        first.add(escalation.decision.decided_by_id)
    return first | {escalation.owner_id} if escalation.is_live else first


def _ask(escalation: Escalation) -> str:
    names = [person.name for person in who_can_answer(escalation)]
    if not names:
        return f"Nobody else supervises {escalation.case.licensee} yet: ask an admin to assign a supervisor."
    return f"Ask {' or '.join(names)}."
