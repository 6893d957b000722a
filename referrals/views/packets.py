"""A sealed packet: what it is, whose hands it passed through, and taking it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access, may
from accounts.roles import Role
from accounts.signed_in import signed_in
from audit.models import AuditEvent
from audit.verbs import Verb
from audit.words import lines_of
from referrals import workflow
from referrals.models import Packet
from referrals.packet_layout import folder_of
from referrals.permissions import check_may_download, get_packet_for

HANDS = [
    Verb.ESCALATION_REQUESTED,
    Verb.ESCALATION_RESUBMITTED,
    Verb.ESCALATION_RETURNED,
    Verb.PACKET_VIEWED,
    Verb.ESCALATION_APPROVED,
    Verb.PACKET_SEALED,
    Verb.PACKET_DOWNLOADED,
]


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, packet_id: int) -> HttpResponse:
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    escalation = packet.approval.escalation
    may_download, why_not = may(check_may_download, person, packet)
    words = {
        "packet": packet,
        "approval": packet.approval,
        "escalation": escalation,
        "case": escalation.case,
        "recipient": escalation.current.recipient,
        "deliveries": packet.deliveries.select_related("delivered_by", "recipient"),
        "custody": custody_of(packet),
        "may_download": may_download,
        "why_not": why_not,
    }
    return render(request, "referrals/packet.html", words)


@access(Role.SUPERVISOR)
@require_POST
def download(request: HttpRequest, packet_id: int) -> HttpResponse:
    """The one POST that does not redirect: its answer is the file."""
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    archive = workflow.download(packet_id=packet.pk, by=person)
    name = folder_of(packet.approval.escalation.case.reference)
    return HttpResponse(
        archive,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )


def custody_of(packet: Packet) -> list[dict[str, Any]]:
    """Every hand, oldest first, from the trail: who did what, and the digest that they had before them."""
    escalation = packet.approval.escalation
    ids = {("escalation", str(escalation.pk)), ("packet", str(packet.pk))}
    events = AuditEvent.objects.filter(case_reference=escalation.case.reference, verb__in=HANDS)
    own = [event for event in events.order_by("case_sequence") if (event.object_type, event.object_id) in ids]
    lines = lines_of(own, licensees=[escalation.case.licensee])
    return [{"line": line, "digest": _digest(line.event.payload)} for line in lines]


def _digest(payload: dict[str, Any]) -> str:
    return str(payload.get("archive_digest") or payload.get("digest") or "")
