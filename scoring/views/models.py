"""The registered models with what their training and their evaluations measured."""

from datetime import timedelta

from django.db.models import F, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from scoring.evaluation_page import render_card
from scoring.models import Conversation, DriftAlert, ModelEvaluation, ModelVersion
from scoring.views.cards import ModelCard

State = ModelVersion.State
# Who scores stands first, who is compared second.
ORDER = {State.CHAMPION: 0, State.CHALLENGER: 1}
NEWS = timedelta(days=14)
PATIENCE = timedelta(minutes=5)
MANY = 1_000


@access(Role.ADMIN)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    # The cards of evaluations are long, and only their page needs them.
    evaluations = Prefetch("evaluations", ModelEvaluation.objects.defer("card").order_by("-created_at"))
    versions = list(ModelVersion.objects.prefetch_related(evaluations).order_by("-created_at", "-pk"))
    versions.sort(key=lambda version: ORDER.get(State(version.state), len(ORDER)))
    words = {
        "drifted": _news_of_drift(),
        "waiting": _waiting(),
        "cards": [ModelCard(version) for version in versions],
        "challenger": next((one for one in versions if one.state == State.CHALLENGER), None),
    }
    return render(request, "scoring/models.html", words)


@access(Role.ADMIN)
@require_GET
def evaluation(request: HttpRequest, model_id: int, evaluation_id: int) -> HttpResponse:
    kept = get_object_or_404(
        ModelEvaluation.objects.select_related("model"), pk=evaluation_id, model_id=model_id
    )
    words = {"evaluation": kept, "card": render_card(kept.card)}
    return render(request, "scoring/model_evaluation.html", words)


def _waiting() -> str:
    """Said where nobody looks at what is pending: a worker takes it up within seconds, if it runs and has a model."""
    since = timezone.now() - PATIENCE
    pending = Conversation.objects.filter(scored_revision__lt=F("revision"), score_after__lt=since)
    pending = pending.filter(is_archive=False)
    count = pending.order_by()[:MANY].count()
    if not count:
        return ""
    shown = f"{MANY:,} or more" if count == MANY else f"{count:,}"
    return (
        f"{shown} of them for more than five minutes. Either no worker runs, or the model that scores cannot be read: "
        "the worker’s log says “scoring waits” and why. A model of an earlier version has to be trained again."
    )


def _news_of_drift() -> str:
    """What the one that scores met lately; older alerts are on the page of drift."""
    recent = DriftAlert.objects.filter(
        noticed_at__gte=timezone.now() - NEWS, model__state=State.CHAMPION
    ).select_related("licensee")
    names = sorted({alert.licensee.name for alert in recent})
    return f"In the last two weeks at {', '.join(names)}." if names else ""
