"""Drift: weekly counters that only grow with new work, compared with care, and an alert said once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from scoring import drift
from scoring.drift import Counted, count, monday, watch
from scoring.models import DriftAlert, DriftWeek, ModelVersion, Score
from scoring.stability import SCORE_EDGES, Verdict, bin_of

BINS = len(SCORE_EDGES) - 1
USUAL = [500, 40, 30, 20, 15, 10, 8, 6, 5, 5, 4, 4, 3, 2, 2]
RISEN = [200, 40, 30, 20, 15, 10, 8, 6, 55, 65, 64, 54, 33, 22, 22]


def make_model(**card: Any) -> ModelVersion:
    return ModelVersion.objects.create(name="first", digest=f"{ModelVersion.objects.count():064}", card=card)


@pytest.fixture
def model(db: None) -> ModelVersion:
    return make_model()


def judged(model: ModelVersion, probability: float, **fields: Any) -> Score:
    return Score(model=model, probability=probability, flagged=probability >= 0.7, **fields)


def counted(licensee: Licensee, score: Score, before: Score | None = None, **news: int) -> Counted:
    return Counted(licensee.pk, score, before, **({"messages": 4, "words": 40, "known_words": 30} | news))


def add(model: ModelVersion, *batch: Counted) -> None:
    with transaction.atomic():
        count(model, batch)


def make_week(
    licensee: Licensee, model: ModelVersion, scores: Sequence[int], *, ago: int = 0, **fields: Any
) -> DriftWeek:
    week = monday(timezone.now()) - timedelta(weeks=ago)
    return DriftWeek.objects.create(licensee=licensee, model=model, week=week, scores=list(scores), **fields)


# --- Counting ----------------------------------------------------------------------------------


def test_a_batch_adds_to_the_week(northwind: Licensee, model: ModelVersion):
    add(model, counted(northwind, judged(model, 0.05, characteristics={"age_probe": 0.25})))
    unjudged = Score(model=model, abstained="too_short")
    add(
        model,
        counted(northwind, judged(model, 0.93, characteristics={"age_probe": 0.5, "isolation": 0.125})),
        counted(northwind, unjudged),
    )
    week = DriftWeek.objects.get()
    assert week.week == monday(timezone.now())
    assert {place: number for place, number in enumerate(week.scores) if number} == {
        bin_of(0.05, SCORE_EDGES): 1,
        bin_of(0.93, SCORE_EDGES): 1,
    }
    assert (week.judged, week.flagged, week.abstained) == (2, 1, {"too_short": 1})
    assert week.characteristics == {"age_probe": 0.75, "isolation": 0.125}
    assert (week.messages, week.words, week.known_words) == (12, 120, 90)


def test_a_conversation_counts_once_a_week_with_its_newest_score(northwind: Licensee, model: ModelVersion):
    first, second = judged(model, 0.2, characteristics={"age_probe": 0.5}), judged(model, 0.8)
    add(model, counted(northwind, first))
    add(model, counted(northwind, second, first))
    week = DriftWeek.objects.get()
    assert [place for place, number in enumerate(week.scores) if number] == [bin_of(0.8, SCORE_EDGES)]
    assert (week.judged, week.flagged, week.characteristics) == (1, 1, {"age_probe": 0.0})
    assert week.messages == 8


def test_what_was_said_in_an_earlier_week_or_by_another_model_stays(northwind: Licensee, model: ModelVersion):
    old = judged(model, 0.2, scored_at=timezone.now() - timedelta(days=7))
    add(model, counted(northwind, judged(model, 0.8), old))
    other = make_model()
    add(other, counted(northwind, judged(other, 0.8), judged(model, 0.8)))
    assert [week.judged for week in DriftWeek.objects.order_by("pk")] == [1, 1]


def test_a_week_begins_on_monday_in_utc():
    assert monday(datetime(2026, 11, 22, 23, 59, tzinfo=UTC)) == date(2026, 11, 16)
    assert monday(datetime(2026, 11, 23, 0, 0, tzinfo=UTC)) == date(2026, 11, 23)


def test_the_bins_are_those_of_the_models_reference(northwind: Licensee):
    model = make_model(reference={"scores": [90, 10], "edges": [0, 0.5, 1]})
    add(model, counted(northwind, judged(model, 0.5)))
    assert DriftWeek.objects.get().scores == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_workers_add_at_once(northwind: Licensee, lakeside: Licensee):
    model = make_model()

    def work(number: int) -> None:
        try:
            for _ in range(25):
                # In different orders, as their batches come.
                pair = [northwind, lakeside] if number % 2 else [lakeside, northwind]
                add(model, *(counted(licensee, judged(model, 0.8)) for licensee in pair))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert [(week.judged, week.messages) for week in DriftWeek.objects.all()] == [(100, 400)] * 2


# --- Comparing ---------------------------------------------------------------------------------


def look(licensee: Licensee, model: ModelVersion, scores: Sequence[int], **fields: Any) -> drift.Drift:
    week = make_week(licensee, model, scores, **fields)
    return drift.drift_of(week, drift.weeks_before(week), drift.reference_of(model.pk))


def test_an_equal_week_is_stable_and_a_risen_one_drifted(northwind: Licensee):
    model = make_model(reference={"scores": [4 * number for number in USUAL], "edges": list(SCORE_EDGES)})
    assert look(northwind, model, USUAL).reference.verdict is Verdict.STABLE
    assert look(northwind, model, RISEN, ago=1).reference.verdict is Verdict.DRIFTED


def test_too_few_conversations_say_nothing_but_how_many_it_takes(northwind: Licensee):
    model = make_model(reference={"scores": [4 * number for number in USUAL], "edges": list(SCORE_EDGES)})
    seen = look(northwind, model, [number // 10 for number in RISEN]).reference
    assert (seen.verdict, seen.index, seen.counted) == (Verdict.TOO_FEW, None, sum(n // 10 for n in RISEN))
    assert seen.needed == 261


@pytest.mark.parametrize(
    "card", [{}, {"reference": None}, {"reference": {"scores": [1, 2], "edges": [0, 1]}}]
)
def test_a_card_without_a_reference_is_compared_with_nothing(northwind: Licensee, card: dict[str, Any]):
    model = make_model(**card)
    bins = len(drift.edges_of(model.pk)) - 1
    assert look(northwind, model, [500] * bins).reference.verdict is Verdict.NOTHING


def test_the_weeks_before_are_those_of_this_licensee_and_model(northwind: Licensee, lakeside: Licensee):
    model, other = make_model(), make_model()
    for ago in (1, 2, 4):
        make_week(northwind, model, USUAL, ago=ago)
    make_week(northwind, model, RISEN, ago=5)
    make_week(northwind, other, RISEN, ago=1)
    make_week(lakeside, model, RISEN, ago=1)
    seen = look(northwind, model, RISEN)
    assert seen.recent.verdict is Verdict.DRIFTED
    assert seen.recent.needed == 270


def test_words_that_the_model_does_not_know_show(northwind: Licensee):
    reference = {"scores": [4 * number for number in USUAL], "edges": list(SCORE_EDGES), "known_share": 0.95}
    model = make_model(reference=reference)
    assert look(northwind, model, USUAL, words=1000, known_words=940).vocabulary.verdict is Verdict.STABLE
    seen = look(northwind, model, USUAL, ago=1, words=1000, known_words=700)
    assert seen.vocabulary.verdict is Verdict.DRIFTED


def test_a_wave_of_abstentions_shows_though_few_are_judged(northwind: Licensee, model: ModelVersion):
    make_week(northwind, model, USUAL, ago=1, abstained={"too_short": 20})
    seen = look(northwind, model, [10] * BINS, abstained={"unsupported_language": 300})
    assert seen.recent.verdict is Verdict.TOO_FEW
    assert seen.abstained.verdict is Verdict.DRIFTED


def test_characteristics_are_compared_by_their_means_the_furthest_first(northwind: Licensee):
    reference = {
        "scores": [4 * number for number in USUAL],
        "edges": list(SCORE_EDGES),
        "characteristics": {"age_probe": 0.02, "isolation": 0.02},
    }
    model = make_model(reference=reference)
    seen = look(northwind, model, USUAL, characteristics={"age_probe": 13.0, "isolation": 300.0})
    assert [key for key, *_ in seen.characteristics] == ["isolation", "age_probe"]
    assert [stability.verdict for *_, stability in seen.characteristics] == [Verdict.DRIFTED, Verdict.STABLE]


# --- Alerting ----------------------------------------------------------------------------------


def test_an_alert_is_said_once_for_each_week_and_kind_by_the_machine(
    northwind: Licensee, model: ModelVersion
):
    make_week(northwind, model, USUAL, ago=1)
    week = make_week(northwind, model, RISEN)
    assert watch() == 1
    DriftWeek.objects.filter(pk=week.pk).update(counted_at=timezone.now() + timedelta(seconds=1))
    assert watch() == 0
    alert, event = DriftAlert.objects.get(), AuditEvent.objects.get(verb=Verb.MODEL_DRIFTED)
    assert (alert.licensee, alert.model, alert.week, alert.kind) == (northwind, model, week.week, "recent")
    assert (event.actor, event.licensee_id, event.object_id) == ("machine:drift", northwind.pk, str(model.pk))
    assert event.payload == {"week": week.week.isoformat(), "kind": "recent", "index": round(alert.index, 4)}


def test_only_weeks_that_changed_are_looked_at(northwind: Licensee, model: ModelVersion):
    make_week(northwind, model, USUAL, ago=1)
    make_week(northwind, model, USUAL)
    watch()
    looked_at = set(DriftWeek.objects.values_list("looked_at", flat=True))
    watch()
    assert set(DriftWeek.objects.values_list("looked_at", flat=True)) == looked_at
    add(model, counted(northwind, judged(model, 0.8)))
    watch()
    assert len(set(DriftWeek.objects.values_list("looked_at", flat=True)) - looked_at) == 1


def test_a_stable_week_alerts_nobody(northwind: Licensee, model: ModelVersion):
    for ago in (0, 1, 2):
        make_week(northwind, model, USUAL, ago=ago)
    assert watch() == 0
    assert not AuditEvent.objects.filter(verb=Verb.MODEL_DRIFTED).exists()
