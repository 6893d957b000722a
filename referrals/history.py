"""What happened to an escalation, step by step, in words: with the reasons, which may quote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.models import AuditEvent
from audit.record import record
from audit.verbs import Verb
from licensees.together import ask
from referrals.formats.text import escaped
from referrals.gone import or_gone
from referrals.models import Escalation, EscalationAnswer
from referrals.permissions import check_may_open
from referrals.policies import ANSWERED
from referrals.submission import open_reason
from scoring.models import PreservationHold
from scoring.preservation import open_reason as open_extension_reason

Answers = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Entry:
    """One step of an escalation, in words."""

    at: datetime
    by: User
    act: str
    reason: str = ""


def read_history(*, escalation_id: int, by: User) -> list[Entry]:
    """Each version and each answer, oldest first."""
    with transaction.atomic():
        escalation = Escalation.objects.read(escalation_id)
        check_may_open(by, escalation)
        answers = ask(**about_history(escalation))
        record_history(escalation, answers, by=by)
    return entries_of(escalation, answers)


def about_history(escalation: Escalation) -> dict[str, QuerySet[Any, Any]]:
    """The questions, to be asked together with others; `escalation` knows its versions and answers."""
    extended = PreservationHold.objects.filter(
        conversation=escalation.case.conversation_id, reason_sealed__isnull=False
    )
    is_sealed = escalation.state == Escalation.State.SEALED
    return {
        # From the trail: who gave it to whom, and why.
        "reassigned": AuditEvent.objects.filter(
            case_reference=escalation.case.reference,
            verb=Verb.ESCALATION_REASSIGNED,
            object_id=str(escalation.pk),
        ),
        # Only a sealed packet is ever held.
        "extended": extended.select_related("conversation__data_key") if is_sealed else extended.none(),
    }


def record_history(escalation: Escalation, answers: Answers, *, by: User) -> None:
    """Before a word of it is opened; where nobody wrote one, nothing is read."""
    given, extended = escalation.answers.all(), _extensions(answers)
    if given or extended:
        payload = {"answers": [answer.pk for answer in given]}
        payload |= {"holds": [hold.pk for hold in extended]} if extended else {}
        record(Verb.EVIDENCE_VIEWED, by=by, about=escalation.about(), payload=payload)


def entries_of(escalation: Escalation, answers: Answers) -> list[Entry]:
    people = _people(escalation, answers)
    entries = [
        Entry(version.submitted_at, version.submitted_by, _submitted(escalation, version.number))
        for version in escalation.versions.all()
    ]
    entries += [_entry(escalation, answer) for answer in escalation.answers.all()]
    if hasattr(escalation, "approval"):
        approval = escalation.approval
        act = f"approved version {approval.version_number}"
        entries.append(Entry(approval.approved_at, approval.approved_by, act))
    entries += [_reassigned(event, people) for event in answers["reassigned"]]
    entries += [_extended(hold, people) for hold in _extensions(answers)]
    return sorted(entries, key=lambda entry: entry.at)


def _submitted(escalation: Escalation, number: int) -> str:
    if escalation.is_follow_up and number == 1:
        return f"began a {escalation.what} with what was sealed, as version 1"
    return f"submitted version {number}"


def _entry(escalation: Escalation, answer: EscalationAnswer) -> Entry:
    answer.escalation = escalation
    act = f"{ANSWERED[answer.outcome]} version {answer.version_number}"
    return Entry(answer.answered_at, answer.answered_by, act, escaped(open_reason(answer)))


def _extensions(answers: Answers) -> list[PreservationHold]:
    """One for each extension by a person, however many keys it holds."""
    return list({hold.until: hold for hold in answers["extended"]}.values())


def _people(escalation: Escalation, answers: Answers) -> Mapping[int, User]:
    """Whom the trail and the holds name by their ids; asked only where somebody does."""
    ids = {_named(hold.placed_by) for hold in _extensions(answers)}
    for event in answers["reassigned"]:
        ids |= {event.payload["person"], _named(event.actor)}
    return User.objects.in_bulk(ids) if ids else {}


def _named(actor: str) -> int:
    """“person:7” is 7."""
    return int(actor.split(":")[1])


def _extended(hold: PreservationHold, people: Mapping[int, User]) -> Entry:
    act = f"had the evidence held until {hold.until:%Y-%m-%d}"
    reason = or_gone(lambda: escaped(open_extension_reason(hold)))
    return Entry(hold.placed_at, people[_named(hold.placed_by)], act, reason)


def _reassigned(event: AuditEvent, people: Mapping[int, User]) -> Entry:
    act = f"gave it to {people[event.payload['person']]}"
    return Entry(event.at, people[_named(event.actor)], act, event.reason)
