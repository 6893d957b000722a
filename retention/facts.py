"""What has to be known of conversations to say how long they are kept: asked for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.utils import timezone

from licensees.together import Question, ask
from referrals.models import Delivery, Escalation, RecipientRequest
from review.models import (
    CalibrationCase,
    CalibrationSession,
    Case,
    Decision,
    SecondReview,
    UnseenReport,
    UnseenScore,
)
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
    has_unseen_report: bool = False
    has_states: bool = False

    @property
    def is_erased(self) -> bool:
        return self.conversation.data_key.destroyed_at is not None

    @property
    def is_scored(self) -> bool:
        row = self.conversation
        return row.scored_revision == row.revision and not (self.has_unseen_score or self.has_unseen_report)

    @property
    def newest_case(self) -> Case | None:
        return next((case for case in self.cases if not case.is_practice), None)


def facts_of(conversations: Sequence[Conversation]) -> dict[int, Facts]:
    """{conversation: its facts}; in one journey, however many there are."""
    ids = [row.pk for row in conversations]
    busy = _busy(ids)
    answers = ask(**_questions(ids), **busy)
    received, held = dict(answers["received"]), dict(answers["held"])
    found = {
        row.pk: Facts(
            row, last_received_at=received.get(row.pk) or row.received_at, held_until=held.get(row.pk)
        )
        for row in conversations
    }
    facts_of_case = {}
    for case in answers["cases"]:
        facts_of_case[case.pk] = found[case.conversation_id]
        found[case.conversation_id].cases.append(case)
    for decision in answers["decisions"]:
        facts_of_case[decision.case_id].decisions[decision.case_id] = decision
    for pk in {pk for name in busy for pk in answers[name]}:
        found[pk].is_busy = True
    for pk in answers["unseen"]:
        found[pk].has_unseen_score = True
    for pk in answers["reported"]:
        found[pk].has_unseen_report = True
    for pk in answers["states"]:
        found[pk].has_states = True
    return found


def _questions(ids: Sequence[int]) -> dict[str, Question]:
    holds = PreservationHold.objects.filter(what="content", until__gt=timezone.now())
    standing = Decision.objects.standing().filter(case__conversation__in=ids)
    unseen = UnseenScore.objects.filter(score__conversation__in=ids)
    reported = UnseenReport.objects.filter(report__conversation__in=ids)
    states = ConversationState.objects.filter(conversation__in=ids)
    return {
        "received": _by_conversation(Message.objects, ids, Max("received_at")),
        "held": _by_conversation(holds, ids, Max("until")),
        "cases": Case.every.filter(conversation__in=ids).select_related("licensee").order_by("-pk"),
        "decisions": standing.order_by("case", "-decided_at", "-id").distinct("case"),
        "unseen": unseen.values_list("score__conversation_id", flat=True),
        "reported": reported.values_list("report__conversation_id", flat=True),
        "states": states.values_list("conversation_id", flat=True),
    }


def _busy(ids: Sequence[int]) -> dict[str, Question]:
    """Somebody still works with the text: a second review, a session of calibration, two people, a courier, an answer
    that is owed."""
    sessions = CalibrationCase.objects.exclude(session__state=CalibrationSession.State.CLOSED)
    asked = Escalation.objects.filter(state__in=ASKED)
    on_the_way = Delivery.objects.filter(state__in=Delivery.OPEN)
    owed = RecipientRequest.objects.filter(state=RecipientRequest.State.OPEN)
    work: dict[str, tuple[QuerySet[Any], str]] = {
        "reviews": (SecondReview.objects.filter(state__in=UNDER_WAY), "case__conversation"),
        "sessions": (sessions, "case__conversation"),
        "escalations": (asked, "case__conversation"),
        "deliveries": (on_the_way, "packet__approval__escalation__case__conversation"),
        "owed": (owed, "escalation__case__conversation"),
    }
    return {
        name: rows.filter(**{f"{path}__in": ids}).values_list(f"{path}_id", flat=True)
        for name, (rows, path) in work.items()
    }


def _by_conversation(rows: Any, ids: Sequence[int], found: Any) -> QuerySet[Any, Any]:
    grouped = rows.filter(conversation__in=ids).order_by().values("conversation_id").annotate(found=found)
    answered: QuerySet[Any, Any] = grouped.values_list("conversation_id", "found")
    return answered
