"""Deliveries: release one, see how it stands and what its journal tells, and do what only a person may do."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import access, asked_by_the_page, may
from accounts.roles import Role
from accounts.signed_in import signed_in
from licensees.assignments import licensees_served_by
from referrals import delivering, journal
from referrals.checklists import KEYS, PORTAL
from referrals.delivery_forms import (
    ArrivalForm,
    FeedbackForm,
    HoldForm,
    PortalReleaseForm,
    ReleaseForm,
    WhyForm,
    arrival_initial,
)
from referrals.delivery_permissions import check_may_act_on, check_may_deliver, get_delivery_for
from referrals.delivery_policies import (
    changes_to_read,
    check_can_be_given_up,
    check_can_be_released,
    check_can_go_on,
)
from referrals.delivery_words import (
    lines_of_journal,
    names_of,
    next_of,
    progress_of,
    state_of,
)
from referrals.models import Delivery, Packet, Recipient
from referrals.permissions import get_packet_for
from referrals.recipient_words import facts_of, lines_of_changes
from scoring.preservation import held_until

SHOWN = 100
# report, two calls for each of two files, finish.
State = Delivery.State
Transport = Recipient.Transport
LISTS = {
    "open": ("For a person", Q(state__in=[State.UNKNOWN, State.FAILED, State.WITH_PERSON])),
    "way": ("On the way", Q(state__in=[State.RELEASED, State.SENDING])),
    "over": ("Handed over", Q(state=State.DELIVERED)),
    "arrived": ("Acknowledged", Q(state=State.ACKNOWLEDGED)),
    "ended": ("Given up", Q(state=State.GIVEN_UP)),
}


@access(Role.SUPERVISOR)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    """Of the licensees that this person supervises; what waits for a person stands first."""
    licensees = licensees_served_by(signed_in(request), Role.SUPERVISOR)
    found = Delivery.objects.filter(packet__approval__escalation__case__licensee__in=licensees)
    shown = request.GET.get("show", "")
    shown = shown if shown in LISTS else "open"
    tabs = [
        {
            "label": label,
            "url": f"?show={name}",
            "current": name == shown,
            "count": _count(name, found, which),
        }
        for name, (label, which) in LISTS.items()
    ]
    rows = found.filter(LISTS[shown][1]).select_related(
        "recipient", "released_by", "packet__approval__escalation__case__licensee"
    )
    listed = rows.defer("packet__archive_sealed").order_by("-released_at", "-pk")[:SHOWN]
    lines = [{"delivery": delivery, "state": state_of(delivery)} for delivery in listed]
    return render(request, "referrals/deliveries.html", {"tabs": tabs, "rows": lines, "shown": shown})


def _count(name: str, found: QuerySet[Delivery], which: Q) -> int | None:
    return found.filter(which).count() if name in ("open", "way") else None


@access(Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, packet_id: int) -> HttpResponse:
    """The page says where it goes, how, and what was changed there; the POST releases."""
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    check_may_deliver(person, packet)
    version = packet.approval.escalation.current
    recipient = version.recipient
    form = _release_form(request, recipient, priority=version.priority)
    if form.is_valid():
        delivery = delivering.release_packet(
            packet_id=packet.pk,
            by=person,
            seen_revision=form.cleaned_data["seen_revision"],
            priority=form.cleaned_data.get("priority"),
        )
        messages.success(request, _released_words(delivery))
        return redirect("referrals:delivery", delivery.pk)
    status = 422 if form.is_bound else 200
    words = _release_words(packet, recipient, form)
    return render(request, "referrals/release.html", words, status=status)


def _release_form(request: HttpRequest, recipient: Recipient, *, priority: int | None) -> ReleaseForm:
    """The priority that the request named stands first; a person still chooses it here."""
    kind = PortalReleaseForm if recipient.transport == Transport.CHECKLIST else ReleaseForm
    initial = {"seen_revision": recipient.revision, "priority": priority}
    return kind(request.POST or None, initial=initial)


def _release_words(packet: Packet, recipient: Recipient, form: ReleaseForm) -> dict[str, Any]:
    can, why_not = may(check_can_be_released, packet, recipient, seen_revision=recipient.revision, priority=1)
    escalation = packet.approval.escalation
    return {
        "packet": packet,
        "escalation": escalation,
        "case": escalation.case,
        "recipient": recipient,
        "facts": facts_of(recipient),
        "changes": lines_of_changes(changes_to_read(recipient)),
        "form": form,
        "can": can,
        "why_not": why_not,
        "is_portal": recipient.transport == Transport.CHECKLIST,
    }


def _released_words(delivery: Delivery) -> str:
    if delivery.is_sent:
        return f"Released for {delivery.recipient}. A worker takes it now; this page tells how far it is."
    return f"It is in your hands. Record the reference that {delivery.recipient} gives."


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, delivery_id: int) -> HttpResponse:
    person = signed_in(request)
    delivery = get_delivery_for(person, delivery_id)
    return _page(request, delivery)


@access(Role.MODERATOR, Role.SUPERVISOR)
@asked_by_the_page
@require_GET
def progress(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """For htmx, while it is on its way; when that is over the whole page is drawn again."""
    delivery = get_delivery_for(signed_in(request), delivery_id)
    lines = journal.read(delivery)
    words = {"delivery": delivery, **_where_it_is(delivery, lines)}
    answer = render(request, "referrals/_delivery_next.html", words)
    if not words["reloads"]:
        answer["HX-Refresh"] = "true"
    return answer


def _where_it_is(delivery: Delivery, lines: list[journal.Line]) -> dict[str, Any]:
    return {
        "next": next_of(delivery, lines),
        "progress": progress_of(delivery, lines),
        "reloads": delivery.state in (State.RELEASED, State.SENDING),
    }


def _page(request: HttpRequest, delivery: Delivery, *, status: int = 200, **forms: Any) -> HttpResponse:
    entries = sorted(delivery.journal.all(), key=lambda entry: entry.number)
    lines = [_as_line(entry) for entry in entries]
    escalation = delivery.packet.approval.escalation
    may_act, why_not = may(check_may_act_on, signed_in(request), delivery)
    words = {
        "delivery": delivery,
        "packet": delivery.packet,
        "escalation": escalation,
        "case": escalation.case,
        "recipient": delivery.recipient,
        "state": state_of(delivery),
        "journal": lines_of_journal(delivery, entries, names_of(entries, known=delivery.released_by)),
        "receipts": delivery.receipts.select_related("recorded_by"),
        "feedback": delivery.feedback.select_related("recorded_by"),
        "held_until": held_until(escalation.case.conversation_id),
        "checklist": _checklist(delivery, entries),
        "may_act": may_act,
        "why_not": why_not,
        **_where_it_is(delivery, lines),
        **_acts(delivery),
        **_forms(delivery),
        **forms,
    }
    return render(request, "referrals/delivery.html", words, status=status)


def _as_line(entry: Any) -> journal.Line:
    return journal.Line(entry.attempt, entry.step, entry.kind, entry.facts)


def _acts(delivery: Delivery) -> dict[str, Any]:
    """What can be done now; the sentence is the one that the verb itself would refuse with."""
    can_go_on, no_going_on = may(check_can_go_on, delivery)
    can_give_up, no_giving_up = may(check_can_be_given_up, delivery)
    waits = delivery.state in (State.UNKNOWN, State.FAILED)
    return {
        "waits": waits,
        "can_go_on": can_go_on,
        "no_going_on": no_going_on,
        "can_give_up": can_give_up,
        "no_giving_up": no_giving_up,
        "can_give_up_shown": delivery.is_open and delivery.state != State.SENDING,
        "can_arrive": delivery.state in (State.UNKNOWN, State.WITH_PERSON, State.DELIVERED),
        "can_hear": delivery.state in (State.DELIVERED, State.ACKNOWLEDGED),
        "can_hold": delivery.state == State.ACKNOWLEDGED,
    }


def _forms(delivery: Delivery) -> dict[str, Any]:
    return {
        "why_form": WhyForm(auto_id="why_%s"),
        "arrival_form": ArrivalForm(initial=arrival_initial(), auto_id="arrival_%s"),
        "feedback_form": FeedbackForm(auto_id="feedback_%s"),
        "hold_form": HoldForm(auto_id="hold_%s"),
    }


def _checklist(delivery: Delivery, entries: list[Any]) -> list[dict[str, Any]]:
    if delivery.transport != Transport.CHECKLIST:
        return []
    done = {entry.step: entry for entry in entries}
    return [{"item": item, "done": done.get(item.key)} for item in PORTAL]


# --- Acts ----------------------------------------------------------------------------------------


@access(Role.SUPERVISOR)
@require_POST
def go_on(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = get_delivery_for(signed_in(request), delivery_id)
    delivering.go_on(delivery_id=delivery.pk, by=signed_in(request), reason=_reason(request))
    messages.success(
        request, "It goes on with the same report. What their server answers stands in the journal."
    )
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def start_anew(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = get_delivery_for(signed_in(request), delivery_id)
    delivering.start_anew(delivery_id=delivery.pk, by=signed_in(request), reason=_reason(request))
    messages.success(request, "It starts anew. Whatever is open there is taken back first.")
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def give_up(request: HttpRequest, delivery_id: int) -> HttpResponse:
    delivery = get_delivery_for(signed_in(request), delivery_id)
    delivering.give_up(delivery_id=delivery.pk, by=signed_in(request), reason=_reason(request))
    messages.success(request, "Given up. The packet can be delivered again from its page.")
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def mark_arrived(request: HttpRequest, delivery_id: int) -> HttpResponse:
    person = signed_in(request)
    delivery = get_delivery_for(person, delivery_id)
    form = ArrivalForm(request.POST, auto_id="arrival_%s")
    if not form.is_valid():
        return _page(request, delivery, status=422, arrival_form=form)
    cleaned = form.cleaned_data
    arrived_at: datetime = cleaned["arrived_at"]
    delivering.mark_arrived(
        delivery_id=delivery.pk,
        by=person,
        reference=cleaned["reference"],
        arrived_at=arrived_at,
        reason=cleaned["reason_text"],
    )
    messages.success(request, "Recorded. From now on the evidence is held; no job can delete it.")
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def check(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """An item of the checklist is done."""
    person = signed_in(request)
    delivery = get_delivery_for(person, delivery_id)
    key = request.POST.get("item", "")
    if key in KEYS:
        words = next(item.words for item in PORTAL if item.key == key)
        delivering.note(delivery_id=delivery.pk, by=person, words=words, item=key)
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def hear(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Feedback of the recipient."""
    person = signed_in(request)
    delivery = get_delivery_for(person, delivery_id)
    form = FeedbackForm(request.POST, auto_id="feedback_%s")
    if not form.is_valid():
        return _page(request, delivery, status=422, feedback_form=form)
    delivering.record_feedback(
        delivery_id=delivery.pk,
        by=person,
        outcome=form.cleaned_data["outcome"],
        words=form.cleaned_data["reason_text"],
    )
    messages.success(request, "Recorded with the case.")
    return redirect("referrals:delivery", delivery.pk)


@access(Role.SUPERVISOR)
@require_POST
def keep_longer(request: HttpRequest, delivery_id: int) -> HttpResponse:
    person = signed_in(request)
    delivery = get_delivery_for(person, delivery_id)
    form = HoldForm(request.POST, auto_id="hold_%s")
    if not form.is_valid():
        return _page(request, delivery, status=422, hold_form=form)
    delivering.keep_longer(
        delivery_id=delivery.pk, by=person, until=form.end(), reason=form.cleaned_data["reason_text"]
    )
    messages.success(request, "The hold is extended, with your reason.")
    return redirect("referrals:delivery", delivery.pk)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason_text", "")
