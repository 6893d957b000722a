"""The risk strip: what each stretch of the conversation contributed, read as a summary whatever its length."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, Max, Min, Q, Sum
from django.db.models.functions import Cast
from django.urls import reverse

from review.models import Case
from review.views.bubbles import WINDOW, level_of
from scoring.models import Message

COLUMNS = 120


@dataclass(frozen=True)
class Weights:
    """The whole conversation in at most COLUMNS stretches."""

    columns: list[dict[str, Any]]
    strongest: float
    flagged: int
    # The account whose flagged turns contributed most; nobody's guilt, only where to look.
    heaviest_sender_id: int | None


def weigh(case: Case, *, message_count: int, start: int = 1) -> Weights:
    """One query: by stretch and sender, so that its rows are few however long the conversation is.

    Columns of turns outside the window that begins at `start` lead to the window that they stand in.
    """
    stretch = max(1, -(-message_count // COLUMNS))
    rows: list[Any] = list(
        Message.objects.filter(conversation_id=case.conversation_id)
        .annotate(column=Cast((F("number") - 1) / stretch, IntegerField()))
        .values("column", "sender_id")
        .annotate(
            number=Min("number"),
            contribution=Max("rating__contribution"),
            flagged=Count("pk", filter=_FLAGGED),
            weight=Sum("rating__contribution", filter=_FLAGGED, default=0.0),
        )
        .order_by("column")
    )
    strongest = max((row["contribution"] or 0.0 for row in rows), default=0.0)
    return Weights(
        columns=_columns(rows, strongest, case, start),
        strongest=strongest,
        flagged=sum(row["flagged"] for row in rows),
        heaviest_sender_id=_heaviest(rows),
    )


_FLAGGED = Q(rating__isnull=False) & ~Q(rating__ratings={})


def _heaviest(rows: list[Any]) -> int | None:
    weights: dict[int, float] = {}
    for row in rows:
        if row["flagged"]:
            weights[row["sender_id"]] = weights.get(row["sender_id"], 0.0) + row["weight"]
    return max(weights, key=lambda sender_id: weights[sender_id]) if weights else None


def _columns(rows: list[Any], strongest: float, case: Case, start: int) -> list[dict[str, Any]]:
    stretches: dict[int, dict[str, Any]] = {}
    for row in rows:
        known = stretches.setdefault(row["column"], {"number": row["number"], "contribution": 0.0})
        known["number"] = min(known["number"], row["number"])
        known["contribution"] = max(known["contribution"], row["contribution"] or 0.0)
    return [_column(stretch, strongest, case, start) for stretch in stretches.values()]


def _column(stretch: dict[str, Any], strongest: float, case: Case, start: int) -> dict[str, Any]:
    share = stretch["contribution"] / strongest if strongest > 0 else 0.0
    number = stretch["number"]
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
