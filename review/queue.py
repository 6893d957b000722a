"""The queue and its leases. The queue has no rows: it is the order in which waiting cases are taken."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.record import Machine, record
from audit.transitions import transition
from audit.verbs import Verb
from licensees.assignments import licensees_served_by
from review.models import Case, Claim
from review.permissions import check_may_claim, check_may_take_from
from review.policies import check_claimable, check_hands_free, check_holds_live_claim, is_live, open_claim

CLAIMS = Machine("claims")
# What is taken first: the lane, then the nearest due time. The partial index case_queue has this order.
URGENCY = ("lane_order", "due_at", "id")
CANDIDATES = 64


def claim_next(*, by: User, lane: Case.Lane | None = None, licensee_id: int | None = None) -> Case | None:
    """Claim the most urgent waiting case of the licensees that this person moderates; None if there is none.

    Who already holds a case gets that one again. A case that this person released is not offered again.
    """
    _end_lapsed_claim_of(by)
    licensee_ids = _moderated_by(by, licensee_id)
    while True:
        held = held_case(by)
        if held is not None:
            return held
        candidates = _most_urgent(by, licensee_ids, lane)
        if not candidates:
            return None
        try:
            # First whatever nobody else is taking at this moment; if all are being taken, wait and see.
            taken = _take(candidates, by, wait=False) or _take(candidates, by, wait=True)
        except IntegrityError:
            # The same person pressed twice: the other request won, and its case is the answer to both.
            continue
        if taken is not None:
            return taken


def claim(*, case_id: int, by: User) -> Case:
    """Claim this very case; claiming again what one holds changes nothing."""
    _end_lapsed_claim_of(by)
    try:
        return _claim(case_id, by)
    except IntegrityError:
        # The same person claimed another case in the same instant; that one is theirs now.
        return _claim(case_id, by)


def extend(*, case_id: int, by: User) -> Claim:
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_may_claim(by, case)
        current = check_holds_live_claim(case, open_claim(case), by)
        current.expires_at = _lease_end()
        current.save(update_fields=["expires_at"])
        record(Verb.CLAIM_EXTENDED, by=by, about=case.about(), payload=_terms(current))
        return current


def release(*, case_id: int, by: User) -> Case:
    """Give it back, without a reason; the queue does not offer it to this person again."""
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_may_claim(by, case)
        current = check_holds_live_claim(case, open_claim(case), by)
        end_claim(current, Claim.Ending.RELEASED)
        return transition(
            case, to=Case.State.WAITING, by=by, verb=Verb.CASE_RELEASED, payload={"claim": current.pk}
        )


def expire_claims(*, limit: int = 200) -> int:
    """Put cases whose lease has passed back into the queue; answers how many. `limit` is for one transaction."""
    expired = 0
    while True:
        with transaction.atomic():
            cases = list(_with_lapsed_claim().select_for_update(skip_locked=True, of=("self",))[:limit])
            expired += sum(_end_if_lapsed(case) for case in cases)
        if len(cases) < limit:
            return expired


def held_case(by: User) -> Case | None:
    current = by.claims.filter(ended_at=None).select_related("case__licensee").first()
    return current.case if current is not None and is_live(current) else None


def end_claim(current: Claim, ending: Claim.Ending) -> None:
    current.ended_at = timezone.now()
    current.ending = ending
    current.save(update_fields=["ended_at", "ending"])


def _claim(case_id: int, by: User) -> Case:
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        check_may_claim(by, case)
        _end_if_lapsed(case)
        current = open_claim(case)
        if current is not None and current.holder_id == by.pk:
            return case
        check_claimable(case, current)
        check_hands_free(by, held_case(by))
        return _give(case, by)


def _moderated_by(by: User, licensee_id: int | None) -> list[int]:
    if licensee_id is not None:
        check_may_take_from(by, licensee_id)
        return [licensee_id]
    return list(licensees_served_by(by, Role.MODERATOR).values_list("pk", flat=True))


def _most_urgent(by: User, licensee_ids: list[int], lane: Case.Lane | None) -> list[int]:
    """The first few of each licensee, each read in the order of the index, then the most urgent of all."""
    first, *others = [_first_few(by, licensee_id, lane) for licensee_id in licensee_ids] or [
        Case.objects.none()
    ]
    merged = first.union(*others, all=True).order_by(*URGENCY)[:CANDIDATES] if others else first
    return [row[-1] for row in merged]


def _first_few(by: User, licensee_id: int, lane: Case.Lane | None) -> QuerySet[Any]:
    waiting = Case.objects.filter(licensee_id=licensee_id, state=Case.State.WAITING)
    if lane is not None:
        waiting = waiting.filter(lane=lane)
    released = Claim.objects.filter(case=OuterRef("pk"), holder=by, ending=Claim.Ending.RELEASED)
    return waiting.exclude(Exists(released)).order_by(*URGENCY).values_list(*URGENCY)[:CANDIDATES]


def _take(candidates: list[int], by: User, *, wait: bool) -> Case | None:
    with transaction.atomic():
        case = (
            Case.objects.select_for_update(skip_locked=not wait, of=("self",))
            .select_related("licensee", "conversation")
            .filter(pk__in=candidates, state=Case.State.WAITING)
            .order_by(*URGENCY)
            .first()
        )
        return None if case is None else _give(case, by)


def _give(case: Case, by: User) -> Case:
    """The case is locked and waiting. That a person has one open claim at most is held by the database."""
    given = Claim.objects.create(case=case, holder=by, expires_at=_lease_end())
    return transition(case, to=Case.State.IN_REVIEW, by=by, verb=Verb.CASE_CLAIMED, payload=_terms(given))


def _lease_end() -> datetime:
    return timezone.now() + timedelta(minutes=settings.ARTEMIS_CLAIM_MINUTES)


def _terms(current: Claim) -> dict[str, object]:
    return {"claim": current.pk, "until": current.expires_at.isoformat()}


def _with_lapsed_claim() -> QuerySet[Case]:
    lapsed = Claim.objects.filter(ended_at=None, expires_at__lte=timezone.now())
    return Case.objects.filter(pk__in=lapsed.values("case_id")).order_by("pk")


def _end_if_lapsed(case: Case) -> bool:
    """The case is locked. It may have been extended between being found and being locked."""
    current = open_claim(case)
    if current is None or is_live(current):
        return False
    end_claim(current, Claim.Ending.EXPIRED)
    payload = {"claim": current.pk, "holder": current.holder_id}
    transition(case, to=Case.State.WAITING, by=CLAIMS, verb=Verb.CLAIM_EXPIRED, payload=payload)
    return True


def _end_lapsed_claim_of(by: User) -> None:
    """So that a person does not have to wait for the sweep. In a transaction of its own: one case at a time."""
    lapsed = by.claims.filter(ended_at=None, expires_at__lte=timezone.now()).first()
    if lapsed is not None:
        with transaction.atomic():
            _end_if_lapsed(Case.objects.lock(lapsed.case_id))
