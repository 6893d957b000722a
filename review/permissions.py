"""May this person? Only moderators and supervisors of a case's licensee; each refusal says what to do instead."""

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from audit.record import About
from licensees.assignments import serves
from licensees.models import Licensee
from review.models import Case

# One sentence for an unknown reference and for another licensee's: it must not tell whether the case exists.
NOT_OPEN = (
    "There is no case with this reference that is open to you. "
    "Check the reference, or take the next case from the queue."
)


def get_case_for(person: User, reference: str) -> Case:
    """Fetch and authorise in one call: views get a case here and nowhere else."""
    cases = Case.objects.select_related("licensee", "conversation__data_key", "opened_by_score__model")
    case = cases.filter(reference=reference).first()
    if case is None:
        raise NotAllowed(NOT_OPEN)
    check_may_open(person, case)
    return case


def check_may_open(by: User, case: Case) -> None:
    """Moderators and supervisors of the licensee; admins and auditors never see a conversation."""
    if not serves(by, case.licensee_id, Role.MODERATOR, Role.SUPERVISOR):
        raise NotAllowed(NOT_OPEN, about=case.about())


def check_may_take_from(by: User, licensee_id: int) -> None:
    if not serves(by, licensee_id, Role.MODERATOR):
        raise NotAllowed(
            "You do not moderate for this licensee. Start from the queue without choosing one.",
            about=About(object_type="licensee", object_id=str(licensee_id), licensee_id=licensee_id),
        )


def check_may_claim(by: User, case: Case) -> None:
    _check_moderates(by, case, "claim")


def check_may_annotate(by: User, case: Case) -> None:
    _check_moderates(by, case, "annotate")


def check_may_decide(by: User, case: Case) -> None:
    _check_moderates(by, case, "decide")


def check_may_reveal(by: User, case: Case) -> None:
    """A supervisor at any time; a moderator only while holding the claim, which policies.py checks."""
    check_may_open(by, case)


def check_may_export_labels(by: User, licensee: Licensee) -> None:
    """The file holds evidence: supervisors of that licensee only, and never an admin."""
    if not serves(by, licensee.pk, Role.SUPERVISOR):
        raise NotAllowed(
            f"Only a supervisor of {licensee} may export its decisions as labels. Ask one of them.",
            about=licensee.about(),
        )


def supervises(by: User, case: Case) -> bool:
    return serves(by, case.licensee_id, Role.SUPERVISOR)


def _check_moderates(by: User, case: Case, act: str) -> None:
    if serves(by, case.licensee_id, Role.MODERATOR):
        return
    check_may_open(by, case)
    raise NotAllowed(
        f"Only moderators of {case.licensee} {act} its cases. Ask an admin for that role if your work needs it.",
        about=case.about(),
    )
