"""What a platform is told about a conversation: its newest score and the messages that weighed most, never text."""

from typing import Any

from scoring.abstention import REASONS
from scoring.models import Conversation, MessageRating, Score

MOST_WEIGHTY = 10
NOT_SCORED = "The machine could not score this conversation."


def score_answer(conversation: Conversation) -> dict[str, Any]:
    score = newest_score(conversation)
    return {
        "id": conversation.external_id,
        "status": _status(conversation, score),
        "revision": conversation.revision,
        "message_count": conversation.message_count,
        "score": _score(score) if score else None,
    }


def newest_score(conversation: Conversation) -> Score | None:
    """Without the bytes of its model, which are megabytes."""
    scores = Score.objects.filter(conversation=conversation).select_related("model")
    return scores.defer("model__card").order_by("-revision").first()


def _status(conversation: Conversation, score: Score | None) -> str:
    if score is None:
        # Done with, and not rated: a report for people alone.
        is_done = conversation.scored_revision == conversation.revision
        return "abstained" if is_done else "queued"
    return "abstained" if score.abstained else "scored"


def _score(score: Score) -> dict[str, Any]:
    rated = sorted(score.characteristics.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "probability": score.probability,
        "band": score.band or None,
        "flagged": score.flagged,
        "threshold": score.threshold,
        "model": str(score.model) if score.model else None,
        "scored_at": score.scored_at,
        # Which revision of the conversation was scored: a lower one than its own means that news is waiting.
        "revision": score.revision,
        "abstained": score.abstained or None,
        "reason": REASONS.get(score.abstained, NOT_SCORED) if score.abstained else None,
        "characteristics": [{"name": name, "rating": rating} for name, rating in rated],
        "messages": [] if score.abstained else _weightiest(score),
    }


def _weightiest(score: Score) -> list[dict[str, Any]]:
    """The ten messages that moved the score most, up or down, the heaviest first."""
    heaviest = MessageRating.objects.weightiest(score, count=MOST_WEIGHTY)
    return [{"id": external_id, "contribution": contribution} for _, external_id, contribution in heaviest]
