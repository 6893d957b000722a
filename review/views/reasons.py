"""Why the machine rated a case as it did: what is stored of its newest judged score, in the words of the technique."""

from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum, Window
from django.db.models.fields.json import KeyTransform

from review.models import Case
from review.policies import count
from review.views.bubbles import WINDOW
from review.views.strip import turn_url
from scoring.dynamics_sentences import percent
from scoring.evidence import open_state
from scoring.explanation import MOST_MESSAGES, Reason, explain_basis
from scoring.explanation_words import Basis, Totals, WeighedTurn, reliability_of
from scoring.models import (
    Conversation,
    ConversationState,
    MessageRating,
    ModelEvaluation,
    ModelVersion,
    Score,
)
from scoring.state import ConversationState as State
from scoring.vault import EvidenceUnreadable

SHOWN_TURNS = 5
RAISED, LOWERED = Q(contribution__gt=0), Q(contribution__lt=0)
TOTALS = {
    "raised": Window(Sum("contribution", filter=RAISED)),
    "lowered": Window(Sum("contribution", filter=LOWERED)),
    "raising": Window(Count("pk", filter=RAISED)),
    "lowering": Window(Count("pk", filter=LOWERED)),
}
# The last scope of an evaluation is its widest: the corpus and the negatives, where it had any.
BINS = KeyTransform("bins", KeyTransform("calibration", KeyTransform("-1", KeyTransform("scopes", "card"))))


def reasons(case: Case, *, score: Score | None, newest: Score | None, start: int) -> dict[str, Any] | None:
    """What `review/_why.html` shows of `score`, the newest that is a number; None without one. No text enters.

    Turns in the window that begins at `start` are on the page; links to others lead to their own window.
    """
    # Only an abstention has no model.
    if score is None or score.model_id is None:
        return None
    explanation = explain_basis(_basis(case.conversation, score, score.model_id))
    return {
        "summary": _unbroken(explanation.summary),
        "about": _about(case.conversation, score, newest),
        "turns": [_turn(case, reason, start) for reason in explanation.reasons[:SHOWN_TURNS]],
        "against": [*map(_unbroken, explanation.against)],
        "sure": [*map(_unbroken, explanation.sure)],
        "course": [*map(_unbroken, explanation.course)],
    }


def _basis(conversation: Conversation, score: Score, model_id: int) -> Basis:
    turns, totals = _weighed(score)
    model = _model(score, model_id)
    state = _state(conversation, model_id, model["kept"])
    probability = score.probability or 0.0
    heads = model["heads"]
    return Basis(
        probability=probability,
        base=score.base or 0.0,
        messages=score.message_count,
        characteristics=tuple(score.characteristics.items()),
        turns=turns,
        totals=totals,
        threshold=score.threshold,
        window=(score.window_first, score.window_last),
        amount=state.amount if state else None,
        trained=None if heads is None else frozenset(heads),
        demonstration=model["is_demonstration"],
        reliability=reliability_of(model["bins"], probability),
        course=state.dynamics.sentences(language=conversation.language) if state else (),
    )


def _weighed(score: Score) -> tuple[tuple[WeighedTurn, ...], Totals]:
    """The turns that raised it most, strongest first, and what all messages together did: one query."""
    columns = ("message__number", "message__external_id", "contribution", "ratings")
    strongest_first = ("-contribution", "message__number")
    rated = MessageRating.objects.weighed_by(score).annotate(**TOTALS).order_by(*strongest_first)
    rows = list(rated.values_list(*columns, *TOTALS)[:MOST_MESSAGES])
    if not rows:
        return (), Totals()
    raised, lowered, raising, lowering = rows[0][len(columns) :]
    turns = tuple(WeighedTurn(*row[: len(columns)]) for row in rows if row[2] > 0)
    return turns, Totals(raised or 0.0, lowered or 0.0, raising, lowering)


def _model(score: Score, model_id: int) -> dict[str, Any]:
    """What is known of the model that gave the score: whether it is a demonstration, what it can rate, how its newest
    evaluation came out, and what it keeps of the conversation; one query, without its bytes."""
    evaluations = ModelEvaluation.objects.filter(model=OuterRef("pk")).order_by("-created_at", "-pk")
    states = ConversationState.objects.filter(
        conversation=score.conversation_id, model=OuterRef("pk"), messages=score.message_count
    )
    versions = ModelVersion.objects.annotate(
        heads=F("card__heads"),
        bins=Subquery(evaluations.annotate(bins=BINS).values("bins")[:1]),
        kept=Subquery(states.values("data")[:1]),
    )
    return dict(versions.values("is_demonstration", "heads", "bins", "kept").get(pk=model_id))


def _state(conversation: Conversation, model_id: int, sealed: bytes | None) -> State | None:
    """What the model kept, of exactly the messages that the score covers. A page of reasons does not fail without it:
    what is in another form is read anew by the worker, and an erased key has erased it."""
    if sealed is None:
        return None
    try:
        return State.from_bytes(open_state(conversation, model_id=model_id, sealed=sealed))
    except (EvidenceUnreadable, ValueError):
        return None


def _about(conversation: Conversation, score: Score, newest: Score | None) -> str:
    """Which rating this is, where that is not plain."""
    if newest is not None and newest.pk != score.pk:
        return f"This is the rating at revision {score.revision}. The newest could not be judged."
    later = conversation.message_count - score.message_count
    if later > 0:
        return f"This is the rating of the first {count(score.message_count, 'message')}; {later:,} more came since."
    return ""


def _turn(case: Case, reason: Reason, start: int) -> dict[str, Any]:
    named = [f"{one.label} ({one.level})" for one in reason.named]
    here = start <= reason.number < start + WINDOW
    return {
        "number": reason.number,
        "url": f"#m-{reason.number}" if here else turn_url(case, reason.number),
        "share": _unbroken(percent(reason.share)),
        "named": ", ".join(named) or "no single characteristic",
    }


def _unbroken(sentence: str) -> str:
    """A line must not end between a number and its sign."""
    return sentence.replace(" %", "\N{NO-BREAK SPACE}%")
