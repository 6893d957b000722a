"""Opens a case for every flagged score that needs one."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.record import Machine, record
from audit.verbs import Verb
from licensees.models import Policy
from review.holds import end_hold
from review.models import Case, CaseNumber, Decision, Hold, UnseenScore, Watch
from review.references import reference_of
from scoring.models import Conversation, Score

INTAKE = Machine("intake")
BANDS = [band.value for band in Score.Band]
LANE_ORDER = {Case.Lane.IMMINENT: 0, Case.Lane.STANDARD: 1, Case.Lane.ARCHIVE: 2}
# What came in with an archive has waited for long; somebody still looks at it in the end.
ARCHIVE_DUE = timedelta(days=14)


def open_cases(*, limit: int = 500) -> int:
    """Open a case for each unseen flagged score that needs one, and answer how many were opened.

    The rule. A flagged score opens a case if its conversation has no open case, and if either it never had a
    case, or the newest of its closed cases was decided
      - at an earlier revision of the conversation (somebody has written since), and
      - at a lower band than the score's (it looks worse than what the person judged).
    So a dismissed conversation does not come back with each further message, and nothing that a person is
    holding comes in a second time. Of several new scores of one conversation the newest counts. An open case of the
    standard lane whose conversation becomes imminent is raised to the imminent lane, and keeps its holder; one that
    is on hold goes back into the queue. A conversation that is monitored comes back by the same rule also from
    below the flag, and on its day whatever the score (`return_watched`).

    What came with an archive has a lane of its own, behind the others.

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
        numbers = lock_numbers({score.conversation.licensee_id for score in scores})
        policies = {licensee_id: Policy.objects.in_force(licensee_id) for licensee_id in numbers}
        newest = _newest_of_each_conversation(scores)
        open_now = lock_open([score.conversation_id for score in newest])
        for score in newest:
            if score.conversation_id in open_now:
                case = open_now[score.conversation_id]
                _raise_if_imminent(case, score, policies[case.licensee_id])
        needed = _needing_a_case(newest, open_now)
        watches = end_watches([score.conversation_id for score in needed])
        for score in needed:
            licensee_id = score.conversation.licensee_id
            watch = watches.get(score.conversation_id)
            _open_case(score, numbers[licensee_id], policies[licensee_id], after=watch, because="rise")
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


def lock_numbers(licensee_ids: set[int]) -> dict[int, CaseNumber]:
    """Locked in order of licensee, so that two runs wait for each other instead of blocking each other."""
    CaseNumber.objects.bulk_create(
        [CaseNumber(licensee_id=licensee_id) for licensee_id in sorted(licensee_ids)], ignore_conflicts=True
    )
    numbers = CaseNumber.objects.select_for_update().filter(pk__in=licensee_ids).order_by("pk")
    return {number.licensee_id: number for number in numbers}


def _newest_of_each_conversation(scores: Iterable[Score]) -> list[Score]:
    """In order of conversation, as the scoring worker locks them."""
    # Of a watched conversation there are scores below the flag too: those never hide a flag.
    oldest_first = sorted(scores, key=lambda score: (score.flagged, score.revision))
    newest = {score.conversation_id: score for score in oldest_first}
    return [newest[conversation_id] for conversation_id in sorted(newest)]


def lock_open(conversation_ids: Collection[int]) -> dict[int, Case]:
    """{conversation: its open case}. Locked: a case that is being decided at this moment must be seen as decided."""
    cases = (
        Case.every.select_for_update(of=("self",))
        .select_related("licensee")
        # An open one of the test does not keep out what is sent live.
        .filter(practice_of=None, in_test=F("conversation__in_test"))
        .filter(conversation_id__in=conversation_ids, closed_at=None)
        .order_by("pk")
    )
    return {case.conversation_id: case for case in cases}


def _needing_a_case(scores: list[Score], open_now: dict[int, Case]) -> list[Score]:
    watched = set(
        Watch.objects.filter(
            conversation_id__in=[score.conversation_id for score in scores if not score.flagged]
        ).values_list("conversation_id", flat=True)
    )
    last = last_decisions([score.conversation_id for score in scores])
    return [
        score
        for score in scores
        if score.conversation_id not in open_now
        and (score.flagged or score.conversation_id in watched)
        and _asks_again(score, last.get(score.conversation_id))
    ]


def _raise_if_imminent(case: Case, score: Score, policy: Policy) -> None:
    """A case that waits or is read in the standard lane moves to the imminent one with its conversation.

    It keeps its state and its holder; only the lane, the band and an earlier due time change. What waits for a
    moment does not wait for it any longer.
    """
    if lane_of(score.conversation, score.band) != Case.Lane.IMMINENT or case.lane == Case.Lane.IMMINENT:
        return
    before = case.lane
    case.lane, case.lane_order = Case.Lane.IMMINENT, LANE_ORDER[Case.Lane.IMMINENT]
    case.band = score.band
    case.due_at = min(case.due_at, timezone.now() + time_allowed(policy, Case.Lane.IMMINENT))
    case.save(update_fields=["lane", "lane_order", "band", "due_at"])
    payload = {"score": score.pk, "from": before, "to": case.lane, "due": case.due_at.isoformat()}
    record(Verb.CASE_RAISED, by=INTAKE, about=case.about(), payload=payload)
    if case.state == Case.State.HELD:
        end_hold(case, Hold.Ending.RAISED, by=INTAKE)


def last_decisions(conversation_ids: list[int]) -> dict[int, Decision]:
    """{conversation: the last decision on the newest of its closed cases}"""
    decisions = (
        Decision.objects.standing()
        .filter(case__conversation_id__in=conversation_ids, case__closed_at__isnull=False)
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


def _open_case(
    score: Score, number: CaseNumber, policy: Policy, *, after: Watch | None = None, because: str = ""
) -> Case:
    lane = lane_of(score.conversation, score.band)
    return create_case(
        score.conversation,
        number,
        lane=lane,
        due_at=timezone.now() + time_allowed(policy, lane),
        payload={
            "score": score.pk,
            **({"after_decision": after.decision_id, "because": because} if after else {}),
        },
        opened_by_score=score,
        came_back_after_id=after.decision_id if after else None,
        band=score.band,
        hides_score=policy.hides_score,
    )


def lane_of(conversation: Conversation, band: str) -> Case.Lane:
    """An archive pushes nothing aside, however it is rated; once it goes on, it is live like any other."""
    if conversation.is_archive:
        return Case.Lane.ARCHIVE
    return Case.Lane.IMMINENT if band == Score.Band.IMMINENT else Case.Lane.STANDARD


def create_case(
    conversation: Conversation,
    number: CaseNumber,
    *,
    lane: Case.Lane,
    due_at: datetime,
    payload: dict[str, Any],
    **fields: Any,
) -> Case:
    """With the next number of its licensee, which the caller has locked and saves."""
    number.last += 1
    licensee = conversation.licensee
    case: Case = Case.objects.create(
        reference=reference_of(code=licensee.code, number=number.last),
        licensee=licensee,
        conversation=conversation,
        lane=lane,
        lane_order=LANE_ORDER[lane],
        due_at=due_at,
        in_test=conversation.in_test,
        **fields,
    )
    known = {"conversation": conversation.pk, "band": case.band, "lane": lane.value}
    record(Verb.CASE_OPENED, by=INTAKE, about=case.about(), payload=payload | known)
    return case


# --- Conversations that are monitored until a day --------------------------------------------------


def return_watched(*, limit: int = 500) -> int:
    """Open a case for each monitored conversation whose day has come; answers how many were opened.

    A score opens one case at most, and here there need be no new one: the case says after which decision it came.
    """
    opened = 0
    while True:
        with transaction.atomic():
            watches, numbers = _take_due(limit)
            opened += _return(watches, numbers) if watches else 0
        if len(watches) < limit:
            return opened


def _take_due(limit: int) -> tuple[list[Watch], dict[int, CaseNumber]]:
    """Numbers before watches: who takes such a decision back at this moment locks them in that order too."""
    due = Watch.objects.filter(until__lte=timezone.localdate())
    licensee_ids = set(due.values_list("conversation__licensee_id", flat=True)[:limit])
    if not licensee_ids:
        return [], {}
    numbers = lock_numbers(licensee_ids)
    taken = due.filter(conversation__licensee_id__in=licensee_ids).select_related("conversation__licensee")
    return list(taken.select_for_update(of=("self",)).order_by("pk")[:limit]), numbers


def _return(watches: list[Watch], numbers: dict[int, CaseNumber]) -> int:
    scores = {watch.conversation_id: _newest_judged(watch) for watch in watches}
    open_now = lock_open([pk for pk, score in scores.items() if score is not None])
    Watch.objects.filter(pk__in=[watch.pk for watch in watches]).delete()
    opened = 0
    for watch in watches:
        score = scores[watch.conversation_id]
        if score is None or watch.conversation_id in open_now:
            continue
        licensee_id = watch.conversation.licensee_id
        policy = Policy.objects.in_force(licensee_id)
        _open_case(score, numbers[licensee_id], policy, after=watch, because="day")
        opened += 1
    CaseNumber.objects.bulk_update(numbers.values(), ["last"])
    return opened


def _newest_judged(watch: Watch) -> Score | None:
    """The newest score at which the machine did not abstain; the one that opened the case is one."""
    judged = Score.objects.filter(conversation_id=watch.conversation_id).exclude(band="")
    return judged.select_related("conversation__licensee").order_by("-revision").first()


def end_watches(conversation_ids: list[int]) -> dict[int, Watch]:
    """{conversation: what was watched}; a conversation that has a case again is not watched beside it."""
    watches = {row.conversation_id: row for row in Watch.objects.filter(conversation_id__in=conversation_ids)}
    Watch.objects.filter(pk__in=[row.pk for row in watches.values()]).delete()
    return watches


def time_allowed(policy: Policy, lane: Case.Lane) -> timedelta:
    if lane is Case.Lane.ARCHIVE:
        return ARCHIVE_DUE
    imminent = lane is Case.Lane.IMMINENT
    return timedelta(hours=policy.imminent_due_hours if imminent else policy.standard_due_hours)
