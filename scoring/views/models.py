"""The registered models with what their training and their evaluations measured."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from scoring.models import DriftAlert, ModelVersion
from scoring.views.cards import ModelCard

State = ModelVersion.State
# Who scores stands first, who is compared second.
ORDER = {State.CHAMPION: 0, State.CHALLENGER: 1}
NEWS = timedelta(days=14)


@access(Role.ADMIN)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    versions = list(ModelVersion.objects.prefetch_related("evaluations").order_by("-created_at", "-pk"))
    versions.sort(key=lambda version: ORDER.get(State(version.state), len(ORDER)))
    words = {
        "drifted": _news_of_drift(),
        "cards": [ModelCard(version) for version in versions],
        "challenger": next((one for one in versions if one.state == State.CHALLENGER), None),
    }
    return render(request, "scoring/models.html", words)


def _news_of_drift() -> str:
    """What the one that scores met lately; older alerts are on the page of drift."""
    recent = DriftAlert.objects.filter(
        noticed_at__gte=timezone.now() - NEWS, model__state=State.CHAMPION
    ).select_related("licensee")
    names = sorted({alert.licensee.name for alert in recent})
    return f"In the last two weeks at {', '.join(names)}." if names else ""
