"""Taking a decision back in its first seconds, before anything of it has left the building."""

from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.transitions import transition
from audit.verbs import Verb
from licensees.together import Statement, lock_and_ask
from review.leases import end_claim, end_lapsed_claim_of, new_lease, open_claims_of, terms
from review.models import Case, Claim, Decision, HandOver, Watch, Withdrawal
from review.models.case import lock_of
from review.permissions import about_opening, check_may_take_back, know_opening
from review.policies import TAKEN_BACK_WITHIN, check_can_be_taken_back, find_decision_to_take_back, is_live
from review.second_review import withdraw_second_review

# As intake locks it: whatever opens a case of a licensee waits, and is waited for.
LOCK_NUMBERS = """
    SELECT 1 FROM review_casenumber
     WHERE licensee_id = (SELECT licensee_id FROM review_case WHERE id = %(case)s) FOR UPDATE
"""


def decision_to_take_back(by: User) -> Decision | None:
    return decisions_to_take_back(by).first()


def decisions_to_take_back(by: User) -> QuerySet[Decision]:
    """Of this person, the last first, what has not left the building; an escalation has its own way back."""
    made: QuerySet[Decision] = Decision.objects.standing().filter(
        decided_by=by, decided_at__gt=timezone.now() - TAKEN_BACK_WITHIN, case__state=Case.State.DECIDED
    )
    return made.select_related("case").order_by("-decided_at")


class TakenBack(NamedTuple):
    """The case as it is now, and the one that was given back for it."""

    case: Case
    given_back: Case | None


def take_back(*, case_id: int, by: User) -> TakenBack:
    """Withdraw one's own decision: the case is back in review under one's claim, or waits if one's hands are not free.

    A case that one claimed since the decision is given back first, whether auto-advance or the person chose it: the
    decision that was wrong must not stand for the sake of a case of which at most ten seconds were read. It does not
    count as released, so it may be claimed again, and the page says so. One that somebody handed over stays.
    """
    held = open_claims_of(by).first()
    if held is not None and not is_live(held):
        end_lapsed_claim_of(by)
        held = None
    with transaction.atomic():
        case, given = _lock(case_id, by, held)
        decision = find_decision_to_take_back(case)
        check_may_take_back(by, decision)
        check_can_be_taken_back(case, decision)
        is_given_back = given is not None and given.claimed_at >= decision.decided_at
        if given is not None and is_given_back:
            _give_back(given, by)
        Withdrawal.objects.create(decision=decision, withdrawn_by=by)
        Watch.objects.filter(decision=decision).delete()
        withdraw_second_review(decision, by=by)
        return TakenBack(_reopen(case, decision, by), given.case if given and is_given_back else None)


def _lock(case_id: int, by: User, held: Claim | None) -> tuple[Case, Claim | None]:
    """The case, and what this person was given since. Numbers before cases and cases in order, as intake locks."""
    ids = sorted({case_id} | ({held.case_id} if held else set()))
    answers = lock_and_ask(
        Statement(LOCK_NUMBERS, {"case": case_id}, 1),
        *(lock_of(one) for one in ids),
        **Case.every.with_all_around(case_id),
        **about_opening(case_id, by),
        held=open_claims_of(by),
        handed=HandOver.objects.filter(to_claim__holder=by, to_claim__ended_at=None).values_list(
            "pk", flat=True
        ),
    )
    case = Case.every.from_answers(answers)
    know_opening(case, by, answers)
    # Released, lapsed or decided while we waited for the lock: then it is not ours to give back.
    given = next(filter(is_live, answers["held"]), None)
    if given is None or given.case_id not in ids or answers["handed"]:
        return case, None
    return case, given


def _give_back(given: Claim, by: User) -> None:
    end_claim(given, Claim.Ending.GIVEN_BACK)
    payload = {"claim": given.pk, "because": "decision_taken_back"}
    transition(given.case, to=Case.State.WAITING, by=by, verb=Verb.CASE_RELEASED, payload=payload)


def _reopen(case: Case, decision: Decision, by: User) -> Case:
    withdrawn = {"decision": decision.pk}
    try:
        with transaction.atomic():
            payload = withdrawn | terms(new_lease(case, by))
    except IntegrityError:
        # They hold another case: this one waits, and they may claim it again.
        return transition(
            case, to=Case.State.WAITING, by=by, verb=Verb.CASE_REOPENED, payload=withdrawn, closed_at=None
        )
    return transition(
        case, to=Case.State.IN_REVIEW, by=by, verb=Verb.CASE_REOPENED, payload=payload, closed_at=None
    )
