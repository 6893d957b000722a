"""The escalations that wait for somebody, one of them to read and answer, and its panel on the case page."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import access, may
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from licensees.assignments import licensees_served_by
from referrals.comparison import Change, changes_between
from referrals.completeness import changed_meanwhile, missing_from
from referrals.forms import ApprovalForm, ReasonForm
from referrals.models import Escalation, EscalationVersion
from referrals.permissions import (
    check_may_approve,
    check_may_withdraw,
    get_escalation_for,
    supervises,
    who_can_answer,
)
from referrals.policies import what_happened
from referrals.reading import read_history, view_packet
from referrals.submission import submission_of
from referrals.views.document import document
from review.permissions import get_case_for
from review.timeline import in_words

SHOWN = 100
State = Escalation.State
TONES = {
    State.REQUESTED: "waiting",
    State.RETURNED: "held",
    State.DECLINED: "stopped",
    State.WITHDRAWN: "stopped",
    State.APPROVED: "active",
    State.SEALED: "done",
}
WORDS = {State.REQUESTED: "waits for approval", State.RETURNED: "returned to who asked"}


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    lists = _lists(person)
    shown = request.GET.get("show", "")
    shown = shown if shown in lists else next(iter(lists))
    rows = _rows(lists[shown][1][:SHOWN])
    tabs = [
        {"label": label, "url": f"?show={name}", "current": name == shown, "count": _count(name, found)}
        for name, (label, found) in lists.items()
    ]
    return render(request, "referrals/escalations.html", {"tabs": tabs, "rows": rows, "shown": shown})


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    words = {
        "escalation": escalation,
        "case": escalation.case,
        "state": state_of(escalation),
        "due": due_of(escalation),
        "what_happened": what_happened(escalation),
        "history": read_history(escalation_id=escalation.pk, by=person),
        **_acts(person, escalation),
    }
    if escalation.is_live:
        words |= _packet(person, escalation)
    return render(request, "referrals/escalation.html", words)


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """For the case page: where its escalations stand, without a word of them."""
    person = signed_in(request)
    case = get_case_for(person, reference)
    found = case.escalations.select_related("case__licensee", "requested_by", "decision").order_by(
        "-requested_at"
    )
    rows = [
        {
            "escalation": escalation,
            "state": state_of(escalation),
            "what_happened": what_happened(escalation),
            "is_open": supervises(person, escalation) or escalation.requested_by_id == person.pk,
        }
        for escalation in found
    ]
    return render(request, "referrals/_panel.html", {"rows": rows})


def state_of(escalation: Escalation) -> dict[str, str]:
    state = State(escalation.state)
    return {"label": WORDS.get(state, state.label.lower()), "tone": TONES[state]}


def due_of(escalation: Escalation, *, now: datetime | None = None) -> dict[str, Any] | None:
    if not escalation.is_live:
        return None
    left = escalation.due_at - (now or timezone.now())
    is_late = left.total_seconds() < 0
    label = f"{in_words(-left)} late" if is_late else f"due in {in_words(left)}"
    return {"label": label, "late": is_late, "at": escalation.due_at}


def _acts(person: User, escalation: Escalation) -> dict[str, Any]:
    """What this person may do here; the sentence is the one that the verb itself would refuse with."""
    may_approve, why_not = may(check_may_approve, person, escalation)
    is_requester, _ = may(check_may_withdraw, person, escalation)
    return {
        "may_answer": may_approve and escalation.state == State.REQUESTED,
        "may_only_decline": may_approve and escalation.state == State.RETURNED,
        "why_not": why_not,
        "who_can": who_can_answer(escalation),
        "may_withdraw": is_requester and escalation.is_live,
        "may_resubmit": is_requester and escalation.state == State.RETURNED,
        "reason_form": ReasonForm(),
    }


def _packet(person: User, escalation: Escalation) -> dict[str, Any]:
    reading = view_packet(escalation_id=escalation.pk, by=person)
    version = escalation.current
    return {
        "document": document(reading),
        "version": version,
        "recipient": version.recipient,
        "evidence": reading.content.evidence_numbers,
        "changed_meanwhile": changed_meanwhile(reading.content),
        "missing": missing_from(reading.content),
        "changes": _changes(version),
        "approval_form": ApprovalForm(initial={"packet_digest": reading.draft.digest}),
    }


def _changes(version: EscalationVersion) -> list[Change]:
    if version.number == 1:
        return []
    before = version.escalation.versions.get(number=version.number - 1)
    return changes_between(submission_of(before), submission_of(version))


def _lists(person: User) -> dict[str, tuple[str, QuerySet[Escalation]]]:
    """The lists of this person, the most pressing first: {name: (label, escalations)}"""
    supervised = Q(case__licensee__in=licensees_served_by(person, Role.SUPERVISOR))
    moderated = Q(case__licensee__in=licensees_served_by(person, Role.MODERATOR))
    own = Q(requested_by=person)
    found = Escalation.objects.select_related("case__licensee", "requested_by")
    by_due, newest = found.order_by("due_at", "id"), found.order_by("-requested_at", "-id")
    lists: dict[str, tuple[str, QuerySet[Escalation]]] = {}
    if person.has_role(Role.SUPERVISOR):
        others = by_due.filter(supervised & ~own)
        lists["waiting"] = ("Waiting for you", others.filter(state=State.REQUESTED))
        lists["returned"] = ("Returned", others.filter(state=State.RETURNED))
    if person.has_role(Role.MODERATOR):
        lists["own"] = ("Asked by you", by_due.filter(moderated & own, state__in=Escalation.LIVE))
    ended = newest.filter(supervised | (moderated & own)).exclude(state__in=Escalation.LIVE)
    lists["ended"] = ("Ended", ended)
    return lists


def _count(name: str, found: QuerySet[Escalation]) -> int | None:
    return None if name == "ended" else found.count()


def _rows(escalations: QuerySet[Escalation]) -> list[dict[str, Any]]:
    listed_ = list(escalations)
    versions = EscalationVersion.objects.filter(escalation__in=listed_).select_related("recipient")
    current = {(version.escalation_id, version.number): version for version in versions}
    return [
        {
            "escalation": escalation,
            "version": current[escalation.pk, escalation.version_count],
            "state": state_of(escalation),
            "due": due_of(escalation),
        }
        for escalation in listed_
    ]
