"""Asking a second person: choose the evidence, see the packet as it would be, then ask; again after a return."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from licensees.together import Question, ask
from referrals import workflow
from referrals.asked import Asked
from referrals.follow_policies import followed
from referrals.following import read_on
from referrals.forms import RequestForm, RetractionForm, about_request, initial_of
from referrals.history import Entry, read_history
from referrals.models import Escalation, EscalationVersion
from referrals.permissions import get_escalation_for
from referrals.reading import (
    Reading,
    check_can_begin,
    check_can_begin_again,
    not_revealed,
    preview,
    preview_again,
    read_choices,
    readable,
    readers_for,
)
from referrals.submission import open_grounds
from referrals.views.document import document
from review.golden import answer_golden
from review.in_test import answer_in_test
from review.models import Annotation, Case, Claim, Decision
from review.models.known import know
from review.permissions import get_case_for
from review.policies import REVEALED_AT_ONCE

READ = "read:"


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def escalate(request: HttpRequest, reference: str) -> HttpResponse:
    person = signed_in(request)
    case = get_case_for(person, reference)
    own = Annotation.objects.filter(case=case, annotated_by=person, superseded_by=None)
    answers = ask(
        claims=Claim.objects.filter(case=case).select_related("holder"),
        own=own.exclude(characteristic="").values_list("message__number", flat=True),
        **_questions(case, {person.pk}),
    )
    know(case, claims=answers["claims"])
    check_can_begin(person, case)
    initial = {"evidence": sorted(set(answers["own"])), "seen_revision": _seen_revision(request, case)}
    form = _form(request, case, initial=initial, answers=answers)

    def look(asked: Asked) -> Reading:
        return preview(case_id=case.pk, by=person, asked=asked)

    def submit(asked: Asked) -> Escalation:
        seen_revision = form.cleaned_data["seen_revision"]
        return workflow.escalate(case_id=case.pk, by=person, seen_revision=seen_revision, **asked)

    words = {
        "case": case,
        "readers": {person.pk},
        "read": answers["read"],
        "back": reverse("review:case", args=[case.reference]),
    }
    return _answer(request, form, words, look=look, submit=submit)


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def resubmit(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    check_can_begin_again(person, escalation)
    case = escalation.case
    readers = readers_for(person, escalation)
    is_retraction = escalation.relation == Escalation.Relation.RETRACTS
    answers = {} if is_retraction else ask(**_questions(case, readers))
    form = (
        _retraction_form(request, escalation) if is_retraction else _next_form(request, escalation, answers)
    )

    def look(asked: Asked) -> Reading:
        return preview_again(escalation_id=escalation.pk, by=person, asked=asked)

    def submit(asked: Asked) -> Escalation:
        seen_revision = form.cleaned_data["seen_revision"]
        return workflow.resubmit(escalation_id=escalation.pk, by=person, seen_revision=seen_revision, **asked)

    words = {
        "case": case,
        "readers": readers,
        "read": answers.get("read", []),
        "back": reverse("referrals:escalation", args=[escalation.pk]),
        "escalation": escalation,
        "returned": _returned(escalation, person) if escalation.state == Escalation.State.RETURNED else None,
        "read_on": partial(read_on, escalation_id=escalation.pk, by=person),
        "is_retraction": is_retraction,
    }
    return _answer(request, form, words, look=look, submit=submit)


def _answer(
    request: HttpRequest,
    form: RequestForm | RetractionForm,
    words: dict[str, Any],
    *,
    look: Callable[[Asked], Reading],
    submit: Callable[[Asked], Escalation],
) -> HttpResponse:
    """Three steps at one address: the form, the packet as it would be, and the request itself."""
    step = request.POST.get("step", "")
    words |= {"form": form}
    if step.startswith(READ) and "read_on" in words:
        words["read_on"](numbers=_turns(step.removeprefix(READ)))
        words["read"] = list(readable(words["case"], words["readers"]))
        if isinstance(form, RequestForm):
            form.offer(words["read"])
        step = "change"
    if step == "change" or not form.is_valid():
        words |= _choices(request, words, form) if isinstance(form, RequestForm) else {}
        is_wrong = form.is_bound and step != "change"
        return render(request, "referrals/ask.html", words, status=422 if is_wrong else 200)
    if step == "submit" and words["case"].is_practice and isinstance(form, RequestForm):
        return _practised(request, words["case"], form)
    if step == "submit" and _was_seen(request, form):
        escalation = submit(form.asked())
        messages.success(request, "A second person is asked now. The case is theirs until they answer.")
        return redirect("referrals:escalation", escalation.pk)
    words |= {
        "document": document(look(form.asked())),
        "redacted": _redacted(form),
        "reasons": EscalationVersion.Redaction.choices,
        "not_seen": step == "submit",
    }
    return render(request, "referrals/preview.html", words)


def _practised(request: HttpRequest, case: Case, form: RequestForm) -> HttpResponse:
    """Practice ends here: that they would escalate is their answer, and nobody is asked anything."""
    said = {
        "case_id": case.pk,
        "by": signed_in(request),
        "disposition": Decision.Disposition.ESCALATE,
        "seen_revision": form.cleaned_data["seen_revision"],
    }
    if case.in_test:
        answer_in_test(**said)
        messages.info(request, f"{case.reference} is answered. It was practice: nobody is asked anything.")
        return redirect("review:practice")
    answer = answer_golden(**said)
    return redirect("review:golden_answer", answer.pk)


def _turns(words: str) -> list[int]:
    """“5-9” as the numbers of turns, no more of them than are revealed at once."""
    first, _, last = words.partition("-")
    if not (first.isdecimal() and last.isdecimal() and len(first) < 8 and len(last) < 8):
        return []
    return list(range(int(first), min(int(last), int(first) + REVEALED_AT_ONCE - 1) + 1))


def _was_seen(request: HttpRequest, form: RequestForm | RetractionForm) -> bool:
    """Whether the packet on the page was the one with these redactions: nobody asks for what they did not see."""
    return request.POST.get("redacted_seen", "") == _redacted(form)


def _redacted(form: RequestForm | RetractionForm) -> str:
    return ",".join(f"{number}:{reason}" for number, reason in form.cleaned_data["redactions"].items())


def _returned(escalation: Escalation, person: User) -> Entry:
    """The answer that sent it back."""
    history = read_history(escalation_id=escalation.pk, by=person)
    return next(entry for entry in reversed(history) if entry.act.startswith("returned"))


def _questions(case: Case, readers: Collection[int]) -> dict[str, Question]:
    return {**about_request(case), "read": readable(case, readers)}


def _form(
    request: HttpRequest,
    case: Case,
    *,
    initial: dict[str, Any],
    answers: Mapping[str, Sequence[Any]],
    follows: EscalationVersion | None = None,
) -> RequestForm:
    return RequestForm(request.POST or None, case=case, answers=answers, initial=initial, follows=follows)


def _next_form(
    request: HttpRequest, escalation: Escalation, answers: Mapping[str, Sequence[Any]]
) -> RequestForm:
    follows = followed(escalation).approval.escalation.current if escalation.is_follow_up else None
    initial = {**initial_of(escalation.current), "seen_revision": escalation.case.conversation.revision}
    return _form(request, escalation.case, initial=initial, answers=answers, follows=follows)


def _retraction_form(request: HttpRequest, escalation: Escalation) -> RetractionForm:
    version = escalation.current
    initial = {"grounds": open_grounds(version), "seen_revision": escalation.case.conversation.revision}
    return RetractionForm(request.POST or None, version=version, initial=initial)


def _choices(request: HttpRequest, words: dict[str, Any], form: RequestForm) -> dict[str, Any]:
    case, ticked = words["case"], form["evidence"].value() or []
    choices = read_choices(case=case, by=signed_in(request), messages=words["read"])
    last, count = choices[-1].message.number if choices else 0, case.conversation.message_count
    return {
        "choices": choices,
        "unread_after": not_revealed(count - last) if choices else "",
        "unread_last": f"{last + 1}-{count}",
        "may_read_on": "read_on" in words,
        "proposal": _proposal(words, form),
        "ticked": {int(number) for number in ticked if str(number).isdecimal()},
    }


def _proposal(words: dict[str, Any], form: RequestForm) -> str:
    escalation = words.get("escalation")
    if escalation is not None and escalation.is_follow_up:
        return "It goes where the packet went that it names."
    return " ".join(dict.fromkeys(proposal.why for proposal in form.proposals.values()))


def _seen_revision(request: HttpRequest, case: Case) -> int:
    """The case page says which revision they read; it may be older than today's."""
    revision, seen = case.conversation.revision, request.GET.get("seen", "")
    return min(int(seen), revision) if seen.isdecimal() else revision
