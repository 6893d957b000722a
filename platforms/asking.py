"""Pulls what decisions ask of platforms: a request for each subject account once the ten seconds of taking back are
over, and its withdrawal when a later judgement of the same case no longer asks for it.

What stands is asked, whatever happened in between: the newest decision of a case is held against what was asked before.
An escalation neither asks nor takes back, since it is no judgement that the act was wrong. Another case of the same
conversation is a judgement of its own: it adds what it asks, and takes nothing back that it did not ask.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.record import Machine, record
from audit.verbs import Verb
from platforms.emitting import emit
from platforms.models import Event, UnreadDecision
from review.models import Case, Decision, SubjectAccount
from review.policies import TAKEN_BACK_WITHIN, standing_decision

PLATFORMS = Machine("platforms")
# Of another host, which says when a decision may no longer be taken back, the clock may be a little behind.
CLOCKS_APART = timedelta(seconds=2)
AT_ONCE = 500


def ask_platforms(*, limit: int = AT_ONCE) -> int:
    """One decision at a time, each in a transaction of its own; answers how many events were written."""
    written = 0
    for _ in range(limit):
        with transaction.atomic():
            unread = _next_unread()
            if unread is None:
                break
            written += _read(unread)
    return written


def _next_unread() -> UnreadDecision | None:
    """Another worker's are passed by."""
    over = timezone.now() - TAKEN_BACK_WITHIN - CLOCKS_APART
    due = UnreadDecision.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        decided_at__lte=over
    )
    return due.select_related("decision").order_by("decided_at").first()


def _read(unread: UnreadDecision) -> int:
    """Taking back locks the case first as well: whoever comes second sees what the first did."""
    case: Case = Case.every.lock(unread.decision.case_id)
    unread.delete()
    return sum(1 for _ in _settle(case))


def _settle(case: Case) -> Iterable[Event]:
    decision = standing_decision(case)
    if decision is None or case.state != Case.State.DECIDED or _is_fresh(decision):
        return  # It is judged anew, or a later decision is read in its own time.
    wanted = {(one.account_id, decision.platform_action): one for one in _subjects_of(decision)}
    asked = {
        (one.subject.account_id, one.subject.decision.platform_action): one
        for one in _asked(case)
        if one.subject
    }
    # What is taken back goes first: nobody is to undo what was asked anew.
    for key, request in asked.items():
        if key not in wanted:
            yield _withdraw(case, request)
    for key, subject in wanted.items():
        if key not in asked:
            yield _request(case, subject, decision)


def _is_fresh(decision: Decision) -> bool:
    return timezone.now() - decision.decided_at < TAKEN_BACK_WITHIN + CLOCKS_APART


def _subjects_of(decision: Decision) -> Iterable[SubjectAccount]:
    return SubjectAccount.objects.filter(decision=decision).order_by("pk")


def _asked(case: Case) -> Iterable[Event]:
    """What was asked and not taken back."""
    requests = Event.objects.filter(case=case, type=Event.Type.ACTION_REQUESTED, withdrawn_by=None)
    found: Iterable[Event] = requests.select_related("subject__decision")
    return found


def _request(case: Case, subject: SubjectAccount, decision: Decision) -> Event:
    event = emit(Event.Type.ACTION_REQUESTED, licensee_id=case.licensee_id, case=case, subject=subject)
    payload = {
        "event": event.public_id,
        "decision": decision.pk,
        "account": subject.account_id,
        "platform_action": decision.platform_action,
    }
    record(Verb.ACTION_REQUESTED, by=PLATFORMS, about=case.about(), payload=payload)
    return event


def _withdraw(case: Case, request: Event) -> Event:
    event = emit(
        Event.Type.ACTION_WITHDRAWN,
        licensee_id=case.licensee_id,
        case=case,
        subject=request.subject,
        withdraws=request,
    )
    asked = request.subject.decision.platform_action if request.subject else ""
    payload = {"event": event.public_id, "withdraws": request.public_id, "platform_action": asked}
    record(Verb.ACTION_WITHDRAWN, by=PLATFORMS, about=case.about(), payload=payload)
    return event
