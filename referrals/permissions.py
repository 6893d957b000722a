"""May this person? Asking and answering are two people's acts; each refusal says who can instead."""

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from licensees.assignments import people_serving, serves
from referrals.models import Escalation, Packet
from review.models import Case
from review.permissions import check_may_decide

# One sentence for what does not exist and for another licensee's: it must not tell whether it exists (ADR 10).
NOT_OPEN = (
    "There is no escalation here that is open to you: only who asked and their supervisors see it. "
    "Check the address, or start from the list of escalations."
)


def get_escalation_for(person: User, escalation_id: int) -> Escalation:
    """Fetch and authorise in one call: views get an escalation here and nowhere else."""
    escalations = Escalation.objects.select_related(
        "case__licensee", "case__conversation__data_key", "decision__decided_by", "requested_by"
    )
    escalation = escalations.filter(pk=escalation_id).first()
    if escalation is None:
        raise NotAllowed(NOT_OPEN)
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
        raise NotAllowed(NOT_OPEN)
    check_may_open(person, packet.approval.escalation)
    return packet


def check_may_open(by: User, escalation: Escalation) -> None:
    """Supervisors of the licensee, and who asked while still moderating for it."""
    if supervises(by, escalation) or _is_requester(by, escalation):
        return
    raise NotAllowed(NOT_OPEN, about=escalation.about())


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
    _check_requester(by, escalation, "change it and submit it again")


def check_may_withdraw(by: User, escalation: Escalation) -> None:
    _check_requester(by, escalation, "withdraw it")


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
    supervisors = people_serving(escalation.case.licensee, Role.SUPERVISOR)
    return list(supervisors.exclude(pk__in=_first_people(escalation)))


def _check_second_person(by: User, escalation: Escalation, act: str) -> None:
    check_may_open(by, escalation)
    if by.pk in _first_people(escalation):
        sentence = f"You asked for this escalation, so you cannot {act} it. {_ask(escalation)}"
        raise NotAllowed(sentence, about=escalation.about())
    if not supervises(by, escalation):
        sentence = f"Only a supervisor of {escalation.case.licensee} can {act} it. {_ask(escalation)}"
        raise NotAllowed(sentence, about=escalation.about())


def _check_requester(by: User, escalation: Escalation, act: str) -> None:
    check_may_open(by, escalation)
    if not _is_requester(by, escalation):
        sentence = f"Only {escalation.requested_by} asked for this escalation, and only they can {act}."
        raise NotAllowed(sentence, about=escalation.about())


def _is_requester(by: User, escalation: Escalation) -> bool:
    return by.pk == escalation.requested_by_id and serves(by, escalation.case.licensee_id, Role.MODERATOR)


def _first_people(escalation: Escalation) -> set[int]:
    """Who recommended it: the requester and the deciding moderator, who the database holds to be one person."""
    return {escalation.requested_by_id, escalation.decision.decided_by_id}


def _ask(escalation: Escalation) -> str:
    names = [person.name for person in who_can_answer(escalation)]
    if not names:
        return f"Nobody else supervises {escalation.case.licensee} yet: ask an admin to assign a supervisor."
    return f"Ask {' or '.join(names)}."
