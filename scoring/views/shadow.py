"""The challenger beside the champion: counts, days and distributions for an admin who may promote it; no text."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from scoring.charts import bars, bin_labels
from scoring.intervals import share_with_interval
from scoring.models import ModelVersion
from scoring.shadow_comparison import DAYS, Comparison, compare, decisions
from scoring.stability import SCORE_EDGES

State = ModelVersion.State


@access(Role.ADMIN)
@require_GET
def comparison(request: HttpRequest, model_id: int) -> HttpResponse:
    """A former challenger can be looked at too, as long as its rows are kept."""
    challenger = get_object_or_404(ModelVersion.objects.defer("card"), pk=model_id)
    champion = ModelVersion.objects.defer("card").filter(state=State.CHAMPION).exclude(pk=model_id).first()
    words: dict[str, Any] = {"challenger": challenger, "champion": champion, "days": DAYS}
    if champion:
        words |= _shown(compare(champion, challenger), challenger)
    return render(request, "scoring/shadow.html", words)


def _shown(found: Comparison, challenger: ModelVersion) -> dict[str, Any]:
    return {
        "found": found,
        "agreement": _share("of conversations judged alike", found.agreed, found.conversations),
        "apart": [
            ("Both would", found.both),
            ("Only the champion", found.only_champion),
            ("Only the challenger", found.only_challenger),
            ("Neither", found.neither),
        ],
        "a_day": _a_day(found),
        "distribution": bars(bin_labels(SCORE_EDGES), found.challenger_scores, found.champion_scores),
        "course": [(day, *pair) for day, pair in reversed(found.days.items())],
        "decided": [
            (disposition.replace("_", " "), too, not_so)
            for disposition, (too, not_so) in sorted(decisions(challenger, found.since).items())
        ],
    }


def _share(label: str, part: int, whole: int) -> dict[str, Any]:
    counted = share_with_interval(part, whole)
    if counted is None:
        return {"label": label, "number": "–"}
    share, lower, upper = counted
    return {
        "label": label,
        "number": f"{share:.1%}",
        "interval": f"{lower:.1%}–{upper:.1%}",
        "n": f"{whole:,}",
    }


def _a_day(found: Comparison) -> tuple[str, str]:
    """Mean cases a day of each."""
    columns = zip(*found.days.values(), strict=True)
    champion, challenger = (f"{sum(column) / len(found.days):.1f}" for column in columns)
    return champion, challenger
