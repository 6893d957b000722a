"""Somebody is deactivated: what they hold goes back to the queue, at once and not when their lease has passed."""

from django.db import transaction

from accounts.models import User
from accounts.row_scope import system_scope
from audit.transitions import transition
from audit.verbs import Verb
from review.leases import end_claim
from review.models import Case, Claim, SecondReview
from review.policies import open_claim
from review.second_review import give_back_of


@system_scope("what somebody holds goes back, of whichever licensee, when an admin lets them go")
def give_back_all_of(person: User, *, by: User) -> int:
    """How many cases and second reviews went back. Each in a transaction of its own: one case at a time."""
    cases = list(person.claims.filter(ended_at=None).values_list("case_id", flat=True))
    reviews = list(SecondReview.objects.filter(reviewer=person, state=SecondReview.State.IN_REVIEW))
    gone = [_give_back(case_id, person, by) for case_id in cases]
    gone += [give_back_of(person, review_id=review.pk, by=by) for review in reviews]
    return sum(gone)


def _give_back(case_id: int, person: User, by: User) -> bool:
    """No “not me” is kept against anybody: they did not choose it."""
    with transaction.atomic():
        case = Case.objects.lock(case_id)
        current = open_claim(case)
        if current is None or current.holder_id != person.pk:
            return False
        end_claim(current, Claim.Ending.GIVEN_BACK)
        payload = {"claim": current.pk, "holder": person.pk}
        transition(case, to=Case.State.WAITING, by=by, verb=Verb.CASE_RELEASED, payload=payload)
        return True
