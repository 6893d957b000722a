"""Notices when what a model sees at a licensee changes: weekly counters, compared with the model's own reference and
with the weeks before.

The worker adds what a batch changed, so the cost grows with new work only. A conversation counts once a week, with its
newest score of that week: what its earlier score of the same week had added is taken away again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from audit.record import About, Machine, record
from audit.verbs import Verb
from scoring.models import DriftAlert, DriftWeek, ModelVersion, Score
from scoring.stability import SCORE_EDGES, Stability, Verdict, bin_of, compare, compare_shares

WATCH = Machine("drift")
WEEKS_BEFORE = 4
Cell = tuple[int, date]

ADD = """
    INSERT INTO scoring_driftweek AS week (licensee_id, model_id, week, scores, flagged, abstained, characteristics,
                                           messages, words, known_words, counted_at)
    VALUES (%s, %s, %s, %s::int[], %s, %s, %s, %s, %s, %s, clock_timestamp())
        ON CONFLICT (licensee_id, model_id, week) DO UPDATE SET
           scores = (SELECT array_agg(was + new ORDER BY place)
                       FROM unnest(week.scores, EXCLUDED.scores) WITH ORDINALITY AS bin (was, new, place)),
           flagged = week.flagged + EXCLUDED.flagged,
           abstained = {abstained},
           characteristics = {characteristics},
           messages = week.messages + EXCLUDED.messages,
           words = week.words + EXCLUDED.words,
           known_words = week.known_words + EXCLUDED.known_words,
           counted_at = clock_timestamp()
"""
SUM_BY_KEY = """(SELECT coalesce(jsonb_object_agg(key, total), '{{}}') FROM (
                 SELECT key, sum(value::float8) AS total FROM (
                        SELECT * FROM jsonb_each_text(week.{column})
                         UNION ALL SELECT * FROM jsonb_each_text(EXCLUDED.{column})) AS pair
                  GROUP BY key) AS summed)"""
ADD_A_CELL = ADD.format(
    abstained=SUM_BY_KEY.format(column="abstained"),
    characteristics=SUM_BY_KEY.format(column="characteristics"),
)


# --- Counting ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """One score that was just stored: the score before it, and what is new in the conversation since."""

    licensee_id: int
    score: Score
    before: Score | None
    messages: int
    words: int
    known_words: int


@dataclass
class Sums:
    """What a batch adds to one week of one licensee; may be negative where a conversation changed its bin."""

    scores: list[int]
    flagged: int = 0
    abstained: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    characteristics: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    messages: int = 0
    words: int = 0
    known_words: int = 0

    def add(self, score: Score, edges: Sequence[float], *, times: int) -> None:
        if score.probability is None:
            self.abstained[score.abstained] += times
            return
        self.scores[bin_of(score.probability, edges)] += times
        self.flagged += times * score.flagged
        for key, rating in score.characteristics.items():
            self.characteristics[key] += times * rating


def count(version: ModelVersion, batch: Iterable[Counted]) -> None:
    """Add a stored batch to its weeks, in its transaction and last in it: others wait for these rows."""
    edges, cells = edges_of(version.pk), dict[Cell, Sums]()
    for one in batch:
        week = monday(one.score.scored_at)
        sums = cells.setdefault((one.licensee_id, week), Sums([0] * (len(edges) - 1)))
        sums.add(one.score, edges, times=1)
        if one.before and one.before.model_id == version.pk and monday(one.before.scored_at) == week:
            sums.add(one.before, edges, times=-1)
        sums.messages += one.messages
        sums.words += one.words
        sums.known_words += one.known_words
    with connection.cursor() as cursor:
        # In one order, so that two workers wait for each other and never block each other.
        for (licensee_id, week), sums in sorted(cells.items(), key=lambda item: item[0]):
            cursor.execute(ADD_A_CELL, [licensee_id, version.pk, week, *_columns(sums)])


def _columns(sums: Sums) -> list[Any]:
    return [
        sums.scores,
        sums.flagged,
        Jsonb(sums.abstained),
        Jsonb(sums.characteristics),
        sums.messages,
        sums.words,
        sums.known_words,
    ]


def monday(at: datetime) -> date:
    """The Monday of the week in UTC (ISO 8601)."""
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


# --- The model's reference -----------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """What the model met when it was evaluated: from its card, so it is as old as the model."""

    scores: tuple[float, ...]
    known_share: float | None
    characteristics: dict[str, float]


@lru_cache(maxsize=8)
def edges_of(model_id: int) -> tuple[float, ...]:
    """The bins of the model's own reference, so that both can be compared; a card without any gets ours."""
    part = _reference_part(model_id)
    edges = part.get("edges") if part else None
    return tuple(edges) if edges and len(edges) > 1 else SCORE_EDGES


def reference_of(model_id: int) -> Reference | None:
    part = _reference_part(model_id)
    scores = part.get("scores") if part else None
    if part is None or not scores or len(scores) != len(edges_of(model_id)) - 1:
        return None
    return Reference(tuple(scores), part.get("known_share"), part.get("characteristics") or {})


def _reference_part(model_id: int) -> dict[str, Any] | None:
    part = ModelVersion.objects.values_list("card__reference", flat=True).get(pk=model_id)
    return part if isinstance(part, dict) else None


# --- Comparing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drift:
    """One week of one licensee beside the reference and beside the weeks before it."""

    week: DriftWeek
    reference: Stability
    recent: Stability
    vocabulary: Stability
    abstained: Stability
    characteristics: tuple[tuple[str, float, float, Stability], ...] = ()

    def drifted(self) -> list[tuple[DriftAlert.Kind, float]]:
        """What calls for an alert, with its index."""
        kinds = DriftAlert.Kind
        found = [
            (kinds.REFERENCE, self.reference),
            (kinds.RECENT, self.recent),
            (kinds.VOCABULARY, self.vocabulary),
            (kinds.ABSTAINED, self.abstained),
            *((kinds.CHARACTERISTICS, stability) for *_, stability in self.characteristics[:1]),
        ]
        return [
            (kind, one.index)
            for kind, one in found
            if one.verdict is Verdict.DRIFTED and one.index is not None
        ]


def drift_of(week: DriftWeek, before: Sequence[DriftWeek], reference: Reference | None) -> Drift:
    """`before` are the weeks before it, of the same licensee and model."""
    nothing = Stability(Verdict.NOTHING, counted=week.judged)
    recent = compare(_summed(before), week.scores) if before else nothing
    against = compare(reference.scores, week.scores) if reference else nothing
    known = reference.known_share if reference else None
    return Drift(
        week=week,
        reference=against,
        recent=recent,
        vocabulary=nothing
        if known is None or week.words <= 0
        else compare_shares(known, week.known_words / week.words, enough=against),
        abstained=compare(_judged_or_not(before), _judged_or_not([week])) if before else nothing,
        characteristics=_characteristics(week, reference, against) if reference else (),
    )


def _summed(weeks: Sequence[DriftWeek]) -> list[float]:
    return [float(sum(bins)) for bins in zip(*(week.scores for week in weeks), strict=True)]


def _judged_or_not(weeks: Sequence[DriftWeek]) -> tuple[int, int]:
    return sum(week.judged for week in weeks), sum(sum(week.abstained.values()) for week in weeks)


def _characteristics(
    week: DriftWeek, reference: Reference, enough: Stability
) -> tuple[tuple[str, float, float, Stability], ...]:
    """(key, mean of the reference, mean of the week, how far apart), the furthest first: a mean rating is the
    expected share of conversations that show the behaviour."""
    rows = []
    for key, expected in reference.characteristics.items():
        mean = week.characteristics.get(key, 0.0) / week.judged if week.judged else 0.0
        rows.append((key, expected, mean, compare_shares(expected, mean, enough=enough)))
    return tuple(sorted(rows, key=lambda row: -(row[3].index or 0.0)))


# --- Alerting ------------------------------------------------------------------------------------


def watch() -> int:
    """Look at the weeks that changed since they were looked at, and answer how many alerts were new."""
    changed = DriftWeek.objects.filter(Q(looked_at=None) | Q(looked_at__lt=F("counted_at")))
    return sum(_look_at(pk) for pk in changed.order_by("week", "pk").values_list("pk", flat=True))


def _look_at(pk: int) -> int:
    with transaction.atomic():
        week = DriftWeek.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if week is None:  # a worker is adding to it, or another run looks at it
            return 0
        DriftWeek.objects.filter(pk=pk).update(looked_at=Now())
        drift = drift_of(week, weeks_before(week), reference_of(week.model_id))
        return sum(_alert(week, kind, index) for kind, index in drift.drifted())


def weeks_before(week: DriftWeek) -> list[DriftWeek]:
    since = week.week - timedelta(weeks=WEEKS_BEFORE)
    rows = DriftWeek.objects.filter(licensee=week.licensee_id, model=week.model_id, week__lt=week.week)
    return list(rows.filter(week__gte=since).order_by("week"))


def _alert(week: DriftWeek, kind: DriftAlert.Kind, index: float) -> bool:
    """Once for each licensee, model, week and kind: the row of the week is locked by who comes here."""
    facts = {"licensee_id": week.licensee_id, "model_id": week.model_id, "week": week.week, "kind": kind}
    _, is_new = DriftAlert.objects.get_or_create(**facts, defaults={"index": index})
    if is_new:
        about = About(object_type="model", object_id=str(week.model_id), licensee_id=week.licensee_id)
        payload = {"week": week.week.isoformat(), "kind": kind.value, "index": round(index, 4)}
        record(Verb.MODEL_DRIFTED, by=WATCH, about=about, payload=payload)
    return is_new
