"""The queue and its leases. The queue has no rows: it is the order in which waiting cases are taken."""

from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.record import record
from audit.transitions import transition
from audit.verbs import Verb
from licensees.assignments import served_by
from licensees.together import Statement, lock_and_ask
from review.care import (
    RestFirst,
    about_lock,
    check_may_be_given,
    check_may_take,
    check_rested,
    severe_sentence,
)
from review.exposure import Exposure, about_exposure, exposure_of
from review.golden import give_practice
from review.holds import resume_due, resume_if_due
from review.leases import (
    end_claim,
    end_if_lapsed,
    end_lapsed_claim_of,
    held_case,
    held_claim,
    lease_end,
    new_lease,
    open_claims_of,
    terms,
)
from review.locking import lock_case, lock_case_and_ask
from review.models import Case, Claim, HandOver
from review.notes import seal_hand_over_note
from review.offering import Offer
from review.opting_out import LeftOut, about_left_out
from review.permissions import check_may_claim, check_may_take_from, get_colleague_for
from review.policies import (
    check_claimable,
    check_hands_free,
    check_hands_of,
    check_holds_live_claim,
    check_not_passed_on_by,
    check_practice_is_for,
    check_practice_stays,
    check_readable,
    is_live,
    open_claim,
    refuse_full_hands,
)
from review.rotation import in_a_row, milder_next

# What is taken first: the lane, then the nearest due time. The partial index case_queue has this order.
URGENCY = ("lane_order", "due_at", "id")
OPEN_CLAIM = (
    "SELECT expires_at <= %(now)s FROM review_claim WHERE holder_id = %(person)s AND ended_at IS NULL"
)
ACTIVE_GOLDEN = "SELECT 1 FROM review_goldencase WHERE state = 'active' LIMIT 1"
DUE_HOLD = "SELECT 1 FROM review_hold WHERE ended_at IS NULL AND until <= %(now)s LIMIT 1"


def claim_next(*, by: User, lane: Case.Lane | None = None, licensee_id: int | None = None) -> Case | None:
    """Claim the most urgent waiting case of the licensees that this person moderates; None if there is none.

    Who already holds a case gets that one again. A case that this person released is not offered again.
    """
    licensee_ids = _moderated_by(by, licensee_id)
    resumed = False
    while True:
        try:
            now, taken = _claim_at_once(by, licensee_ids, lane, resumed=resumed)
        except IntegrityError:
            # Taking back a decision gave this person a case in the same instant: that one is the answer.
            continue
        if taken is not None:
            return taken
        if now.has_lapsed:
            end_lapsed_claim_of(by)
            continue
        if now.holds and not resumed:
            resume_due(licensee_ids)
            resumed = True
            continue
        if now.has_claim:
            held = held_case(by)
            if held is None:
                continue  # it ended between the two questions
            return held
        check_rested(by, now.read)
        offer = Offer(by, licensee_ids, lane, now.read, now.left_out)
        taken = _claim_when_free(offer)
        if taken is not None:
            return taken
        # Nobody else may be taking what is there: then there is nothing.
        if offer.first() is None:
            if now.read.enough_severe and lane != Case.Lane.STANDARD:
                raise RestFirst(severe_sentence(now.read))
            return None


def claim(*, case_id: int, by: User) -> Case:
    """Claim this very case; claiming again what one holds changes nothing."""
    held = held_claim(by)
    if held is not None and held.case_id == case_id:
        check_may_claim(by, held.case)
        return held.case
    failed = False
    while True:
        try:
            case, held, read = _claim(case_id, by)
        except IntegrityError:
            # The same person claimed another case in the same instant; that one is theirs now, so once more tells.
            if failed:
                raise
            failed = True
            continue
        if case is not None:
            return case
        if held is not None:
            end_lapsed_claim_of(by)
        else:
            check_rested(by, read)


def extend(*, case_id: int, by: User) -> Claim:
    with transaction.atomic():
        case = lock_case(case_id, by=by)
        check_may_claim(by, case)
        current = check_holds_live_claim(case, open_claim(case), by)
        current.expires_at = lease_end()
        current.save(update_fields=["expires_at"])
        record(Verb.CLAIM_EXTENDED, by=by, about=case.about(), payload=terms(current))
        return current


def release(*, case_id: int, by: User) -> Case:
    """Give it back, without a reason; the queue does not offer it to this person again."""
    with transaction.atomic():
        case = lock_case(case_id, by=by)
        check_may_claim(by, case)
        current = check_holds_live_claim(case, open_claim(case), by)
        end_claim(current, Claim.Ending.RELEASED)
        return transition(
            case, to=Case.State.WAITING, by=by, verb=Verb.CASE_RELEASED, payload={"claim": current.pk}
        )


def hand_over(*, case_id: int, by: User, to_id: int, note: str = "") -> HandOver:
    """Pass the claim on to another moderator of the licensee whose hands are free, with the whole time anew."""
    case = Case.every.select_related("licensee").get(pk=case_id)
    check_may_claim(by, case)
    to = get_colleague_for(by, case, to_id)
    end_lapsed_claim_of(to)
    try:
        with transaction.atomic():
            return _hand_over(lock_case(case_id, by=by), by, to, note)
    except IntegrityError:
        raise refuse_full_hands(case, to) from None


def expire_claims(*, limit: int = 200) -> int:
    """Put cases whose lease has passed back into the queue; answers how many. `limit` is for one transaction."""
    expired = 0
    while True:
        with transaction.atomic():
            cases = list(_with_lapsed_claim().select_for_update(skip_locked=True, of=("self",))[:limit])
            expired += sum(end_if_lapsed(case) for case in cases)
        if len(cases) < limit:
            return expired


def _hand_over(case: Case, by: User, to: User, note: str) -> HandOver:
    current = check_holds_live_claim(case, open_claim(case), by)
    check_readable(case)
    check_not_passed_on_by(case, to)
    check_hands_of(case, to, held_case(to))
    check_practice_stays(case, to)
    check_may_be_given(to, case)
    end_claim(current, Claim.Ending.HANDED_ON)
    given = new_lease(case, to)
    handed = HandOver(from_claim=current, to_claim=given, handed_by=by, handed_at=timezone.now())
    handed.note_sealed = seal_hand_over_note(handed, case, note)
    handed.save(force_insert=True)
    payload = {**terms(given), "ended": current.pk, "person": to.pk}
    record(Verb.CASE_HANDED_OVER, by=by, about=case.about(), payload=payload)
    return handed


def _claim(case_id: int, by: User) -> tuple[Case | None, Claim | None, Exposure]:
    """The case, what this person held before, and what they have read. No case where something comes first, in a
    transaction of its own: the end of their lease on another case, or a pause."""
    with transaction.atomic():
        case, answers = lock_case_and_ask(case_id, by=by, held=open_claims_of(by), **about_exposure(by))
        check_may_claim(by, case)
        held, read = next(iter(answers["held"]), None), exposure_of(answers)
        if held is not None and held.case_id != case_id and not is_live(held):
            return None, held, read
        end_if_lapsed(case)
        resume_if_due(case)
        current = open_claim(case)
        if current is not None and current.holder_id == by.pk:
            return case, held, read
        if read.must_rest and not is_live(held):
            return None, None, read
        check_claimable(case, current)
        check_practice_is_for(case, by)
        check_hands_free(by, held.case if held is not None and is_live(held) else None)
        return _give(case, by), held, read


def _moderated_by(by: User, licensee_id: int | None) -> list[int]:
    if licensee_id is not None:
        check_may_take_from(by, licensee_id)
        return [licensee_id]
    return sorted(served_by(by, Role.MODERATOR))


@dataclass(frozen=True)
class Before:
    """How a person stands who asks for a case."""

    has_claim: bool
    has_lapsed: bool
    # Whether the moment of some hold has come.
    holds: bool
    has_golden: bool
    read: Exposure
    left_out: LeftOut

    def is_ready(self, *, resumed: bool) -> bool:
        """Nothing is to be done before a case is looked for."""
        return not (self.has_claim or (self.holds and not resumed) or self.read.must_rest)


def _claim_at_once(
    by: User, licensee_ids: list[int], lane: Case.Lane | None, *, resumed: bool
) -> tuple[Before, Case | None]:
    """How the person stands, and the case that they have now; None where something comes first, or others are taking
    all that there is.

    The person is locked before the case: so one question tells all there is to know, and who presses twice gets one
    answer. Elsewhere the case comes first, and yet nobody waits in a circle: what is locked is passed over here.
    """
    with transaction.atomic():
        now = _before_claiming(by)
        if not now.is_ready(resumed=resumed):
            return now, None
        offer = Offer(by, licensee_ids, lane, now.read, now.left_out)
        return now, _take_first(offer, has_golden=now.has_golden)


def _claim_when_free(offer: Offer) -> Case | None:
    """Somebody may be taking the last one, and may yet leave it: wait and see. What is waited for is locked first."""
    try:
        with transaction.atomic():
            case = offer.wait_for_first()
            return None if case is None else _give(case, offer.person)
    except IntegrityError:
        # The same person pressed twice: the other request won, and its case is the answer to both.
        return held_case(offer.person)


def _before_claiming(by: User) -> Before:
    """Locks the person, then asks."""
    facts = {"person": by.pk, "now": timezone.now()}
    answers = lock_and_ask(
        about_lock(by),
        claims=Statement(OPEN_CLAIM, facts, 1),
        holds=Statement(DUE_HOLD, facts, 1),
        golden=Statement(ACTIVE_GOLDEN, {}, 1),
        left_out=about_left_out(by),
        **about_exposure(by),
    )
    return Before(
        has_claim=bool(answers["claims"]),
        has_lapsed=any(lapsed for (lapsed,) in answers["claims"]),
        holds=bool(answers["holds"]),
        has_golden=bool(answers["golden"]),
        read=exposure_of(answers),
        left_out=LeftOut.of(answers["left_out"]),
    )


def _take_first(offer: Offer, *, has_golden: bool) -> Case | None:
    """Whatever nobody else is taking at this moment. After several severe cases a milder one first."""
    offers = [offer]
    if offer.lane is None and _passes_over(offer):
        offers = [replace(offer, lane=Case.Lane.STANDARD), offer]
    if has_golden:
        most_urgent = next((row for one in offers if (row := one.first())), None)
        practice = give_practice(offer.person, most_urgent[-1], offer.read) if most_urgent else None
        if practice is not None:
            return practice
    taken = next((taken for one in offers if (taken := one.take())), None)
    return None if taken is None else _claimed(*taken)


def _passes_over(offer: Offer) -> bool:
    if not in_a_row(offer.read.recent):
        return False
    most_urgent = offer.first()
    if most_urgent is None:
        return False
    lane_order, due_at, _ = most_urgent
    return lane_order == 0 and milder_next(offer.read.recent, most_urgent_due_at=due_at, now=timezone.now())


def _give(case: Case, by: User) -> Case:
    """The case is locked and waiting. That a person has one open claim at most is held by the database."""
    check_may_take(by, case)
    return _claimed(case, new_lease(case, by))


def _claimed(case: Case, given: Claim) -> Case:
    """The case is locked, and so is the person, who may take it and has the lease."""
    payload, by = terms(given), given.holder
    return transition(case, to=Case.State.IN_REVIEW, by=by, verb=Verb.CASE_CLAIMED, payload=payload)


def _with_lapsed_claim() -> QuerySet[Case]:
    lapsed = Claim.objects.filter(ended_at=None, expires_at__lte=timezone.now())
    return Case.every.filter(pk__in=lapsed.values("case_id")).order_by("pk")
