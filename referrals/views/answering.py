"""A person's answer to an escalation: one form, one verb, one redirect each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from referrals import workflow
from referrals.permissions import get_escalation_for


@access(Role.SUPERVISOR)
@require_POST
def approve(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    packet = workflow.approve(
        escalation_id=escalation.pk,
        by=person,
        packet_digest=request.POST.get("packet_digest", ""),
        typed_reference=request.POST.get("typed_reference", ""),
    )
    messages.success(
        request, "Approved and sealed. Nothing has left the house: download it to bring it to the recipient."
    )
    return redirect("referrals:packet", packet.pk)


@access(Role.SUPERVISOR)
@require_POST
def return_(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    workflow.return_escalation(escalation_id=escalation.pk, by=person, reason=_reason(request))
    messages.success(request, f"Returned to {escalation.requested_by}, with your reason and everything kept.")
    return redirect("referrals:escalation", escalation.pk)


@access(Role.SUPERVISOR)
@require_POST
def decline(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    workflow.decline(escalation_id=escalation.pk, by=person, reason=_reason(request))
    messages.success(
        request, f"Declined. {escalation.case.reference} is back in the queue for another judgement."
    )
    return redirect("referrals:escalation", escalation.pk)


@access(Role.MODERATOR)
@require_POST
def withdraw(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    workflow.withdraw(escalation_id=escalation.pk, by=person, reason=_reason(request))
    messages.success(
        request, f"Withdrawn. {escalation.case.reference} is back in the queue for another judgement."
    )
    return redirect("referrals:escalation", escalation.pk)


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason_text", "")
