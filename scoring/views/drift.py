"""Whether what the champion sees at each licensee has changed, in words, small pictures and the numbers behind them."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from licensees.models import Licensee
from scoring.characteristics import BY_KEY
from scoring.charts import Bars, bars, bin_labels, line
from scoring.drift import WEEKS_BEFORE, Drift, Reference, drift_of, edges_of, monday, reference_of
from scoring.drift_words import what_to_do
from scoring.models import DriftAlert, DriftWeek, ModelVersion
from scoring.stability import DRIFTED, MOVED, Stability, Verdict

SHOWN_WEEKS = 12
SHOWN_CHARACTERISTICS = 8
SHOWN_ALERTS = 20
TONES = {Verdict.STABLE: "done", Verdict.MOVED: "active", Verdict.DRIFTED: "waiting"}


@access(Role.ADMIN)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    champion = _champion()
    words = {
        "champion": champion,
        "rows": _rows(champion) if champion else [],
        "alerts": _alerts(DriftAlert.objects.all()),
    }
    return render(request, "scoring/drift.html", words)


@access(Role.ADMIN)
@require_GET
def of_licensee(request: HttpRequest, slug: str) -> HttpResponse:
    licensee, champion = get_object_or_404(Licensee, slug=slug), _champion()
    words: dict[str, Any] = {
        "licensee": licensee,
        "champion": champion,
        "alerts": _alerts(DriftAlert.objects.filter(licensee=licensee)),
    }
    if champion:
        words |= _history(licensee, champion)
    return render(request, "scoring/drift_licensee.html", words)


def _champion() -> ModelVersion | None:
    return ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION).first()


def _rows(champion: ModelVersion) -> list[dict[str, Any]]:
    """The newest week of each licensee: two queries however many licensees there are."""
    reference, weeks = reference_of(champion.pk), defaultdict[int, list[DriftWeek]](list)
    since = monday(timezone.now()) - timedelta(weeks=2 * WEEKS_BEFORE)
    found = DriftWeek.objects.filter(model=champion, week__gte=since).select_related("licensee")
    for week in found.order_by("licensee__name", "week"):
        weeks[week.licensee_id].append(week)
    return [_row(drifts_of(own, reference)[-1]) for own in weeks.values()]


def drifts_of(weeks: list[DriftWeek], reference: Reference | None) -> list[Drift]:
    """Each of a licensee's weeks, oldest first, beside those of the four weeks before it."""
    return [
        drift_of(
            week,
            [one for one in weeks[:place] if one.week >= week.week - timedelta(weeks=WEEKS_BEFORE)],
            reference,
        )
        for place, week in enumerate(weeks)
    ]


def _row(drift: Drift) -> dict[str, Any]:
    kinds = DriftAlert.Kind
    return {
        "drift": drift,
        "week": drift.week,
        "judged": drift.week.judged,
        "verdicts": [
            _verdict(kinds.REFERENCE, drift.reference),
            _verdict(kinds.RECENT, drift.recent),
            _verdict(kinds.VOCABULARY, drift.vocabulary),
            _verdict(kinds.ABSTAINED, drift.abstained),
        ],
    }


def _verdict(kind: DriftAlert.Kind, stability: Stability) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": kind.label,
        "verdict": stability.verdict.value,
        "tone": TONES.get(stability.verdict, "neutral"),
        "index": "–" if stability.index is None else f"{stability.index:.2f}",
        "sentence": what_to_do(kind, stability),
    }


def _history(licensee: Licensee, champion: ModelVersion) -> dict[str, Any]:
    reference = reference_of(champion.pk)
    found = DriftWeek.objects.filter(licensee=licensee, model=champion).order_by("-week")
    drifts = drifts_of(sorted(found[: SHOWN_WEEKS + WEEKS_BEFORE], key=lambda week: week.week), reference)[
        -SHOWN_WEEKS:
    ]
    if not drifts:
        return {"has_reference": reference is not None}
    newest = drifts[-1]
    return {
        "has_reference": reference is not None,
        "newest": _row(newest),
        "distribution": _distribution(newest, drifts, reference),
        "beside": "the model’s reference" if reference else "the weeks before" if len(drifts) > 1 else "",
        "course": _course(drifts),
        "weeks": [_row(drift) | _shares(drift) for drift in reversed(drifts)],
        "characteristics": [_characteristic(*row) for row in newest.characteristics[:SHOWN_CHARACTERISTICS]],
    }


def _distribution(newest: Drift, drifts: list[Drift], reference: Reference | None) -> Bars:
    """This week's bars, and over them the reference or, where the card holds none, the weeks before."""
    before = [drift.week.scores for drift in drifts[-1 - WEEKS_BEFORE : -1]]
    summed = [sum(bins) for bins in zip(*before, strict=True)] if before else None
    labels = bin_labels(edges_of(newest.week.model_id))
    return bars(labels, newest.week.scores, reference.scores if reference else summed)


def _course(drifts: list[Drift]) -> dict[str, Any]:
    """The index from week to week: against the reference where there is one, else against the weeks before."""
    against_reference = any(drift.reference.is_told for drift in drifts)
    told = [(drift.reference if against_reference else drift.recent).index for drift in drifts]
    weeks = [_day(drift.week.week) for drift in drifts]
    return {
        "chart": line(weeks, told, [MOVED, DRIFTED]),
        "told": any(index is not None for index in told),
        "against": "the model’s reference" if against_reference else "the weeks before",
    }


def _shares(drift: Drift) -> dict[str, str]:
    week, abstained = drift.week, sum(drift.week.abstained.values())
    return {
        "flagged": _percent(week.flagged, week.judged),
        "known": _percent(week.known_words, week.words),
        "abstained": _percent(abstained, abstained + week.judged),
    }


def _characteristic(key: str, expected: float, mean: float, stability: Stability) -> dict[str, Any]:
    return {
        "name": BY_KEY[key].label if key in BY_KEY else key,
        "expected": f"{expected:.3f}",
        "mean": f"{mean:.3f}",
        **_verdict(DriftAlert.Kind.CHARACTERISTICS, stability),
    }


def _alerts(alerts: Any) -> list[DriftAlert]:
    return list(alerts.select_related("licensee", "model").order_by("-noticed_at")[:SHOWN_ALERTS])


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole > 0 else "–"


def _day(day: date) -> str:
    return f"{day:%-d %b}"
