"""Putting a case aside: on hold, into another person's hands, and taking a decision back."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import access
from accounts.roles import Role
from review import holds, queue, undoing
from review.forms import HandOverForm, HoldForm
from review.models import Case
from review.permissions import check_may_claim, colleagues, get_case_for
from review.policies import check_holds_live_claim, on_day, open_claim
from review.views.request import PersonRequest

reviewers = access(Role.MODERATOR, Role.SUPERVISOR)


@reviewers
@require_http_methods(["GET", "POST"])
def hold(request: PersonRequest, reference: str) -> HttpResponse:
    """A form of its own; from the case page it is opened with the note typed so far, which becomes the reason."""
    case = _held_by(request, reference)
    if request.method != "POST" or "until" not in request.POST:
        begun = {"until": _tomorrow_morning(), "reason_text": request.POST.get("note", "")}
        return render(request, "review/hold.html", {"case": case, "form": HoldForm(initial=begun)})
    form = HoldForm(request.POST)
    if not form.is_valid():
        return render(request, "review/hold.html", {"case": case, "form": form}, status=422)
    until, reason = form.cleaned_data["until"], form.cleaned_data["reason_text"]
    holds.hold(case_id=case.pk, by=request.user, until=until, reason=reason)
    messages.info(request, f"{case.reference} is on hold until {on_day(until)}. It comes back by itself.")
    return redirect("review:queue")


@reviewers
@require_POST
def resume(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    holds.resume(case_id=case.pk, by=request.user)
    return redirect("review:case", case.reference)


@reviewers
@require_http_methods(["GET", "POST"])
def hand_over(request: PersonRequest, reference: str) -> HttpResponse:
    case = _held_by(request, reference)
    people = colleagues(request.user, case)
    if request.method != "POST" or "to" not in request.POST:
        form = HandOverForm(people, initial={"note": request.POST.get("note", "")})
        return render(request, "review/hand_over.html", {"case": case, "form": form, "people": people})
    form = HandOverForm(people, request.POST)
    if not form.is_valid():
        context = {"case": case, "form": form, "people": people}
        return render(request, "review/hand_over.html", context, status=422)
    to_id, note = form.cleaned_data["to"], form.cleaned_data["note"]
    queue.hand_over(case_id=case.pk, by=request.user, to_id=to_id, note=note)
    name = next(person.name for person in people if person.pk == to_id)
    messages.success(request, f"{name} has {case.reference} now.")
    return redirect("review:queue")


@reviewers
@require_POST
def take_back(request: PersonRequest, reference: str) -> HttpResponse:
    case = get_case_for(request.user, reference)
    reopened, given_back = undoing.take_back(case_id=case.pk, by=request.user)
    if reopened.state == Case.State.WAITING:
        messages.info(
            request, f"The decision is taken back. {case.reference} waits, since you hold another case."
        )
        return redirect("review:queue")
    waits = f" {given_back.reference} waits again; you may still take it." if given_back else ""
    messages.success(request, f"The decision is taken back. The case is yours again.{waits}")
    return redirect("review:case", case.reference)


def _held_by(request: PersonRequest, reference: str) -> Case:
    """Said before anything is typed; the act itself asks again, under the lock."""
    case = get_case_for(request.user, reference)
    check_may_claim(request.user, case)
    check_holds_live_claim(case, open_claim(case), request.user)
    return case


def _tomorrow_morning() -> datetime:
    return timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
