"""Why the machine rated a case as it did: what is stored of its newest judged score, in the words of the technique."""

from typing import Any

from review.models import Case
from review.policies import count
from review.views.case_file import Part
from review.views.window import WINDOW, turn_url
from scoring.dynamics_sentences import percent
from scoring.evidence import open_state
from scoring.explanation import Reason, explain_basis
from scoring.explanation_words import Basis, reliability_of
from scoring.key_providers import EvidenceUnreadable
from scoring.models import Conversation, Score
from scoring.state import ConversationState as State
from scoring.weighing import Weighing

SHOWN_TURNS = 5


def reasons(case: Case, part: Part, *, start: int) -> dict[str, Any] | None:
    """What `review/_why.html` shows of the newest score that is a number; None without one. No text enters.

    Turns in the window that begins at `start` are on the page; links to others lead to their own window.
    """
    score = part.score
    # Only an abstention has no model.
    if score is None or score.model_id is None:
        return None
    explanation = explain_basis(_basis(case.conversation, score, score.model_id, part.weighing))
    return {
        "summary": _unbroken(explanation.summary),
        "about": _about(case.conversation, score, part.newest),
        "turns": [_turn(case, reason, start) for reason in explanation.reasons[:SHOWN_TURNS]],
        "against": [*map(_unbroken, explanation.against)],
        "sure": [*map(_unbroken, explanation.sure)],
        "course": [*map(_unbroken, explanation.course)],
    }


def _basis(conversation: Conversation, score: Any, model_id: int, weighing: Weighing) -> Basis:
    """`score` with what `case_file` reads beside it."""
    state = _state(conversation, model_id, score.kept)
    probability = score.probability or 0.0
    return Basis(
        probability=probability,
        base=score.base or 0.0,
        messages=score.message_count,
        characteristics=tuple(score.characteristics.items()),
        turns=weighing.turns,
        totals=weighing.totals,
        threshold=score.threshold,
        window=(score.window_first, score.window_last),
        amount=state.amount if state else None,
        trained=None if score.heads is None else frozenset(score.heads),
        demonstration=score.demonstration,
        reliability=reliability_of(score.bins, probability),
        course=state.dynamics.sentences(language=conversation.language) if state else (),
    )


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
