"""Before an approval a person shows again that it is they: recorded, counted, and slowed down after failures."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.step_up import FAILURES_COUNT_FOR, MOST_FAILURES, blocked_until, proves
from audit.models import AuditEvent
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from referrals.models import Escalation
from referrals.permissions import check_may_approve
from referrals.policies import check_can_be_answered

WRONG = "This is not your password. Type it again; {left}."
BLOCKED = (
    "Your password was typed wrongly {count} times in {minutes} minutes. Nothing was approved: you can try again "
    "from {at:%H:%M} UTC on, or another supervisor approves it."
)


class NotConfirmed(NotPossible):
    """The person did not show that it is they; the failure is recorded already."""


def purpose_of(escalation: Escalation) -> str:
    """A confirmation counts for this escalation alone."""
    return f"approve:{escalation.pk}"


def confirm(*, escalation_id: int, by: User, secret: str) -> datetime:
    """The moment at which they proved it. Failures are committed before they are answered."""
    with transaction.atomic():
        escalation = Escalation.objects.lock(escalation_id)
        # One attempt at a time: guesses sent side by side are counted one after another.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        check_may_approve(by, escalation)
        check_can_be_answered(escalation)
        failures = _failures(by)
        _check_not_blocked(escalation, failures)
        is_proven = proves(by, secret)
        verb = Verb.PERSON_CONFIRMED if is_proven else Verb.CONFIRMATION_FAILED
        event = record(verb, by=by, about=escalation.about())
    if not is_proven:
        raise NotConfirmed(_wrong(left=MOST_FAILURES - len(failures) - 1), about=escalation.about())
    return event.at


def _failures(by: User) -> list[datetime]:
    """Wherever they failed: an escalation that is not theirs to guess on is no fresh start."""
    since = timezone.now() - FAILURES_COUNT_FOR
    failed = AuditEvent.objects.filter(actor=by.actor_name, verb=Verb.CONFIRMATION_FAILED, at__gt=since)
    return list(failed.values_list("at", flat=True))


def _check_not_blocked(escalation: Escalation, failures: list[datetime]) -> None:
    until = blocked_until(failures, now=timezone.now())
    if until is not None:
        minutes = round(FAILURES_COUNT_FOR.total_seconds() / 60)
        sentence = BLOCKED.format(count=len(failures), minutes=minutes, at=until)
        raise NotConfirmed(sentence, about=escalation.about())


def _wrong(*, left: int) -> str:
    if left <= 0:
        return WRONG.format(left=f"after {MOST_FAILURES} failures you have to wait")
    return WRONG.format(left=f"{left} more {'try is' if left == 1 else 'tries are'} left")
