"""Holds: a case that can only be judged later waits for a moment, and comes back by itself."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.record import Actor
from audit.transitions import transition
from audit.verbs import Verb
from review.leases import CLAIMS, end_claim
from review.locking import lock_case, lock_case_and_ask
from review.models import Case, Claim, Hold
from review.models.known import learn
from review.notes import seal_hold_reason
from review.permissions import check_may_claim, check_may_resume
from review.policies import (
    check_hold_until,
    check_holds_live_claim,
    check_on_hold,
    check_readable,
    check_says_why,
    open_claim,
    open_hold,
)


def hold(*, case_id: int, by: User, until: datetime, reason: str) -> Hold:
    """Put the case that one holds aside until a moment. The claim ends; nobody is given the case before."""
    with transaction.atomic():
        case = lock_case(case_id, by=by)
        check_may_claim(by, case)
        current = check_holds_live_claim(case, open_claim(case), by)
        check_readable(case)
        check_hold_until(case, until)
        check_says_why(case, reason)
        held = Hold(case=case, held_by=by, held_at=timezone.now(), until=until)
        held.reason_sealed = seal_hold_reason(held, reason)
        held.save(force_insert=True)
        learn(case, "holds", held)
        end_claim(current, Claim.Ending.HELD)
        payload = {"claim": current.pk, "hold": held.pk, "until": until.isoformat()}
        transition(case, to=Case.State.HELD, by=by, verb=Verb.CASE_HELD, payload=payload)
        return held


def resume(*, case_id: int, by: User) -> Case:
    """Take the case off hold before its time: anybody who works on the licensee's cases may."""
    with transaction.atomic():
        case, _ = lock_case_and_ask(case_id, by=by)
        check_may_resume(by, case)
        check_on_hold(case)
        return end_hold(case, Hold.Ending.TAKEN_BACK, by=by)


def resume_due(licensee_ids: Iterable[int] | None = None, *, limit: int = 200) -> int:
    """Put cases whose moment has come back into the queue; answers how many. `limit` is for one transaction."""
    resumed = 0
    while Hold.objects.filter(ended_at=None, until__lte=timezone.now()).exists():
        with transaction.atomic():
            due = Hold.objects.filter(ended_at=None, until__lte=timezone.now()).values("case_id")
            found = Case.every.filter(pk__in=due, state=Case.State.HELD).order_by("pk")
            if licensee_ids is not None:
                found = found.filter(licensee_id__in=licensee_ids)
            cases = list(found.select_for_update(skip_locked=True, of=("self",))[:limit])
            resumed += sum(resume_if_due(case) for case in cases)
        if len(cases) < limit:
            break
    return resumed


def resume_if_due(case: Case) -> bool:
    """The case is locked. Somebody may have taken it back between its being found and being locked."""
    held = open_hold(case) if case.state == Case.State.HELD else None
    if held is None or held.until > timezone.now():
        return False
    end_hold(case, Hold.Ending.TIME_CAME, by=CLAIMS)
    return True


def end_hold(case: Case, ending: Hold.Ending, *, by: Actor) -> Case:
    """The case is locked, and on hold."""
    held = open_hold(case) or case.holds.get(ended_at=None)
    held.ended_at, held.ending = timezone.now(), ending
    held.save(update_fields=["ended_at", "ending"])
    payload = {"hold": held.pk, "because": ending.value}
    return transition(case, to=Case.State.WAITING, by=by, verb=Verb.CASE_RESUMED, payload=payload)
