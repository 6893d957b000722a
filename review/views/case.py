"""The case page and the acts on it. Each view: fetch and authorise, bind the form, call one verb, answer."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access
from accounts.roles import Role
from audit.transitions import NotPossible
from review import queue, workflow
from review.forms import AnnotateForm, DecideForm, RevealForm
from review.models import Case
from review.permissions import get_case_for
from review.views.case_page import case_page
from review.views.request import PersonRequest
from review.views.standing import Standing
from review.views.strip import turn_url, weigh
from review.views.transcript import one_turn, transcript

reviewers = access(Role.MODERATOR, Role.SUPERVISOR)


@reviewers
@require_GET
def detail(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    return render(request, "review/case_detail.html", case_page(case, request.user, start=_start(request)))


@reviewers
@require_POST
def claim(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    queue.claim(case_id=case.pk, by=request.user)
    return redirect("review:case", case.reference)


@reviewers
@require_POST
def extend(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    queue.extend(case_id=case.pk, by=request.user)
    if request.htmx:
        bar = Standing(case, request.user).claim_bar()
        return render(request, "review/_claim_bar.html", {"claim_bar": bar})
    return redirect("review:case", case.reference)


@reviewers
@require_POST
def release(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    queue.release(case_id=case.pk, by=request.user)
    messages.info(request, f"You released {case.reference}. It waits for somebody else.")
    return redirect("review:queue")


@reviewers
@require_POST
def reveal(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = RevealForm(request.POST if "number" in request.POST else request.GET)
    if not form.is_valid():
        raise NotPossible("No turn was chosen. Reload the page and choose one.", about=case.about())
    numbers = form.cleaned_data["number"]
    texts = workflow.reveal(case_id=case.pk, numbers=numbers, by=request.user)
    if not request.htmx:
        return redirect(turn_url(case, numbers[0]))
    if len(numbers) == 1:
        return _turn(request, case, numbers[0], texts[numbers[0]])
    return _window(request, case)


@reviewers
@require_POST
def annotate(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = AnnotateForm(request.POST)
    if not form.is_valid():
        return _invalid_annotation(request, case, form)
    number = _annotate(case, form, request)
    if not request.htmx:
        return redirect(turn_url(case, number))
    texts = workflow.reveal(case_id=case.pk, numbers=[number], by=request.user)
    response = _turn(request, case, number, texts[number])
    response["HX-Retarget"], response["HX-Reswap"] = f"#m-{number}", "outerHTML"
    response["HX-Trigger"] = "annotated"
    return response


@reviewers
@require_POST
def decide(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = DecideForm(request.POST)
    if not form.is_valid():
        context = case_page(case, request.user, start=_start(request), decide_form=form)
        return render(request, "review/case_detail.html", context, status=422)
    decision = workflow.decide(case_id=case.pk, by=request.user, **form.cleaned_data)
    messages.success(request, f"{case.reference} is decided: {decision.get_disposition_display().lower()}.")
    following = queue.claim_next(by=request.user) if request.POST.get("then") == "next" else None
    return redirect("review:case", following.reference) if following else redirect("review:queue")


def _start(request: PersonRequest) -> int:
    text = request.GET.get("from", "")
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1


def _turn(request: PersonRequest, case: Case, number: int, text: str) -> HttpResponse:
    weights = weigh(case, message_count=case.conversation.message_count)
    message = one_turn(Standing(case, request.user), weights, number, text)
    return render(request, "review/_turn.html", {"message": message})


def _window(request: PersonRequest, case: Case) -> HttpResponse:
    start, message_count = _start(request), case.conversation.message_count
    weights = weigh(case, message_count=message_count, start=start)
    shown = transcript(Standing(case, request.user), weights, start=start, message_count=message_count)
    return render(request, "review/_transcript.html", {"case": case, "transcript": shown, "swapped": True})


def _annotate(case: Case, form: AnnotateForm, request: PersonRequest) -> int:
    said = form.cleaned_data
    number, replaced = said["number"], said["supersedes"]
    about = {name: said[name] for name in ("characteristic", "words", "note")}
    if replaced:
        workflow.supersede_annotation(case_id=case.pk, by=request.user, annotation_id=replaced, **about)
    else:
        workflow.annotate(case_id=case.pk, by=request.user, number=number, **about)
    return int(number)


def _invalid_annotation(request: PersonRequest, case: Case, form: AnnotateForm) -> HttpResponse:
    if request.htmx:
        return render(request, "review/_annotate.html", {"case": case, "annotate_form": form}, status=422)
    return render(
        request, "review/case_detail.html", case_page(case, request.user, annotate_form=form), status=422
    )
