"""Beginning what comes after a sealed packet: a supplement, or a retraction."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access, may
from accounts.roles import Role
from accounts.signed_in import signed_in
from referrals.follow_policies import check_can_be_followed
from referrals.following import begin
from referrals.forms import FollowForm
from referrals.models import Escalation
from referrals.permissions import get_packet_to_follow

Relation = Escalation.Relation


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def supplement(request: HttpRequest, packet_id: int) -> HttpResponse:
    return _begin(request, packet_id, Relation.SUPPLEMENTS)


@access(Role.MODERATOR)
@require_http_methods(["GET", "POST"])
def retract(request: HttpRequest, packet_id: int) -> HttpResponse:
    return _begin(request, packet_id, Relation.RETRACTS)


def _begin(request: HttpRequest, packet_id: int, relation: Relation) -> HttpResponse:
    """Nobody is asked yet: the next page is where it is completed and submitted."""
    person = signed_in(request)
    packet = get_packet_to_follow(person, packet_id)
    form = FollowForm(request.POST or None)
    if form.is_valid():
        grounds = form.cleaned_data["grounds"]
        escalation = begin(packet_id=packet.pk, by=person, relation=relation, grounds=grounds)
        messages.success(request, f"The {escalation.what} is begun. Nobody is asked yet: complete it here.")
        return redirect("referrals:resubmit", escalation.pk)
    can, why_not = may(check_can_be_followed, packet, relation=relation)
    words = {
        "packet": packet,
        "approval": packet.approval,
        "case": packet.approval.escalation.case,
        "recipient": packet.approval.escalation.current.recipient,
        "relation": relation,
        "what": relation.label.lower(),
        "form": form,
        "can": can,
        "why_not": why_not,
    }
    return render(request, "referrals/follow.html", words, status=422 if form.is_bound else 200)
