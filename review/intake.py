"""Opens a case for every flagged score that needs one."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.record import Machine, record
from audit.verbs import Verb
from licensees.models import Policy
from review.models import Case, CaseNumber, Decision, UnseenScore
from review.references import reference_of
from scoring.models import Score

INTAKE = Machine("intake")
BANDS = [band.value for band in Score.Band]
LANE_ORDER = {Case.Lane.IMMINENT: 0, Case.Lane.STANDARD: 1}


def open_cases(*, limit: int = 500) -> int:
    """Open a case for each unseen flagged score that needs one, and answer how many were opened.

    The rule. A flagged score opens a case if its conversation has no open case, and if either it never had a
    case, or the newest of its closed cases was decided
      - at an earlier revision of the conversation (somebody has written since), and
      - at a lower band than the score's (it looks worse than what the person judged).
    So a dismissed conversation does not come back with each further message, and nothing that a person is
    holding comes in a second time. Of several new scores of one conversation the newest counts. An open case of the
    standard lane whose conversation becomes imminent is raised to the imminent lane, and keeps its holder.

    `limit` is how many scores one transaction takes. Safe to run beside itself: each score is taken by one run
    (SKIP LOCKED), and the cases of a licensee are opened in turn, under the lock of its case number.
    """
    opened = 0
    while True:
        looked_at, newly_opened = _open_batch(limit)
        opened += newly_opened
        if looked_at < limit:
            return opened


def _open_batch(limit: int) -> tuple[int, int]:
    with transaction.atomic():
        scores = _take_unseen(limit)
        if not scores:
            return 0, 0
        numbers = _lock_numbers({score.conversation.licensee_id for score in scores})
        policies = {licensee_id: Policy.objects.in_force(licensee_id) for licensee_id in numbers}
        newest = _newest_of_each_conversation(scores)
        open_now = _lock_open(newest)
        for score in newest:
            if score.conversation_id in open_now:
                case = open_now[score.conversation_id]
                _raise_if_imminent(case, score, policies[case.licensee_id])
        needed = _needing_a_case(newest, open_now)
        for score in needed:
            licensee_id = score.conversation.licensee_id
            _open_case(score, numbers[licensee_id], policies[licensee_id])
        CaseNumber.objects.bulk_update(numbers.values(), ["last"])
        return len(scores), len(needed)


def _take_unseen(limit: int) -> list[Score]:
    unseen = list(
        UnseenScore.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("score__conversation__licensee")
        .order_by("score_id")[:limit]
    )
    UnseenScore.objects.filter(pk__in=[row.pk for row in unseen]).delete()
    return [row.score for row in unseen]


def _lock_numbers(licensee_ids: set[int]) -> dict[int, CaseNumber]:
    """Locked in order of licensee, so that two runs wait for each other instead of blocking each other."""
    CaseNumber.objects.bulk_create(
        [CaseNumber(licensee_id=licensee_id) for licensee_id in sorted(licensee_ids)], ignore_conflicts=True
    )
    numbers = CaseNumber.objects.select_for_update().filter(pk__in=licensee_ids).order_by("pk")
    return {number.licensee_id: number for number in numbers}


def _newest_of_each_conversation(scores: Iterable[Score]) -> list[Score]:
    """In order of conversation, as the scoring worker locks them."""
    newest = {score.conversation_id: score for score in sorted(scores, key=lambda score: score.revision)}
    return [newest[conversation_id] for conversation_id in sorted(newest)]


def _lock_open(scores: list[Score]) -> dict[int, Case]:
    """{conversation: its open case}. Locked: a case that is being decided at this moment must be seen as decided."""
    cases = (
        Case.objects.select_for_update(of=("self",))
        .select_related("licensee")
        .filter(conversation_id__in=[score.conversation_id for score in scores], closed_at=None)
        .order_by("pk")
    )
    return {case.conversation_id: case for case in cases}


def _needing_a_case(scores: list[Score], open_now: dict[int, Case]) -> list[Score]:
    last = _last_decisions([score.conversation_id for score in scores])
    return [
        score
        for score in scores
        if score.conversation_id not in open_now and _asks_again(score, last.get(score.conversation_id))
    ]


def _raise_if_imminent(case: Case, score: Score, policy: Policy) -> None:
    """A case that waits or is read in the standard lane moves to the imminent one with its conversation.

    It keeps its state and its holder; only the lane, the band and an earlier due time change.
    """
    if score.band != Score.Band.IMMINENT or case.lane == Case.Lane.IMMINENT:
        return
    before = case.lane
    case.lane, case.lane_order = Case.Lane.IMMINENT, LANE_ORDER[Case.Lane.IMMINENT]
    case.band = score.band
    case.due_at = min(case.due_at, timezone.now() + _time_allowed(policy, Case.Lane.IMMINENT))
    case.save(update_fields=["lane", "lane_order", "band", "due_at"])
    payload = {"score": score.pk, "from": before, "to": case.lane, "due": case.due_at.isoformat()}
    record(Verb.CASE_RAISED, by=INTAKE, about=case.about(), payload=payload)


def _last_decisions(conversation_ids: list[int]) -> dict[int, Decision]:
    """{conversation: the last decision on the newest of its closed cases}"""
    decisions = (
        Decision.objects.filter(case__conversation_id__in=conversation_ids, case__closed_at__isnull=False)
        .select_related("case")
        .order_by("case__conversation_id", "-case__closed_at", "-decided_at", "-id")
        .distinct("case__conversation_id")
    )
    return {decision.case.conversation_id: decision for decision in decisions}


def _asks_again(score: Score, last: Decision | None) -> bool:
    if last is None:
        return True
    return last.conversation_revision < score.revision and _rank(last.band) < _rank(score.band)


def _rank(band: str) -> int:
    return BANDS.index(band) if band in BANDS else -1


def _open_case(score: Score, number: CaseNumber, policy: Policy) -> Case:
    number.last += 1
    licensee = score.conversation.licensee
    lane = Case.Lane.IMMINENT if score.band == Score.Band.IMMINENT else Case.Lane.STANDARD
    case = Case.objects.create(
        reference=reference_of(code=licensee.code, number=number.last),
        licensee=licensee,
        conversation=score.conversation,
        opened_by_score=score,
        band=score.band,
        lane=lane,
        lane_order=LANE_ORDER[lane],
        due_at=timezone.now() + _time_allowed(policy, lane),
    )
    record(
        Verb.CASE_OPENED,
        by=INTAKE,
        about=case.about(),
        payload={
            "score": score.pk,
            "conversation": score.conversation_id,
            "band": score.band,
            "lane": lane.value,
        },
    )
    return case


def _time_allowed(policy: Policy, lane: Case.Lane) -> timedelta:
    imminent = lane is Case.Lane.IMMINENT
    return timedelta(hours=policy.imminent_due_hours if imminent else policy.standard_due_hours)
