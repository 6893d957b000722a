"""Arrivals by threshold: each conversation counts once at each threshold, on the day when it reached it first."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensees.models import Licensee
from scoring import arrivals, outbox
from scoring.arrivals import THRESHOLDS, Raised, highest_after, reached
from scoring.models import ArrivalsDay, ModelVersion, Score
from tests.factories import make_conversation

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PROBABILITIES = st.one_of(st.none(), st.sampled_from(THRESHOLDS), st.floats(0, 1))
# (conversation, days later, what the machine said)
HISTORIES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), PROBABILITIES), max_size=30)


def raised_by(licensee: Licensee, history: list[tuple[int, int, float | None]]) -> list[Raised]:
    newest: dict[int, Score] = {}
    batch, at = [], NOON
    for conversation, later, probability in history:
        at += timedelta(days=later)
        before = newest.get(conversation)
        highest = highest_after(before, probability)
        score = Score(probability=probability, highest=highest, scored_at=at)
        batch.append(Raised(licensee.pk, score, before.highest if before else None))
        newest[conversation] = score
    return batch


def first_reached(history: list[tuple[int, int, float | None]]) -> dict[str, Counter[float]]:
    """The same, told plainly: walk through the days and remember who was there already."""
    days: dict[str, Counter[float]] = defaultdict(Counter)
    been, day = set(), NOON.date()
    for conversation, later, probability in history:
        day += timedelta(days=later)
        for threshold in THRESHOLDS:
            if probability is not None and probability >= threshold and (conversation, threshold) not in been:
                been.add((conversation, threshold))
                days[str(day)][threshold] += 1
    return days


def counted() -> dict[str, Counter[float]]:
    return {
        str(row.day): +Counter(dict(zip(THRESHOLDS, row.reached, strict=True)))
        for row in ArrivalsDay.objects.all()
    }


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(history=HISTORIES, size=st.integers(1, 7))
def test_any_batching_counts_each_conversation_once_at_each_threshold(
    northwind: Licensee, history: list[tuple[int, int, float | None]], size: int
):
    batch = raised_by(northwind, history)
    with transaction.atomic():
        for start in range(0, len(batch), size):
            arrivals.count(batch[start : start + size])
        assert counted() == first_reached(history)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("probability", "thresholds"), [(None, 0), (0.0, 0), (0.009, 0), (0.29, 29), (0.7, 70), (1.0, 100)]
)
def test_a_threshold_is_reached_as_a_flag_is(probability: float | None, thresholds: int):
    assert reached(probability) == thresholds
    assert all((probability or 0) >= threshold for threshold in THRESHOLDS[:thresholds])


def test_what_the_worker_flags_has_reached_the_threshold(northwind: Licensee, champion: ModelVersion):
    for number in range(3):
        make_conversation(northwind, external_id=f"c{number}")
    outbox.score_pending()
    scores = list(Score.objects.all())
    assert [score.highest for score in scores] == [score.probability for score in scores]
    day = ArrivalsDay.objects.get()
    for place, threshold in enumerate(THRESHOLDS):
        assert day.reached[place] == sum(score.probability >= threshold for score in scores)


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_lose_nothing(northwind: Licensee):
    batch = raised_by(northwind, [(number, 0, 0.5) for number in range(8)])

    def add(one: Raised) -> None:
        with transaction.atomic():
            arrivals.count([one])
        connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, batch))
    assert ArrivalsDay.objects.get().reached == [8] * 50 + [0] * 50
