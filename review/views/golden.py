"""Golden cases: marking one, the list of them, and what the person who answered one gets to read."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import NotAllowed, access
from accounts.roles import Role
from licensees.assignments import licensees_served_by
from review import golden
from review.forms import GoldenForm
from review.golden_results import results_by_licensee
from review.models import GoldenAnswer, GoldenCase
from review.permissions import check_may_keep_golden, get_case_for
from review.views.request import PersonRequest
from scoring.intervals import share_with_interval

SHOWN = 100
NOT_YOURS = "There is no answer here that is yours. Go back to the queue."


@access(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def mark(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    check_may_keep_golden(request.user, case.licensee)
    decision = golden.find_agreed_decision(case)
    form = GoldenForm(request.POST or None)
    if not form.is_valid():
        context = {"case": case, "decision": decision, "form": form}
        return render(request, "review/golden_mark.html", context, status=422 if form.is_bound else 200)
    golden.mark_golden(case_id=case.pk, by=request.user, why=form.cleaned_data["why"])
    messages.success(request, f"{case.reference} is golden now.")
    return redirect("review:golden_cases")


@access(Role.SUPERVISOR)
@require_GET
def show_list(request: PersonRequest) -> HttpResponse:
    served = list(licensees_served_by(request.user, Role.SUPERVISOR).order_by("name"))
    cases = GoldenCase.objects.filter(licensee__in=served).select_related("case", "licensee", "marked_by")
    results = results_by_licensee(served)
    context = {
        "golden_cases": cases.order_by("state", "-marked_at", "-pk")[:SHOWN],
        "results": [{"licensee": one, **_result(results.get(one.pk))} for one in served],
        "several": len(served) > 1,
    }
    return render(request, "review/golden_cases.html", context)


@access(Role.SUPERVISOR)
@require_POST
def retire(request: PersonRequest, golden_id: int) -> HttpResponse:
    served = licensees_served_by(request.user, Role.SUPERVISOR)
    found = get_object_or_404(GoldenCase.objects.select_related("case"), pk=golden_id, licensee__in=served)
    golden.retire_golden(golden_id=found.pk, by=request.user)
    messages.info(request, f"{found.case.reference} is given to nobody any more.")
    return redirect("review:golden_cases")


@access(Role.MODERATOR)
@require_GET
def answer(request: PersonRequest, answer_id: int) -> HttpResponse:
    """For the person who answered, and nobody else."""
    found = GoldenAnswer.objects.select_related("golden__case", "case__licensee").filter(pk=answer_id).first()
    if found is None or found.answered_by_id != request.user.pk:
        raise NotAllowed(NOT_YOURS)
    context = {"answer": found, "golden": found.golden, "why": golden.read_why(found, by=request.user)}
    return render(request, "review/golden_answer.html", context)


def _result(found: Any) -> dict[str, Any]:
    counted = share_with_interval(found.agreed, found.answers) if found else None
    if counted is None:
        return {"figure": "", "note": ""}
    middle, lower, upper = counted
    note = f"{100 * lower:.0f}–{upper:.0%}, n = {found.answers:,} of {found.people} people"
    return {"figure": f"{middle:.0%}", "note": note}
