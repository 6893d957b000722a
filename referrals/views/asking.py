"""Asking a second person: choose the evidence, see the packet as it would be, then ask; again after a return."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from referrals import workflow
from referrals.forms import RequestForm, initial_of
from referrals.models import Escalation
from referrals.permissions import get_escalation_for
from referrals.reading import (
    Reading,
    check_can_begin,
    check_can_begin_again,
    not_revealed,
    preview,
    preview_again,
    read_choices,
    read_history,
    readable_numbers,
)
from referrals.views.document import document
from referrals.workflow import Asked
from review.models import Annotation, Case
from review.permissions import get_case_for
from scoring.models import Conversation


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def escalate(request: HttpRequest, reference: str) -> HttpResponse:
    person = signed_in(request)
    case = get_case_for(person, reference)
    check_can_begin(person, case)
    form = _form(request, case, initial=_first_initial(request, case))

    def look(asked: Asked) -> Reading:
        return preview(case_id=case.pk, by=person, asked=asked)

    def submit(asked: Asked) -> Escalation:
        seen_revision = form.cleaned_data["seen_revision"]
        return workflow.escalate(case_id=case.pk, by=person, seen_revision=seen_revision, **asked)

    words = {"case": case, "back": reverse("review:case", args=[case.reference])}
    return _answer(request, form, words, look=look, submit=submit)


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def resubmit(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    check_can_begin_again(person, escalation)
    case = escalation.case
    form = _form(request, case, initial=_next_initial(escalation))

    def look(asked: Asked) -> Reading:
        return preview_again(escalation_id=escalation.pk, by=person, asked=asked)

    def submit(asked: Asked) -> Escalation:
        seen_revision = form.cleaned_data["seen_revision"]
        return workflow.resubmit(escalation_id=escalation.pk, by=person, seen_revision=seen_revision, **asked)

    words = {
        "case": case,
        "back": reverse("referrals:escalation", args=[escalation.pk]),
        "escalation": escalation,
        "returned": read_history(escalation_id=escalation.pk, by=person)[-1],
    }
    return _answer(request, form, words, look=look, submit=submit)


def _answer(
    request: HttpRequest,
    form: RequestForm,
    words: dict[str, Any],
    *,
    look: Callable[[Asked], Reading],
    submit: Callable[[Asked], Escalation],
) -> HttpResponse:
    """Three steps at one address: the form, the packet as it would be, and the request itself."""
    step = request.POST.get("step", "")
    words |= {"form": form}
    if step == "change" or not form.is_valid():
        words |= _choices(request, words["case"], form)
        is_wrong = form.is_bound and step != "change"
        return render(request, "referrals/ask.html", words, status=422 if is_wrong else 200)
    if step == "submit":
        escalation = submit(form.asked())
        messages.success(request, "A second person is asked now. The case is theirs until they answer.")
        return redirect("referrals:escalation", escalation.pk)
    return render(request, "referrals/preview.html", {**words, "document": document(look(form.asked()))})


def _form(request: HttpRequest, case: Case, *, initial: dict[str, Any]) -> RequestForm:
    readable = readable_numbers(case, signed_in(request))
    return RequestForm(request.POST or None, case=case, readable=readable, initial=initial)


def _choices(request: HttpRequest, case: Case, form: RequestForm) -> dict[str, Any]:
    ticked = form["evidence"].value() or []
    choices = read_choices(case_id=case.pk, by=signed_in(request))
    return {
        "choices": choices,
        "unread_after": not_revealed(case.conversation.message_count - choices[-1].message.number)
        if choices
        else "",
        "ticked": {int(number) for number in ticked if str(number).isdecimal()},
    }


def _first_initial(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What they annotated is ticked. The case page says which revision they read; it may be older than today's."""
    own = Annotation.objects.filter(case=case, annotated_by=signed_in(request), superseded_by=None)
    revision = _revision(case)
    seen = request.GET.get("seen", "")
    return {
        "evidence": sorted(set(own.exclude(characteristic="").values_list("message__number", flat=True))),
        "seen_revision": min(int(seen), revision) if seen.isdecimal() else revision,
    }


def _next_initial(escalation: Escalation) -> dict[str, Any]:
    return {**initial_of(escalation.current), "seen_revision": _revision(escalation.case)}


def _revision(case: Case) -> int:
    return Conversation.objects.values_list("revision", flat=True).get(pk=case.conversation_id)
