"""The escalations that wait for somebody, one of them to read and answer, and its panel on the case page."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import step_up
from accounts.access import access, may
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from licensees.assignments import licensees_served_by, serves
from referrals.comparison import Change, changes_between
from referrals.completeness import changed_meanwhile, checks, missing_from
from referrals.confirming import purpose_of
from referrals.forms import ApprovalForm, OwnerForm, ReasonForm
from referrals.models import Escalation, EscalationVersion, Packet
from referrals.opening import open_escalation
from referrals.permissions import (
    check_may_approve,
    check_may_withdraw,
    get_escalation_for,
    possible_owners,
    supervises,
    who_can_answer,
)
from referrals.policies import what_happened
from referrals.reading import Reading
from referrals.standing import ended, overdue, standings, undelivered
from referrals.submission import submission_of
from referrals.views.document import document
from review.models import Case
from review.permissions import get_case_for
from review.timeline import in_words

SHOWN = 100
State = Escalation.State
TONES = {
    State.PREPARED: "held",
    State.REQUESTED: "waiting",
    State.RETURNED: "held",
    State.DECLINED: "stopped",
    State.WITHDRAWN: "stopped",
    State.APPROVED: "active",
    State.SEALED: "done",
}
WITH_ASKER = (State.PREPARED, State.RETURNED)
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
    return escalation_page(request, get_escalation_for(signed_in(request), escalation_id))


def escalation_page(request: HttpRequest, escalation: Escalation, *, not_confirmed: str = "") -> HttpResponse:
    """The escalation as this person may see it; with a sentence where they failed to show that it is they."""
    person = signed_in(request)
    opened = open_escalation(escalation, by=person)
    words = {
        "escalation": escalation,
        "case": escalation.case,
        "state": state_of(escalation),
        "due": due_of(opened.standing.due_at),
        "standing": opened.standing,
        "told": opened.told,
        "email_works": bool(settings.EMAIL_HOST),
        "what_happened": what_happened(escalation),
        "history": opened.history,
        "not_confirmed": not_confirmed,
        "is_confirmed": _is_confirmed(request, escalation),
        **_acts(person, escalation),
    }
    if escalation.state == State.SEALED:
        words |= {
            "feedback": opened.feedback,
            "asked_for_more": opened.asked_for_more,
            "may_answer_request": supervises(person, escalation),
        }
    if opened.reading is not None:
        words |= _packet(request, person, escalation, opened.reading)
    return render(request, "referrals/escalation.html", words, status=422 if not_confirmed else 200)


def _is_confirmed(request: HttpRequest, escalation: Escalation) -> bool:
    purpose, now = purpose_of(escalation), timezone.now()
    return step_up.confirmed_at(request.session, purpose=purpose, now=now) is not None


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
    words = {"rows": rows, "followable": _followable(person, case)}
    return render(request, "referrals/_panel.html", words)


def _followable(person: User, case: Case) -> int | None:
    """The packet that a moderator of the licensee can add to or take back: the first of the case."""
    if case.state != Case.State.REFERRED or not serves(person, case.licensee_id, Role.MODERATOR):
        return None
    packets = Packet.objects.filter(approval__escalation__case=case, approval__escalation__follows=None)
    return packets.values_list("pk", flat=True).first()


def state_of(escalation: Escalation) -> dict[str, str]:
    state = State(escalation.state)
    return {"label": WORDS.get(state, state.label.lower()), "tone": TONES[state]}


def due_of(due_at: datetime | None, *, now: datetime | None = None) -> dict[str, Any] | None:
    if due_at is None:
        return None
    left = due_at - (now or timezone.now())
    is_late = left.total_seconds() < 0
    label = f"{in_words(-left)} late" if is_late else f"due in {in_words(left)}"
    return {"label": label, "late": is_late, "at": due_at}


def _acts(person: User, escalation: Escalation) -> dict[str, Any]:
    """What this person may do here; the sentence is the one that the verb itself would refuse with."""
    may_approve, why_not = may(check_may_approve, person, escalation)
    is_requester, _ = may(check_may_withdraw, person, escalation)
    return {
        "may_answer": may_approve and escalation.state == State.REQUESTED,
        "may_only_decline": may_approve and escalation.state in WITH_ASKER,
        "why_not": why_not,
        "who_can": who_can_answer(escalation),
        "may_withdraw": is_requester and escalation.is_live,
        "may_resubmit": is_requester and escalation.state in WITH_ASKER,
        "may_reassign": supervises(person, escalation) and escalation.is_live,
        "owner_form": OwnerForm(people=possible_owners(escalation)) if escalation.is_live else None,
        "reason_form": ReasonForm(),
    }


def _packet(request: HttpRequest, person: User, escalation: Escalation, reading: Reading) -> dict[str, Any]:
    version = escalation.current
    since = _since(request, version)
    return {
        "document": document(reading),
        "shown_change": reading.changed_since_read if supervises(person, escalation) else "",
        "since": since,
        "earlier": range(version.number - 1, 0, -1),
        "stated": sum(check.is_stated for check in checks(reading.content)),
        "asked_for": len(checks(reading.content)),
        "version": version,
        "recipient": version.recipient,
        "evidence": reading.content.evidence_numbers,
        "changed_meanwhile": changed_meanwhile(reading.content),
        "missing": missing_from(reading.content),
        "changes": _changes(version, since),
        "approval_form": ApprovalForm(initial={"packet_digest": reading.draft.digest}),
    }


def _since(request: HttpRequest, version: EscalationVersion) -> int:
    """The earlier version to compare with, as the address says; the one before, where it says nothing."""
    since = request.GET.get("since", "")
    is_earlier = since.isdecimal() and 1 <= int(since) < version.number
    return int(since) if is_earlier else version.number - 1


def _changes(version: EscalationVersion, since: int) -> list[Change]:
    if version.number == 1:
        return []
    before = version.escalation.version(since)
    return changes_between(submission_of(before), submission_of(version))


def _lists(person: User) -> dict[str, tuple[str, QuerySet[Escalation]]]:
    """The lists of this person, the most pressing first: {name: (label, escalations)}"""
    supervised = Q(case__licensee__in=licensees_served_by(person, Role.SUPERVISOR))
    moderated = Q(case__licensee__in=licensees_served_by(person, Role.MODERATOR))
    own = Q(requested_by=person) | Q(owner=person)
    found = Escalation.objects.select_related("case__licensee", "requested_by", "owner")
    by_due, newest = found.order_by("due_at", "id"), found.order_by("-requested_at", "-id")
    lists: dict[str, tuple[str, QuerySet[Escalation]]] = {}
    if person.has_role(Role.SUPERVISOR):
        others = by_due.filter(supervised & ~own)
        lists["waiting"] = ("Waiting for you", others.filter(state=State.REQUESTED))
        lists["returned"] = ("With who asked", by_due.filter(supervised, state__in=WITH_ASKER))
        lists["deliver"] = ("To be brought", undelivered(by_due.filter(supervised)))
        lists["overdue"] = ("Overdue", overdue(by_due.filter(supervised)))
    if person.has_role(Role.MODERATOR):
        lists["own"] = ("Yours", by_due.filter(moderated & own, state__in=Escalation.LIVE))
    lists["ended"] = ("Ended", ended(newest.filter(supervised | (moderated & own))))
    return lists


def _count(name: str, found: QuerySet[Escalation]) -> int | None:
    return None if name == "ended" else found.count()


def _rows(escalations: QuerySet[Escalation]) -> list[dict[str, Any]]:
    listed_ = list(escalations)
    versions = EscalationVersion.objects.filter(escalation__in=listed_).select_related("recipient")
    current = {(version.escalation_id, version.number): version for version in versions}
    standing = standings(listed_)
    return [
        {
            "escalation": escalation,
            "version": current[escalation.pk, escalation.version_count],
            "state": state_of(escalation),
            "due": due_of(standing[escalation.pk].due_at),
            "standing": standing[escalation.pk],
        }
        for escalation in listed_
    ]
