"""A sealed packet: what it is, whose hands it passed through, and taking it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import access, may
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from audit.words import lines_of
from referrals import delivering
from referrals.custody import digests_of, events_of
from referrals.delivery_words import state_of
from referrals.models import Packet, Recipient
from referrals.packet_layout import folder_of
from referrals.permissions import check_may_download, check_may_follow, get_packet_for
from referrals.views.escalations import state_of as state_of_escalation
from scoring.preservation import held_until


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, packet_id: int) -> HttpResponse:
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    escalation = packet.approval.escalation
    recipient = escalation.current.recipient
    deliveries = list(packet.deliveries.select_related("released_by", "recipient"))
    may_download, why_not = may(check_may_download, person, packet)
    may_follow, _ = may(check_may_follow, person, packet)
    follow_ups = list(packet.follow_ups.order_by("requested_at"))
    words = {
        "packet": packet,
        "approval": packet.approval,
        "escalation": escalation,
        "case": escalation.case,
        "recipient": recipient,
        "deliveries": [{"delivery": one, "state": state_of(one)} for one in deliveries],
        "follow_ups": [{"escalation": one, "state": state_of_escalation(one)} for one in follow_ups],
        "is_retracted": any(one.relation == "retracts" and one.state == "sealed" for one in follow_ups),
        "is_followed": any(one.is_live for one in follow_ups),
        "may_follow": may_follow,
        "live": next((one for one in deliveries if one.is_the_one), None),
        "is_sent": recipient.transport in Recipient.RELEASED_ONCE,
        "is_encrypted": bool(recipient.age_keys),
        "held_until": held_until(escalation.case.conversation_id),
        "may_download": may_download,
        "why_not": why_not,
    }
    return render(request, "referrals/packet.html", words)


@access(Role.SUPERVISOR)
@asks_again(Purpose.EXPORT)
@require_POST
def download(request: HttpRequest, packet_id: int) -> HttpResponse:
    """The one POST that does not redirect: its answer is the file."""
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    archive = delivering.download(packet_id=packet.pk, by=person)
    name = name_of(packet)
    return HttpResponse(
        archive,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )


@access(Role.SUPERVISOR)
@asks_again(Purpose.EXPORT)
@require_POST
def download_encrypted(request: HttpRequest, packet_id: int) -> HttpResponse:
    """As the archive, for the holders of the recipient's keys only."""
    person = signed_in(request)
    packet = get_packet_for(person, packet_id)
    data = delivering.download_encrypted(packet_id=packet.pk, by=person)
    name = name_of(packet)
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip.age"'},
    )


def name_of(packet: Packet) -> str:
    """What follows a packet is not called as it is: both may lie in one folder of the recipient's."""
    escalation = packet.approval.escalation
    name = folder_of(escalation.case.reference)
    return f"{name}-{escalation.what}-{packet.archive_digest[:8]}" if escalation.is_follow_up else name


@access(Role.MODERATOR, Role.SUPERVISOR)
@require_GET
def custody(request: HttpRequest, packet_id: int) -> HttpResponse:
    """Every hand that the packet passed through, to be printed and handed on."""
    packet = get_packet_for(signed_in(request), packet_id)
    escalation = packet.approval.escalation
    words = {
        "packet": packet,
        "escalation": escalation,
        "case": escalation.case,
        "recipient": escalation.current.recipient,
        "custody": custody_of(packet),
    }
    return render(request, "referrals/custody.html", words)


def custody_of(packet: Packet) -> list[dict[str, Any]]:
    """Every hand, oldest first, in words: who did what, and the digest before and after them."""
    escalation = packet.approval.escalation
    events = events_of(escalation)
    lines = lines_of(events, licensees=[escalation.case.licensee])
    return [{"line": line, "digests": pair} for line, pair in zip(lines, digests_of(events), strict=True)]
