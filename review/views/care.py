"""A person's own day: what they have read, when it is enough, and what they leave out. Shown to nobody else."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access
from accounts.models import User
from accounts.roles import Role
from review.care import RestFirst, sentence_of
from review.exposure import Exposure, exposure, midnight
from review.forms import LeaveOutForm
from review.models import Case, OptOut
from review.opting_out import leave_out, left_out_by, take_back
from review.queue import claim_next
from review.views.marks import label_of
from review.views.request import PersonRequest
from review.views.undo import undo

DAYS = {"day": 1, "week": 7}


def next_case(request: PersonRequest, **wish: Any) -> HttpResponse | None:
    """The way to the next case, or to the person's own day where it is enough for now; None if nothing waits."""
    try:
        case = claim_next(by=request.user, **wish)
    except RestFirst:
        return redirect("review:care")
    return redirect("review:case", case.reference) if case else None


@access(Role.MODERATOR)
@require_GET
def today(request: PersonRequest) -> HttpResponse:
    """The fragment that the queue and the case page fetch."""
    return render(request, "review/_today.html", {"today": _today(exposure(request.user))})


@access(Role.MODERATOR)
@require_GET
def care(request: PersonRequest) -> HttpResponse:
    # Who reaches the cap by a decision is led here, and may take it back as on any other page.
    page = _page(request.user, LeaveOutForm()) | {"undo": undo(request)}
    return render(request, "review/care.html", page)


@access(Role.MODERATOR)
@require_POST
def set_opt_out(request: PersonRequest) -> HttpResponse:
    form = LeaveOutForm(request.POST)
    if not form.is_valid():
        return render(request, "review/care.html", _page(request.user, form), status=422)
    kind, _, key = form.cleaned_data["what"].partition(":")
    leave_out(by=request.user, **{kind: key}, until=_until(form.cleaned_data["until"]))
    return redirect("review:care")


@access(Role.MODERATOR)
@require_POST
def end_opt_out(request: PersonRequest, opt_out_id: int) -> HttpResponse:
    take_back(by=request.user, opt_out_id=opt_out_id)
    return redirect("review:care")


def _page(person: User, form: LeaveOutForm) -> dict[str, Any]:
    read = exposure(person)
    return {
        "paused_until": read.paused_until,
        "sentence": sentence_of(read),
        "today": _today(read),
        "left_out": [{"opt_out": one, "label": _label(one)} for one in left_out_by(person)],
        "leave_out_form": form,
    }


def _today(read: Exposure) -> dict[str, Any]:
    return {
        "bars": [
            _bar("Messages read", read.revealed, settings.ARTEMIS_DAILY_MESSAGES),
            _bar("Imminent cases read", read.severe, settings.ARTEMIS_DAILY_SEVERE_CASES),
            _bar("Minutes since a pause", read.minutes, settings.ARTEMIS_REVIEW_MINUTES),
        ],
        "hint": _hint(read),
    }


def _bar(label: str, number: int, most: int) -> dict[str, Any]:
    percent = min(100, round(100 * number / most)) if most else 0
    return {
        "label": label,
        "percent": percent,
        "figure": f"{number:,} of {most:,}" if most else f"{number:,}",
    }


def _hint(read: Exposure) -> str:
    """Never more than a hint: who holds a case may finish it."""
    if read.enough:
        return "That is enough for one day. What you hold you may finish; the queue then goes on without you."
    if read.pause_due:
        return "A pause is due. What you hold you may finish; it begins when you ask for another case."
    return ""


def _label(one: OptOut) -> str:
    return f"The {Case.Lane(one.lane).label.lower()} lane" if one.lane else label_of(one.characteristic)


def _until(choice: str) -> datetime | None:
    return midnight() + timedelta(days=DAYS[choice]) if choice in DAYS else None
