"""All that the page of one escalation shows: asked in one journey, recorded in one transaction, opened after that."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from licensees.together import Question, ask
from referrals.feedback import Said, about_feedback, said_in
from referrals.history import Entry, about_history, entries_of, record_history
from referrals.models import Escalation, RecipientRequest, SupervisorNotice
from referrals.permissions import about_serving, check_may_open, know_serving
from referrals.reading import Reading, about_packet, record_packet
from referrals.standing import Standing, about_standings, standings


@dataclass(frozen=True)
class Opened:
    standing: Standing
    # Whom the machine told, or tries to tell, that this version waits.
    told: Sequence[SupervisorNotice]
    history: Sequence[Entry]
    # The packet, while somebody still has to answer.
    reading: Reading | None
    # What became of it, once it is sealed.
    feedback: Sequence[Said]
    asked_for_more: Sequence[RecipientRequest]


def open_escalation(escalation: Escalation, *, by: User) -> Opened:
    """As `Escalation.objects.read` has just answered it."""
    check_may_open(by, escalation)
    answers = ask(**_questions(escalation, by))
    know_serving(escalation, answers)
    with transaction.atomic():
        record_history(escalation, answers, by=by)
        reading = record_packet(escalation, answers, by=by) if escalation.is_live else None
        if answers["feedback"]:
            payload = {"feedback": [row.pk for row in answers["feedback"]]}
            record(Verb.EVIDENCE_VIEWED, by=by, about=escalation.about(), payload=payload)
    return Opened(
        standing=standings([escalation], answers)[escalation.pk],
        told=answers["notices"],
        history=entries_of(escalation, answers),
        reading=reading,
        feedback=said_in(escalation, answers["feedback"]),
        asked_for_more=answers["requests"],
    )


def _questions(escalation: Escalation, by: User) -> dict[str, Question]:
    notices = SupervisorNotice.objects.filter(escalation=escalation, version_number=escalation.version_count)
    return {
        **about_standings([escalation]),
        **about_serving(escalation),
        **about_history(escalation),
        **(about_packet(escalation, by) if escalation.is_live else {}),
        "notices": notices.select_related("supervisor") if escalation.is_live else notices.none(),
        "feedback": about_feedback(escalation),
    }
