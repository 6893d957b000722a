"""The risk strip: what each stretch of the conversation contributed, read as a summary whatever its length."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.urls import reverse

from review.models import Case
from review.views.bubbles import WEIGHTY_SHARE, WINDOW
from review.views.marks import level_of
from scoring.models import Score
from scoring.models.score import CONTRIBUTION_SQL

COLUMNS = 120
# What makes a turn flagged is the rule of `bubbles.is_flagged`, here over the whole conversation at once; which ratings
# count, and what each contributes, is `MessageRating.objects.weighed_by`.
STRETCHES = f"""
    WITH turn AS (
      SELECT message.number, message.sender_id, rating.ratings, {CONTRIBUTION_SQL} AS contribution
        FROM scoring_message message
        LEFT JOIN scoring_score score ON score.id = %(score)s
        LEFT JOIN scoring_messagerating rating ON rating.message_id = message.id
              AND rating.model_id = score.model_id AND message.number <= score.message_count
       WHERE message.conversation_id = %(conversation)s
    ), compared AS (
      SELECT *, max(contribution) OVER () AS strongest FROM turn
    ), judged AS (
      SELECT *, ratings <> '{{}}' OR (contribution > 0 AND contribution >= %(share)s * strongest) AS flagged
        FROM compared
    )
    SELECT (number - 1) / %(stretch)s, sender_id, min(number), max(contribution),
           count(*) FILTER (WHERE flagged), coalesce(sum(contribution) FILTER (WHERE flagged), 0)
      FROM judged GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - the expression of scoring/models/score.py only


class Stretch(NamedTuple):
    """What one account wrote in one stretch of the conversation."""

    place: int
    sender_id: int
    number: int
    contribution: float | None
    flagged: int
    weight: float


@dataclass(frozen=True)
class Weights:
    """The whole conversation in at most COLUMNS stretches, as `score` weighed it."""

    score: Score | None
    columns: list[dict[str, Any]]
    strongest: float
    flagged: int
    # The account whose flagged turns contributed most; nobody's guilt, only where to look.
    heaviest_sender_id: int | None


def weigh(case: Case, *, message_count: int, start: int = 1) -> Weights:
    """By stretch and sender in one query, so that its rows are few however long the conversation is.

    Columns of turns outside the window that begins at `start` lead to the window that they stand in.
    """
    score = Score.objects.newest_judged(case.conversation_id)
    stretches = _stretches(case.conversation_id, score, length=max(1, -(-message_count // COLUMNS)))
    strongest = max((stretch.contribution or 0.0 for stretch in stretches), default=0.0)
    return Weights(
        score=score,
        columns=_columns(stretches, strongest, case, start),
        strongest=strongest,
        flagged=sum(stretch.flagged for stretch in stretches),
        heaviest_sender_id=_heaviest(stretches),
    )


def _stretches(conversation_id: int, score: Score | None, *, length: int) -> list[Stretch]:
    facts = {
        "conversation": conversation_id,
        "score": score.pk if score else None,
        "stretch": length,
        "share": WEIGHTY_SHARE,
    }
    with connection.cursor() as cursor:
        cursor.execute(STRETCHES, facts)
        return [Stretch(*row) for row in cursor.fetchall()]


def _heaviest(stretches: list[Stretch]) -> int | None:
    weights: dict[int, float] = defaultdict(float)
    for stretch in stretches:
        if stretch.flagged:
            weights[stretch.sender_id] += stretch.weight
    return max(weights, key=lambda sender_id: weights[sender_id]) if weights else None


def _columns(stretches: list[Stretch], strongest: float, case: Case, start: int) -> list[dict[str, Any]]:
    """One column a stretch, whoever wrote in it."""
    numbers: dict[int, int] = {}
    contributions: dict[int, float] = defaultdict(float)
    for stretch in stretches:
        numbers[stretch.place] = min(numbers.get(stretch.place, stretch.number), stretch.number)
        contributions[stretch.place] = max(contributions[stretch.place], stretch.contribution or 0.0)
    return [_column(numbers[place], contributions[place], strongest, case, start) for place in numbers]


def _column(number: int, contribution: float, strongest: float, case: Case, start: int) -> dict[str, Any]:
    share = contribution / strongest if strongest > 0 else 0.0
    return {
        "number": number,
        "percent": max(2, round(share * 100)),
        "level": level_of(share) if share > 0.1 else "none",
        "label": f"Turn {number}",
        "url": "" if start <= number < start + WINDOW else window_url(case, number),
    }


def window_url(case: Case, number: int) -> str:
    """The address of the window that a turn stands in."""
    page = reverse("review:case", args=[case.reference])
    start = (max(1, number) - 1) // WINDOW * WINDOW + 1
    return page if start == 1 else f"{page}?from={start}"


def turn_url(case: Case, number: int) -> str:
    return f"{window_url(case, number)}#m-{number}"
