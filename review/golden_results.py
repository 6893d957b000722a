"""How golden cases were answered: sums of five people or more, never one person's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from licensees.models import Licensee
from review.care import SMALLEST_TEAM
from review.models import GoldenAnswer


@dataclass(frozen=True)
class Results:
    """Answers about conversations that had not changed, of `people` different persons."""

    agreed: int
    answers: int
    people: int


COUNTED = {
    "agreed": Count("pk", filter=Q(agreed=True)),
    "answers": Count("pk"),
    "people": Count("answered_by", distinct=True),
}


def results_by_licensee(licensees: Iterable[Licensee]) -> dict[int, Results]:
    """{licensee: its results}, without those of whom fewer than five people answered: one could be guessed."""
    answers = GoldenAnswer.objects.filter(golden__licensee__in=list(licensees), agreed__isnull=False)
    rows: Iterable[Any] = answers.values("golden__licensee_id").annotate(**COUNTED).order_by()
    return {
        row["golden__licensee_id"]: Results(row["agreed"], row["answers"], row["people"])
        for row in rows
        if row["people"] >= SMALLEST_TEAM
    }
