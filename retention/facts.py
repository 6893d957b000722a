"""What has to be known of conversations to say how long they are kept: asked for many at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from referrals.models import Delivery, Escalation, RecipientRequest
from review.models import CalibrationCase, CalibrationSession, Case, Decision, SecondReview, UnseenScore
from scoring.models import Conversation, ConversationState, Message, PreservationHold

UNDER_WAY = (SecondReview.State.WAITING, SecondReview.State.IN_REVIEW, SecondReview.State.DISAGREED)
ASKED = (*Escalation.LIVE, Escalation.State.APPROVED)


@dataclass
class Facts:
    """Of one conversation, whose row was read with its key."""

    conversation: Conversation
    last_received_at: datetime
    held_until: datetime | None = None
    # The newest first; those for practice too.
    cases: list[Case] = field(default_factory=list)
    # {case: the decision that stands}
    decisions: dict[int, Decision] = field(default_factory=dict)
    is_busy: bool = False
    has_unseen_score: bool = False
    has_states: bool = False

    @property
    def is_erased(self) -> bool:
        return self.conversation.data_key.destroyed_at is not None

    @property
    def is_scored(self) -> bool:
        row = self.conversation
        return row.scored_revision == row.revision and not self.has_unseen_score

    @property
    def newest_case(self) -> Case | None:
        return next((case for case in self.cases if not case.is_practice), None)


def facts_of(conversations: Sequence[Conversation]) -> dict[int, Facts]:
    """{conversation: its facts}; ten questions, however many there are."""
    ids = [row.pk for row in conversations]
    received = dict(_by_conversation(Message.objects, "conversation", ids, Max("received_at")))
    found = {
        row.pk: Facts(row, last_received_at=received.get(row.pk) or row.received_at) for row in conversations
    }
    holds = PreservationHold.objects.filter(what="content", until__gt=timezone.now())
    for pk, until in _by_conversation(holds, "conversation", ids, Max("until")):
        found[pk].held_until = until
    for case in Case.every.filter(conversation__in=ids).select_related("licensee").order_by("-pk"):
        found[case.conversation_id].cases.append(case)
    _add_decisions(found)
    for pk in _busy(ids):
        found[pk].is_busy = True
    unseen = UnseenScore.objects.filter(score__conversation__in=ids)
    for pk in unseen.values_list("score__conversation_id", flat=True):
        found[pk].has_unseen_score = True
    states = ConversationState.objects.filter(conversation__in=ids)
    for pk in states.values_list("conversation_id", flat=True):
        found[pk].has_states = True
    return found


def _add_decisions(found: dict[int, Facts]) -> None:
    cases = {case.pk: facts for facts in found.values() for case in facts.cases}
    standing = Decision.objects.standing().filter(case__in=cases)
    for decision in standing.order_by("case", "-decided_at", "-id").distinct("case"):
        cases[decision.case_id].decisions[decision.case_id] = decision


def _busy(ids: Sequence[int]) -> set[int]:
    """Somebody still works with the text: a second review, a session of calibration, two people, a courier, an answer
    that is owed."""
    sessions = CalibrationCase.objects.exclude(session__state=CalibrationSession.State.CLOSED)
    asked = Escalation.objects.filter(state__in=ASKED)
    on_the_way = Delivery.objects.filter(state__in=Delivery.OPEN)
    owed = RecipientRequest.objects.filter(state=RecipientRequest.State.OPEN)
    questions: list[tuple[QuerySet[Any], str]] = [
        (SecondReview.objects.filter(state__in=UNDER_WAY), "case__conversation"),
        (sessions, "case__conversation"),
        (asked, "case__conversation"),
        (on_the_way, "packet__approval__escalation__case__conversation"),
        (owed, "escalation__case__conversation"),
    ]
    return {
        pk
        for rows, path in questions
        for pk in rows.filter(**{f"{path}__in": ids}).values_list(f"{path}_id", flat=True)
    }


def _by_conversation(rows: Any, path: str, ids: Sequence[int], found: Any) -> Iterable[tuple[int, Any]]:
    grouped = rows.filter(**{f"{path}__in": ids}).order_by().values(f"{path}_id").annotate(found=found)
    rows_found: Iterable[tuple[int, Any]] = grouped.values_list(f"{path}_id", "found")
    return rows_found
