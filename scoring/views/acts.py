"""What an admin does with models: each act is asked first, and recorded under the admin's name."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from scoring import registry
from scoring.models import ModelVersion
from scoring.views.cards import ModelCard

Verb = Callable[..., ModelVersion]


@dataclass(frozen=True)
class Act:
    """The question before an act; `{model}` is the one acted on, `{former}` who scored before it."""

    question: str
    consequence: str
    label: str
    done: str
    verb: Verb


PROMOTE = Act(
    "Let {model} score?",
    "Every conversation that comes in from now on is scored by it. What was scored before keeps its score.",
    "Let it score",
    "{model} scores from now on.",
    registry.promote,
)
ROLL_BACK = Act(
    "Bring {former} back?",
    "It scores again from now on, and {model} retires. What {model} scored keeps its score.",
    "Bring it back",
    "{former} scores again.",
    registry.roll_back,
)
NAME_CHALLENGER = Act(
    "Make {model} the challenger?",
    "It scores what the champion scores, for comparison only: it flags nothing, opens no case, and no moderator and no "
    "platform sees what it says. Each conversation is read once more by it.",
    "Make it the challenger",
    "{model} is compared with the champion from now on.",
    registry.name_challenger,
)
WITHDRAW_CHALLENGER = Act(
    "Withdraw {model}?",
    "It is no longer compared. What was compared so far stays to be looked at, and it can be named again.",
    "Withdraw it",
    "{model} is no longer compared.",
    registry.withdraw_challenger,
)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def promote(request: HttpRequest, model_id: int) -> HttpResponse:
    return _ask_or_act(request, model_id, PROMOTE)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def roll_back(request: HttpRequest, model_id: int) -> HttpResponse:
    return _ask_or_act(request, model_id, ROLL_BACK)


@access(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def name_challenger(request: HttpRequest, model_id: int) -> HttpResponse:
    return _ask_or_act(request, model_id, NAME_CHALLENGER)


@access(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def withdraw_challenger(request: HttpRequest, model_id: int) -> HttpResponse:
    return _ask_or_act(request, model_id, WITHDRAW_CHALLENGER)


def _ask_or_act(request: HttpRequest, model_id: int, act: Act) -> HttpResponse:
    version = get_object_or_404(ModelVersion.objects.select_related("predecessor"), pk=model_id)
    if request.method == "GET":
        return _ask(request, version, act)
    act.verb(model_id=model_id, by=signed_in(request))
    messages.success(request, _said(act.done, version))
    return redirect("scoring:models")


def _ask(request: HttpRequest, version: ModelVersion, act: Act) -> HttpResponse:
    champion = ModelVersion.objects.filter(state=ModelVersion.State.CHAMPION).exclude(pk=version.pk).first()
    beside = version.predecessor if act is ROLL_BACK else champion
    words = {
        "question": _said(act.question, version),
        "consequence": _said(act.consequence, version),
        "label": act.label,
        "card": ModelCard(version),
        "beside": beside and ModelCard(beside),
        "retires": champion if act is PROMOTE else None,
    }
    return render(request, "scoring/act.html", words)


def _said(sentence: str, version: ModelVersion) -> str:
    return sentence.format(model=version, former=version.predecessor or "the model before it")
