"""The acts on a case. Each view: fetch and authorise, bind the form, call one verb, answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from audit.transitions import NotPossible
from review import first_judgement, queue, workflow
from review.care import RestFirst
from review.forms import AnnotateForm, DecideForm, typed_before
from review.golden import answer_golden
from review.in_test import answer_in_test
from review.models import Case
from review.permissions import get_case_for
from review.policies import check_holds_live_claim, open_claim
from review.views.care import next_case
from review.views.case_page import case_page, fresh_decide_form
from review.views.conflict import conflict
from review.views.reading import reviewers, standing_of, start_of, turns_in_place
from review.views.request import PersonRequest
from review.views.standing import Standing
from review.views.undo import remember
from review.views.window import turn_url, window_url


@reviewers
@require_POST
def claim(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    again = "again" in request.POST
    try:
        claimed = queue.claim(case_id=case.pk, by=request.user)
    except RestFirst:
        if again:
            raise  # the page of a refusal keeps what was typed
        return redirect("review:care")
    if not again:
        return redirect("review:case", case.reference)
    # Who holds it already reads on: nothing of it has changed since it was fetched.
    is_as_it_was = (claimed.state, claimed.conversation.revision) == (case.state, case.conversation.revision)
    return _go_on(request, case if is_as_it_was else get_case_for(request.user, reference))


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
def judge_first(request: PersonRequest, reference: str) -> HttpResponse:
    """The score is on the next page, and not before."""
    case = get_case_for(request.user, reference)
    first_judgement.judge_first(case_id=case.pk, by=request.user, concern=request.POST.get("concern", ""))
    messages.info(request, "Your first judgement is kept. The score is shown now.")
    return redirect(window_url(case, start_of(request)))


@reviewers
@require_POST
def annotate(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = AnnotateForm(request.POST)
    if not form.is_valid():
        return _invalid_annotation(request, case, form)
    if not request.htmx:
        annotation = workflow.annotate(**_said(case, form, request))
        return redirect(turn_url(case, annotation.message.number))
    texts = workflow.annotate_and_show(**_said(case, form, request))
    response = turns_in_place(request, case, texts)
    response["HX-Trigger"] = "annotated"
    return response


@reviewers
@require_POST
def decide(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    form = DecideForm(request.POST)
    try:
        return _decide(request, case, form)
    except NotPossible as refusal:
        refusal.page = conflict(case, request.user, form)
        raise


def _decide(request: PersonRequest, case: Case, form: DecideForm) -> HttpResponse:
    if not form.is_valid():
        # Without the claim there is no form on the page to give it back in.
        check_holds_live_claim(case, open_claim(case), request.user)
        context = case_page(standing_of(request, case), start=start_of(request), decide_form=form)
        return render(request, "review/case_detail.html", context, status=422)
    if case.in_test:
        answer_in_test(case_id=case.pk, by=request.user, **form.cleaned_data)
        messages.info(request, f"{case.reference} is answered. It was practice: nothing was decided or sent.")
        return redirect("review:practice")
    if case.is_practice:
        answer = answer_golden(case_id=case.pk, by=request.user, **form.cleaned_data)
        return redirect("review:golden_answer", answer.pk)
    # The next page says that it is decided, and offers to take it back (`views/undo.py`).
    remember(request, workflow.decide(case_id=case.pk, by=request.user, **form.cleaned_data))
    following = next_case(request) if request.POST.get("then") == "next" else None
    return following or redirect("review:queue")


def _go_on(request: PersonRequest, case: Case) -> HttpResponse:
    """From a conflict back to the case as it is now, with what had been typed into the decision."""
    form = fresh_decide_form(case, typed_before(request.POST))
    return render(request, "review/case_detail.html", case_page(standing_of(request, case), decide_form=form))


def _said(case: Case, form: AnnotateForm, request: PersonRequest) -> dict[str, Any]:
    names = ("number", "supersedes", "characteristic", "words", "note")
    return {"case_id": case.pk, "by": request.user} | {name: form.cleaned_data[name] for name in names}


def _invalid_annotation(request: PersonRequest, case: Case, form: AnnotateForm) -> HttpResponse:
    if request.htmx:
        return render(request, "review/_annotate.html", {"case": case, "annotate_form": form}, status=422)
    context = case_page(standing_of(request, case), annotate_form=form)
    return render(request, "review/case_detail.html", context, status=422)
