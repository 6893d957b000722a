"""Taking a decision back in its first seconds, before anything of it has left the building."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.transitions import transition
from audit.verbs import Verb
from review.intake import lock_numbers
from review.leases import end_claim, end_lapsed_claim_of, held_claim, new_lease, terms
from review.models import Case, Claim, Decision, HandOver, Watch, Withdrawal
from review.permissions import check_may_take_back
from review.policies import TAKEN_BACK_WITHIN, check_can_be_taken_back, find_decision_to_take_back
from review.second_review import withdraw_second_review


def decision_to_take_back(by: User) -> Decision | None:
    return decisions_to_take_back(by).first()


def decisions_to_take_back(by: User) -> QuerySet[Decision]:
    """Of this person, the last first, what has not left the building; an escalation has its own way back."""
    made: QuerySet[Decision] = Decision.objects.standing().filter(
        decided_by=by, decided_at__gt=timezone.now() - TAKEN_BACK_WITHIN, case__state=Case.State.DECIDED
    )
    return made.select_related("case").order_by("-decided_at")


def take_back(*, case_id: int, by: User) -> Case:
    """Withdraw one's own decision: the case is back in review under one's claim, or waits if one's hands are not free.

    A case that one claimed since the decision is given back first, whether auto-advance or the person chose it: the
    decision that was wrong must not stand for the sake of a case of which at most ten seconds were read. It does not
    count as released, so it may be claimed again, and the page says so. One that somebody handed over stays.
    """
    end_lapsed_claim_of(by)
    with transaction.atomic():
        case, given = _lock(case_id, by)
        decision = find_decision_to_take_back(case)
        decision.case = case
        check_may_take_back(by, decision)
        check_can_be_taken_back(case, decision)
        if given is not None and given.claimed_at >= decision.decided_at:
            _give_back(given, by)
        Withdrawal.objects.create(decision=decision, withdrawn_by=by)
        Watch.objects.filter(decision=decision).delete()
        withdraw_second_review(decision, by=by)
        return _reopen(case, decision, by)


def _lock(case_id: int, by: User) -> tuple[Case, Claim | None]:
    """The case, and what this person was given since. Numbers before cases and cases in order, as intake locks."""
    lock_numbers(set(Case.objects.filter(pk=case_id).values_list("licensee_id", flat=True)))
    held = held_claim(by)
    ids = sorted({case_id} | ({held.case_id} if held else set()))
    cases = {one: Case.objects.lock(one) for one in ids}
    # Released, lapsed or decided while we waited for the lock: then it is not ours to give back.
    given = held_claim(by) if held else None
    if given is None or given.case_id not in cases or HandOver.objects.filter(to_claim=given).exists():
        return cases[case_id], None
    given.case = cases[given.case_id]
    return cases[case_id], given


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
