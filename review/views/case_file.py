"""What a page shows of a case, read in one question; nothing of it is decrypted here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTransform

from accounts.models import User
from audit.models import AuditEvent
from licensees.together import Question, Statement, ask
from review.history import events_of
from review.models import (
    Annotation,
    Case,
    Claim,
    Decision,
    GoldenCase,
    HandOver,
    Hold,
    SubjectAccount,
    Unveiling,
)
from review.models.known import know
from review.permissions import practice_of
from review.policies import is_live
from review.reported import reports_of
from review.undoing import decisions_to_take_back
from review.views.bubbles import annotations_of, messages_of, weighed
from review.views.window import Window
from scoring.models import (
    ConversationState,
    Message,
    ModelEvaluation,
    ModelVersion,
    Participant,
    Score,
    UserReport,
)
from scoring.weighing import WEIGHED, WEIGHED_COLUMNS, Weighing, facts, weighing_of

# The last scope of an evaluation is its widest: the corpus and the negatives, where it had any.
BINS = KeyTransform("bins", KeyTransform("calibration", KeyTransform("-1", KeyTransform("scopes", "card"))))


# How many earlier cases of the same accounts are named, and among how many of their conversations.
MET_BEFORE, LOOKED_THROUGH = 5, 500


@dataclass(frozen=True)
class Part:
    """Turns of the conversation, as its newest judged score weighed them, and what people marked in them."""

    score: Score | None
    # Also where the machine abstained.
    newest: Score | None
    weighing: Weighing
    messages: list[Message] = field(default_factory=list)
    # When the turn before the first was sent, where that one is on the page.
    sent_before: datetime | None = None
    annotations: dict[int, list[Annotation]] = field(default_factory=dict)
    # The score is not shown to this person yet, and was not even read.
    hidden: bool = False


@dataclass(frozen=True)
class CaseFile(Part):
    """And what stands around the conversation on the case page."""

    holds: list[Hold] = field(default_factory=list)
    handed: list[HandOver] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    # {decision: whom it concerns}
    subjects: dict[int, list[Participant]] = field(default_factory=dict)
    accounts: list[Participant] = field(default_factory=list)
    reports: list[UserReport] = field(default_factory=list)
    unveiled: bool = False
    # References of earlier cases of other conversations in which one of the accounts writes, the newest first.
    met_before: list[str] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)
    # The case that this person holds now, this one or another.
    held: Case | None = None
    # Their last decision, while it can be taken back.
    undo: Decision | None = None
    is_demonstration: bool = False


def read_part(case: Case, person: User, window: Window, *, hidden: bool = False) -> Part:
    """For a fragment: the turns of a window."""
    answers = ask(claims=_claims(case), **_about_turns(case, person, window, hidden))
    know(case, claims=answers["claims"])
    return Part(**_part(case, answers, window))


def read_turns(case: Case, person: User, numbers: Sequence[int], *, hidden: bool = False) -> Part:
    """For a fragment: these turns, wherever they stand."""
    messages = messages_of(case, person, rated=not hidden).filter(number__in=numbers)
    annotations = annotations_of(case).filter(message__number__in=numbers)
    answers = ask(
        claims=_claims(case), messages=messages, annotations=annotations, **_about_weights(case, hidden)
    )
    know(case, claims=answers["claims"])
    return Part(**_part(case, answers, Window(1)))


def read_file(
    case: Case, person: User, window: Window, *, undo: bool = False, hidden: bool = False
) -> CaseFile:
    """For the page. `undo`: this person decided a case a moment ago."""
    answers = ask(
        claims=_claims(case),
        holds=Hold.objects.filter(case=case).select_related("held_by"),
        handed=HandOver.objects.filter(to_claim__case=case).select_related("handed_by", "to_claim__holder"),
        decisions=_decisions(case),
        subjects=SubjectAccount.objects.filter(decision__case=case).select_related("account"),
        accounts=Participant.objects.filter(conversation_id=case.conversation_id),
        reports=reports_of(case),
        unveiled=Unveiling.objects.filter(case=case, person=person).values_list("pk", flat=True),
        met_before=_cases_of_the_accounts(case, person),
        events=events_of(case),
        held=person.claims.filter(ended_at=None).select_related("case__licensee"),
        undo=decisions_to_take_back(person)[:1] if undo else Decision.objects.none(),
        demonstration=ModelVersion.objects.demonstrating().values_list("pk", flat=True),
        **_about_turns(case, person, window, hidden),
    )
    know(case, claims=answers["claims"], holds=answers["holds"], decisions=answers["decisions"])
    held = next(filter(is_live, answers["held"]), None)
    subjects: dict[int, list[Participant]] = {}
    for one in answers["subjects"]:
        subjects.setdefault(one.decision_id, []).append(one.account)
    return CaseFile(
        **_part(case, answers, window),
        holds=answers["holds"],
        handed=answers["handed"],
        decisions=answers["decisions"],
        subjects=subjects,
        accounts=answers["accounts"],
        reports=answers["reports"],
        met_before=answers["met_before"],
        events=answers["events"],
        unveiled=bool(answers["unveiled"]),
        held=held.case if held else None,
        undo=next(iter(answers["undo"]), None),
        is_demonstration=bool(answers["demonstration"]),
    )


def _part(case: Case, answers: dict[str, list[Any]], window: Window) -> dict[str, Any]:
    scores, weights = answers.get("scores", []), answers.get("weights")
    score = next((one for one in scores if one.probability is not None), None)
    messages, before = weighed(answers["messages"], score), None
    if window.extra:
        before, messages = (messages[0].sent_at if messages else None), messages[window.extra :]
    annotations: dict[int, list[Annotation]] = {}
    for one in answers["annotations"]:
        one.case = case
        annotations.setdefault(one.message_id, []).append(one)
    return {
        "score": score,
        "newest": next(iter(scores), None),
        "weighing": weighing_of(weights[0]) if weights else Weighing(),
        "hidden": weights is None,
        "messages": messages,
        "sent_before": before,
        "annotations": annotations,
    }


def _about_turns(case: Case, person: User, window: Window, hidden: bool) -> dict[str, Question]:
    first, size = window.first - window.extra, window.size + window.extra
    annotations = annotations_of(case).filter(message__number__range=(first, first + size - 1))
    messages = messages_of(case, person, rated=not hidden).filter(number__gte=first)[:size]
    return {"messages": messages, "annotations": annotations, **_about_weights(case, hidden)}


def _about_weights(case: Case, hidden: bool) -> dict[str, Question]:
    if hidden:
        return {}
    weights = Statement(WEIGHED, facts(case.conversation_id), WEIGHED_COLUMNS)
    return {"scores": _scores(case), "weights": weights}


def _claims(case: Case) -> QuerySet[Claim]:
    """All that ever were on this case: a handful."""
    return Claim.objects.filter(case=case).select_related("holder").order_by("pk")


def _cases_of_the_accounts(case: Case, person: User) -> QuerySet[Any, Any]:
    """In practice those before the golden case, as its first reader saw it; and nowhere what this person practises."""
    accounts = Participant.objects.filter(conversation=case.conversation_id).values("account_index")
    elsewhere = Participant.objects.filter(account_index__in=accounts).exclude(
        conversation=case.conversation_id
    )
    conversations = elsewhere.order_by("-pk").values("conversation")[:LOOKED_THROUGH]
    before: Any = case.opened_at
    if case.practice_of_id is not None:
        before = Subquery(GoldenCase.objects.filter(pk=case.practice_of_id).values("case__opened_at"))
    cases = Case.objects.filter(
        licensee=case.licensee_id, conversation__in=conversations, opened_at__lt=before
    )
    cases = cases.exclude(Exists(practice_of(person, OuterRef("conversation"))))
    return cases.order_by("-opened_at", "-pk").values_list("reference", flat=True)[:MET_BEFORE]


def _decisions(case: Case) -> QuerySet[Decision]:
    decisions: QuerySet[Decision] = Decision.objects.filter(case=case)
    return decisions.select_related("decided_by", "withdrawal").order_by("-decided_at", "-id")


def _scores(case: Case) -> QuerySet[Score]:
    """The newest, and the newest that is a number, with what is known of its model: whether it is a demonstration, what
    it can rate, how its newest evaluation came out, what it keeps of the conversation; without the model's bytes."""
    scores = Score.objects.filter(conversation=case.conversation_id).order_by("-revision")
    newest = Q(pk=Subquery(scores.values("pk")[:1]))
    judged = Q(pk=Subquery(scores.filter(probability__isnull=False).values("pk")[:1]))
    evaluations = ModelEvaluation.objects.filter(model=OuterRef("model")).order_by("-created_at", "-pk")
    states = ConversationState.objects.filter(
        conversation=OuterRef("conversation"), model=OuterRef("model"), messages=OuterRef("message_count")
    )
    return scores.filter(newest | judged).annotate(
        demonstration=F("model__is_demonstration"),
        heads=F("model__card__heads"),
        bins=Subquery(evaluations.annotate(bins=BINS).values("bins")[:1]),
        kept=Subquery(states.values("data")[:1]),
    )
