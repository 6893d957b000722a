"""The registered models with what their training and their evaluations measured."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import access
from accounts.roles import Role
from scoring.models import ModelVersion
from scoring.views.cards import ModelCard

State = ModelVersion.State
# Who scores stands first, who is compared second.
ORDER = {State.CHAMPION: 0, State.CHALLENGER: 1}


@access(Role.ADMIN)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    versions = list(ModelVersion.objects.prefetch_related("evaluations").order_by("-created_at", "-pk"))
    versions.sort(key=lambda version: ORDER.get(State(version.state), len(ORDER)))
    words = {
        "cards": [ModelCard(version) for version in versions],
        "challenger": next((one for one in versions if one.state == State.CHALLENGER), None),
    }
    return render(request, "scoring/models.html", words)
