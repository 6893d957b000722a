"""Cases of a licensee in test: practice for whoever serves it. They are answered, and nothing ever comes of that.

The database refuses a decision on them, as on golden cases; so no escalation, no packet and no act at a platform.
"""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.assignments import licensees_served_by
from review.first_judgement import about_first_judgement, find_first_judgement
from review.leases import end_claim
from review.locking import lock_case_and_ask
from review.models import Case, Claim
from review.permissions import check_may_decide
from review.policies import (
    check_complete,
    check_holds_live_claim,
    check_read_to_the_end,
    check_watch_until,
    find_subjects,
    open_claim,
)
from scoring.models import Participant


def waiting_in_test(person: User) -> QuerySet[Case]:
    """What waits for practice, the most urgent first, of the licensees that this person serves."""
    served = licensees_served_by(person, Role.MODERATOR, Role.SUPERVISOR)
    cases: QuerySet[Case] = Case.every.filter(in_test=True, closed_at=None, licensee__in=served)
    return cases.select_related("licensee").order_by("lane_order", "due_at", "pk")


def answer_in_test(
    *,
    case_id: int,
    by: User,
    disposition: str,
    seen_revision: int,
    seen_messages: int | None = None,
    reason: str = "",
    platform_action: str = "",
    subjects: Collection[int] = (),
    monitor_until: date | None = None,
    note: str = "",
) -> Case:
    """Where a decision would be made. The same is asked of it; the answer stands in the trail, a note is not kept."""
    with transaction.atomic():
        accounts = Participant.objects.filter(conversation__cases=case_id, position__in=subjects)
        case, answers = lock_case_and_ask(
            case_id, by=by, accounts=accounts, **about_first_judgement(case_id, by)
        )
        check_may_decide(by, case)
        claim = check_holds_live_claim(case, open_claim(case), by)
        if not case.in_test:
            raise NotPossible("This case is no practice. Decide it.", about=case.about())
        check_complete(case, disposition=disposition, reason=reason, platform_action=platform_action)
        find_subjects(case, disposition=disposition, subjects=subjects, found=answers["accounts"])
        check_watch_until(case, disposition=disposition, until=monitor_until)
        find_first_judgement(case, answers["first_judgement"])
        check_read_to_the_end(
            case, case.conversation, seen_revision=seen_revision, seen_messages=seen_messages
        )
        end_claim(claim, Claim.Ending.DECIDED)
        return transition(
            case,
            to=Case.State.DECIDED,
            by=by,
            verb=Verb.CASE_PRACTISED,
            payload={"disposition": disposition, "reason": reason, "platform_action": platform_action},
            closed_at=timezone.now(),
        )
