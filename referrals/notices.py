"""Tells every supervisor of the licensee at once of an imminent threat: by e-mail, with ids and nothing else.

The rows are written with the request and a worker sends them, so that no request waits for a mail server, and none is
lost with one. A worker that dies between sending and writing it down sends again: told twice is better than never.
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.roles import Role
from audit.record import Machine, record
from audit.verbs import Verb
from licensees.assignments import people_serving
from referrals.models import Escalation, EscalationVersion, Recipient, SupervisorNotice
from scoring.doorbell import ring

NOTICES = Machine("notices")
TASK = "referrals.tasks.send_notices"
LONGEST_WAIT = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=15)

log = structlog.get_logger(__name__)


def tell_supervisors(escalation: Escalation, version: EscalationVersion) -> None:
    """Called in the transaction of the request: what was asked and who is told of it commit together."""
    if version.exit != Recipient.Exit.IMMINENT_THREAT:
        return
    people = list(people_serving(escalation.case.licensee, Role.SUPERVISOR))
    SupervisorNotice.objects.bulk_create(
        SupervisorNotice(escalation=escalation, version_number=version.number, supervisor=person)
        for person in people
    )
    payload = {"version": version.number, "people": [person.pk for person in people]}
    record(Verb.SUPERVISORS_TO_BE_TOLD, by=NOTICES, about=escalation.about(), payload=payload)
    transaction.on_commit(lambda: ring(TASK), robust=True)


def send_notices() -> int:
    """Send what is due, one after another; how many were sent."""
    sent = 0
    while settings.EMAIL_HOST:
        outcome = _send_next()
        if outcome is None:
            break
        sent += outcome
    return sent


def _send_next() -> bool | None:
    """True for one that was sent, False for one that could not be, None where nothing is due."""
    with transaction.atomic():
        notice = _lock_next()
        if notice is None:
            return None
        notice.attempts += 1
        try:
            _message(notice).send()
        except OSError as fault:  # Also smtplib's errors.
            notice.problem = type(fault).__name__
            notice.next_attempt_at = timezone.now() + _wait(notice.attempts)
            log.warning("a supervisor was not told", fault=notice.problem, attempts=notice.attempts)
            notice.save(update_fields=["attempts", "problem", "next_attempt_at"])
            return False
        notice.emailed_at = timezone.now()
        notice.problem = ""
        notice.save(update_fields=["attempts", "problem", "emailed_at"])
        payload = {"person": notice.supervisor_id, "version": notice.version_number}
        record(Verb.SUPERVISOR_TOLD, by=NOTICES, about=notice.escalation.about(), payload=payload)
        return True


def _lock_next() -> SupervisorNotice | None:
    """Only while somebody still has to answer that very version: nobody is called to what is answered."""
    due = SupervisorNotice.objects.filter(
        emailed_at=None,
        next_attempt_at__lte=timezone.now(),
        escalation__state=Escalation.State.REQUESTED,
        escalation__version_count=F("version_number"),
    )
    locked = due.select_for_update(of=("self",), skip_locked=True)
    return locked.select_related("escalation__case__licensee", "supervisor").order_by("created_at").first()


def _message(notice: SupervisorNotice) -> EmailMessage:
    """Ids, a time and an address: a mail box is no place for more."""
    escalation = notice.escalation
    return EmailMessage(
        subject=f"Artemis: escalation {escalation.pk} of {escalation.case.reference} waits",
        body=(
            f"Escalation {escalation.pk} of case {escalation.case.reference} waits for a supervisor until "
            f"{escalation.due_at:%Y-%m-%d %H:%M} UTC.\n"
            f"Sign in to Artemis and open it: {settings.ARTEMIS_ADDRESS}/escalations/{escalation.pk}/\n"
        ),
        to=[notice.supervisor.email],
    )


def _wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
