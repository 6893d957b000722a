"""The risk strip: what each stretch of the conversation contributed, read as a summary whatever its length."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from review.models import Case
from review.views.case_file import Part
from review.views.marks import level_of
from review.views.window import WINDOW, window_url
from scoring.weighing import COLUMNS, FLAGGED, facts

NEXT_FLAGGED = f"{FLAGGED} AND message.number > %(number)s ORDER BY message.number LIMIT 1"
PREVIOUS_FLAGGED = f"{FLAGGED} AND message.number < %(number)s ORDER BY message.number DESC LIMIT 1"


@dataclass(frozen=True)
class Strip:
    columns: list[dict[str, Any]]
    flagged: int


def strip(case: Case, part: Part, *, start: int = 1) -> Strip:
    """Columns of turns outside the window that begins at `start` lead to the window that they stand in. While the
    score is hidden all columns are alike."""
    weighing = part.weighing
    stretches = _even(case) if part.hidden else [*weighing.columns, *_since(case, part)]
    columns = [_column(number, weight, weighing.strongest, case, start) for number, weight in stretches]
    return Strip(columns, weighing.flagged)


def flagged_beyond(case: Case, number: int, *, backwards: bool = False) -> int | None:
    """The nearest flagged turn after this one, or before it, wherever in the conversation; None: there is none."""
    with connection.cursor() as cursor:
        named = facts(case.conversation_id) | {"number": number}
        cursor.execute(PREVIOUS_FLAGGED if backwards else NEXT_FLAGGED, named)
        found = cursor.fetchone()
    return found[0] if found else None


def _even(case: Case) -> list[tuple[int, float]]:
    count = case.conversation.message_count
    return [(number, 0.0) for number in range(1, count + 1, max(1, -(-count // COLUMNS)))]


def _since(case: Case, part: Part) -> list[tuple[int, float]]:
    """What came after the score that is kept: stretches as long as its own, in which nothing weighs yet."""
    columns = part.weighing.columns
    if part.score is None or len(columns) < 2:
        return []
    length = columns[1][0] - columns[0][0]
    return [
        (number, 0.0)
        for number in range(columns[-1][0] + length, case.conversation.message_count + 1, length)
    ]


def _column(number: int, contribution: float, strongest: float, case: Case, start: int) -> dict[str, Any]:
    share = contribution / strongest if strongest > 0 else 0.0
    return {
        "number": number,
        "percent": max(2, round(share * 100)),
        "level": level_of(share) if share > 0.1 else "none",
        "label": f"Turn {number}",
        "url": "" if start <= number < start + WINDOW else window_url(case, number),
    }
