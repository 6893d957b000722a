"""Four weeks of work behind a licensee, so that the overview has something to show: rows only, no verbs, no words."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from review.models import Case, Decision, SecondReview
from tests.factories import make_case

DAYS = 27
OUTCOMES = {"no_action": 5, "monitor": 2, "platform_action": 3, "escalate": 3}


def four_weeks(licensee: Licensee, *, first: User, second: User, cases: int = 110) -> None:
    chance, now = random.Random(4), timezone.now()
    _let_wait(chance)
    for number in range(cases):
        imminent = number % 11 == 0
        case = make_case(
            licensee, external_id=f"past-{number}", texts=["Hi"], probability=0.99 if imminent else 0.9
        )
        opened_at = now - timedelta(days=DAYS * (1 - chance.random() ** 0.7), minutes=chance.randrange(60))
        times = {"opened_at": opened_at, "due_at": opened_at + timedelta(hours=1 if imminent else 24)}
        Case.objects.filter(pk=case.pk).update(**times)
        decided_at = opened_at + timedelta(hours=chance.expovariate(3 if imminent else 1 / 10))
        if decided_at < now:
            _decide(case, first, second, decided_at, chance)


def _let_wait(chance: random.Random) -> None:
    """What waits has waited for some hours, some of it too long."""
    for case in Case.objects.filter(state=Case.State.WAITING):
        waited = timedelta(hours=20 * chance.random() ** 3)
        Case.objects.filter(pk=case.pk).update(opened_at=case.opened_at - waited, due_at=case.due_at - waited)


def _decide(case: Case, first: User, second: User, at: datetime, chance: random.Random) -> None:
    outcome = chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    said = {
        "disposition": outcome,
        "reason": chance.choice(Decision.Reason.values) if outcome == "no_action" else "",
        "platform_action": Decision.PlatformAction.WARN if outcome == "platform_action" else "",
    }
    decision = Decision.objects.create(
        case=case,
        decided_by=first,
        decided_at=at,
        conversation_revision=1,
        band=case.band,
        monitor_until=at.date() + timedelta(days=60) if outcome == "monitor" else None,
        **said,
    )
    closed = {"state": Case.State.DECIDED, "closed_at": at}
    Case.objects.filter(pk=case.pk).update(**{"state": "escalated"} if outcome == "escalate" else closed)
    if chance.random() < 0.3:
        again = outcome if chance.random() < 0.85 else "monitor"
        SecondReview.objects.create(
            case=case,
            licensee=case.licensee,
            decision=decision,
            first_decided_by=first,
            reviewer=second,
            state=SecondReview.State.AGREED if again == outcome else SecondReview.State.DISAGREED,
            decided_at=at,
            **(said if again == outcome else {"disposition": again}),
        )
