"""What one person of the demo does with one case: through the verbs, as everybody would."""

from datetime import timedelta
from random import Random
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from artemis_site.demo_clock import Clock
from referrals import workflow
from referrals.models import Escalation, Recipient
from referrals.routing import asks_priority
from review import workflow as reviewing
from review.models import Case, Decision, SecondReview
from review.second_review import claim_second_review, give_second_review, offered_to, reveal_blind
from scoring.models import MessageRating, Participant, Score

GROUNDS = (
    "The subject account asks about age, asks to keep the chat between the two of them and proposes another app. "
    "Demonstration: the messages are neutral and nobody is concerned."
)
THREAT = (
    "The subject account proposes to meet tomorrow after school and asks who else is at home then. "
    "Demonstration: the messages are neutral and nobody is concerned."
)
HIGHEST = 1
EXPLOITATION = Recipient.Exit.SUSPECTED_EXPLOITATION
INCIDENT = "when the last message was sent, by the platform’s clock"
Outcomes = dict[Decision.Disposition, int]
Reason, Action = Decision.Reason, Decision.PlatformAction
NOTHING, WATCH, ACT = (
    Decision.Disposition.NO_ACTION,
    Decision.Disposition.MONITOR,
    Decision.Disposition.PLATFORM_ACTION,
)
# How often each outcome comes, by band: of the imminent ones more are acted on.
OUTCOMES = {"imminent": {NOTHING: 3, WATCH: 3, ACT: 11}, "high": {NOTHING: 9, WATCH: 4, ACT: 7}}
REASONS = {
    Reason.PEERS: 7,
    Reason.GAME_OR_FICTION: 4,
    Reason.TRUSTED_ROLE: 3,
    Reason.FAMILY: 2,
    Reason.ADULTS_ONLY: 2,
    Reason.NOTHING_THERE: 1,
}
ACTIONS = {Action.WARN: 5, Action.RESTRICT: 3, Action.BLOCK: 2}
ANNOTATED = 0.2  # of all cases; enough to show what it looks like
WORTH_A_LABEL = 0.5
SOON = 9
EVIDENCE = 3


def judge(case: Case, *, by: User, chance: Random, clock: Clock) -> None:
    """Read, sometimes label, decide; a few minutes in all."""
    numbers = weightiest(case)
    reviewing.reveal(case_id=case.pk, numbers=numbers, by=by)
    if chance.random() < ANNOTATED:
        annotate(case, numbers, by=by)
    clock.advance(minutes=chance.uniform(2, 7))
    outcomes = _outcomes(case)
    reviewing.decide(
        case_id=case.pk, by=by, seen_revision=case.conversation.revision, **an_outcome(case, outcomes, chance)
    )


def _outcomes(case: Case) -> Outcomes:
    """However few days are told, each outcome is among them."""
    usual = OUTCOMES.get(case.band, OUTCOMES["high"])
    made = Decision.objects.filter(case__licensee=case.licensee_id).values_list("disposition", flat=True)
    missing = {one: 1 for one in usual if one not in set(made)}
    return missing if missing and len(made) >= SOON else usual


def an_outcome(case: Case, outcomes: Outcomes, chance: Random) -> dict[str, Any]:
    """With what it asks for. Whoever monitors does so beyond today: nothing comes back all at once."""
    disposition = _one_of(outcomes, chance)
    said: dict[str, Any] = {"disposition": disposition}
    if disposition == NOTHING:
        said["reason"] = _one_of(REASONS, chance)
    if disposition == ACT:
        said["platform_action"] = _one_of(ACTIONS, chance)
        said["subjects"] = [_subject_of(case).position]
    if disposition == WATCH:
        said["monitor_until"] = timezone.localdate() + timedelta(days=chance.randrange(30, 60))
    return said


def weightiest(case: Case) -> list[int]:
    rated = MessageRating.objects.weighed_by(Score.objects.newest_judged(case.conversation_id))
    return sorted(
        rated.order_by(F("contribution").desc()).values_list("message__number", flat=True)[:EVIDENCE]
    )


def annotate(case: Case, numbers: list[int], *, by: User) -> None:
    """Say again what the machine rated highest."""
    for message in case.conversation.messages.filter(number__in=numbers).select_related("rating"):
        ratings = message.rating.ratings
        if ratings and max(ratings.values()) >= WORTH_A_LABEL:
            characteristic = max(ratings, key=lambda key: ratings[key])
            reviewing.annotate(case_id=case.pk, by=by, number=message.number, characteristic=characteristic)


def judge_again(*, by: User, chance: Random, clock: Clock, disagrees: bool) -> SecondReview | None:
    """The oldest second review that this person may take, once it is there: others of the shift were told of before."""
    if not offered_to(by).filter(opened_at__lte=clock.moment).exists():
        return None
    review = claim_second_review(by=by)
    if review is None:
        return None
    reveal_blind(review_id=review.pk, numbers=weightiest(review.case), by=by)
    clock.advance(minutes=chance.uniform(2, 6))
    first = review.decision
    said = {name: getattr(first, name) for name in ("disposition", "reason", "platform_action")}
    if disagrees:
        other = WATCH if first.disposition == NOTHING else NOTHING
        said = {"disposition": other, "reason": Reason.PEERS if other == NOTHING else ""}
    return give_second_review(review_id=review.pk, by=by, **said)


def escalate(
    case: Case, *, by: User, clock: Clock, chance: Random, exit_: Recipient.Exit = EXPLOITATION
) -> Escalation:
    """To the clearing house or the police, with the weightiest messages as evidence."""
    numbers = weightiest(case)
    reviewing.reveal(case_id=case.pk, numbers=numbers, by=by)
    annotate(case, numbers, by=by)
    clock.advance(minutes=chance.uniform(6, 11))
    return workflow.escalate(
        case_id=case.pk, by=by, seen_revision=case.conversation.revision, **asked(case, numbers, exit_)
    )


def fits_a_referral(case: Case) -> bool:
    """Between two accounts, one of them declared an adult's: what would be referred looks like it."""
    return sorted(map(is_adult, _accounts(case))) == [False, True]


def is_adult(account: Participant) -> bool:
    return account.declared_age_band == "adult"


def _accounts(case: Case) -> list[Participant]:
    return list(case.conversation.participants.order_by("position"))


def _subject_of(case: Case) -> Participant:
    return sorted(_accounts(case), key=is_adult)[-1]


def asked(case: Case, numbers: list[int], exit_: Recipient.Exit = EXPLOITATION) -> Any:
    recipient = Recipient.objects.get(exit=exit_)
    possible_minor, *_, subject = sorted(_accounts(case), key=is_adult)
    return {
        "exit": exit_,
        "recipient_id": recipient.pk,
        "priority": HIGHEST if asks_priority(recipient) else None,
        "subject_id": subject.pk,
        "possible_minor_id": possible_minor.pk,
        "evidence_numbers": numbers,
        "context": 3,
        "incident_at": case.conversation.last_message_at,
        "grounds": THREAT if exit_ == Recipient.Exit.IMMINENT_THREAT else GROUNDS,
        "incident_definition": INCIDENT,
    }


def _one_of(weights: dict[Any, int], chance: Random) -> Any:
    return chance.choices(list(weights), list(weights.values()))[0]
