"""Opens a case for every report by a user that needs one: the second door to the queue, whatever the score."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.record import record
from audit.verbs import Verb
from licensees.models import Policy
from review.intake import (
    INTAKE,
    create_case,
    end_watches,
    last_decisions,
    lock_numbers,
    lock_open,
    time_allowed,
)
from review.models import Case, CaseNumber, Decision, UnseenReport
from scoring.models import Score, UserReport

Reports = list[UserReport]


def open_reported(*, limit: int = 500) -> int:
    """Take up each report that nobody has looked at, and answer how many cases were opened.

    The rule (ADR 9). A report on a conversation with an open case is added to that case. Otherwise it opens one if the
    conversation was never judged, or was judged before anybody reported it, or somebody has written since it was
    judged. Else the judgement stands, and the report is kept with the case that was closed.

    Safe to run beside itself and beside `open_cases`, by the same locks.
    """
    opened = 0
    while True:
        looked_at, newly_opened = _open_batch(limit)
        opened += newly_opened
        if looked_at < limit:
            return opened


def _open_batch(limit: int) -> tuple[int, int]:
    with transaction.atomic():
        reports = _take_unseen(limit)
        if not reports:
            return 0, 0
        numbers = lock_numbers({report.conversation.licensee_id for report in reports})
        policies = {licensee_id: Policy.objects.in_force(licensee_id) for licensee_id in numbers}
        by_conversation: dict[int, Reports] = {}
        for report in sorted(reports, key=lambda one: (one.conversation_id, one.pk)):
            by_conversation.setdefault(report.conversation_id, []).append(report)
        open_now = lock_open(list(by_conversation))
        needed = _sorted_out(by_conversation, open_now, policies)
        bands = _bands(list(needed))
        end_watches(list(needed))
        for conversation_id, own in needed.items():
            licensee_id = own[0].conversation.licensee_id
            band = bands.get(conversation_id, "")
            _open(own, numbers[licensee_id], policies[licensee_id], band)
        CaseNumber.objects.bulk_update(numbers.values(), ["last"])
        return len(reports), len(needed)


def _take_unseen(limit: int) -> Reports:
    unseen = list(
        UnseenReport.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("report__conversation__licensee")
        .order_by("report_id")[:limit]
    )
    UnseenReport.objects.filter(pk__in=[row.pk for row in unseen]).delete()
    return [row.report for row in unseen]


def _sorted_out(
    by_conversation: dict[int, Reports], open_now: dict[int, Case], policies: dict[int, Policy]
) -> dict[int, Reports]:
    """Those that need a case of their own; the others are added to the case that there is."""
    last = last_decisions(list(by_conversation))
    needed = {}
    for conversation_id, own in by_conversation.items():
        case, decision = open_now.get(conversation_id), last.get(conversation_id)
        if case is not None:
            _add(case, own, due_within=_time_allowed(policies[case.licensee_id]))
        elif decision is None or _asks_again(own, decision):
            needed[conversation_id] = own
        else:
            _add(Case.objects.lock(decision.case_id), own)
    return needed


def _asks_again(own: Reports, last: Decision) -> bool:
    if any(report.revision > last.conversation_revision for report in own):
        return True
    conversation = own[0].conversation_id
    earlier = UserReport.objects.filter(conversation=conversation, received_at__lt=last.decided_at)
    return not earlier.exclude(pk__in=[report.pk for report in own]).exists()


def _bands(conversation_ids: Collection[int]) -> dict[int, str]:
    judged = Score.objects.filter(conversation__in=conversation_ids).exclude(band="")
    newest = judged.order_by("conversation", "-revision").distinct("conversation")
    return dict(newest.values_list("conversation_id", "band"))


def _open(own: Reports, number: CaseNumber, policy: Policy, band: str) -> Case:
    lane = Case.Lane.IMMINENT if band == Score.Band.IMMINENT else Case.Lane.STANDARD
    allowed = time_allowed(policy, lane)
    return create_case(
        own[0].conversation,
        number,
        lane=lane,
        due_at=timezone.now() + min(allowed, _time_allowed(policy)),
        payload={"report": own[0].pk, "reports": [report.pk for report in own]},
        opened_by_report=own[0],
        reports=len(own),
        band=band,
        hides_score=policy.hides_score,
    )


def _add(case: Case, own: Reports, *, due_within: timedelta | None = None) -> None:
    """To a locked case. It keeps its lane and its holder; an open one is due no later than a reported one would be."""
    case.reports += len(own)
    if due_within is not None:
        case.due_at = min(case.due_at, timezone.now() + due_within)
    case.save(update_fields=["reports", "due_at"])
    payload = {"reports": [report.pk for report in own], "due": case.due_at.isoformat()}
    record(Verb.CASE_REPORTED, by=INTAKE, about=case.about(), payload=payload)


def _time_allowed(policy: Policy) -> timedelta:
    """Somebody asked for help: half of what the standard lane allows."""
    return time_allowed(policy, Case.Lane.STANDARD) / 2
