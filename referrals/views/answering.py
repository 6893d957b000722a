"""A person's answer to an escalation: one form, one verb, one redirect each."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import step_up
from accounts.access import access
from accounts.addresses import address_of
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from audit.transitions import NotPossible
from referrals import requests, workflow
from referrals.confirming import NotConfirmed, confirm, purpose_of
from referrals.forms import OwnerForm
from referrals.models import Escalation
from referrals.permissions import get_escalation_for, possible_owners
from referrals.request_policies import get_request_for
from referrals.views.escalations import escalation_page


@access(Role.SUPERVISOR)
@require_POST
def approve(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    try:
        confirmed_at = _confirmed_at(request, person, escalation)
    except NotConfirmed as refusal:
        return escalation_page(request, escalation, not_confirmed=refusal.sentence)
    packet = workflow.approve(
        escalation_id=escalation.pk,
        by=person,
        packet_digest=request.POST.get("packet_digest", ""),
        typed_reference=request.POST.get("typed_reference", ""),
        confirmed_at=confirmed_at,
    )
    step_up.forget(request.session, purpose=purpose_of(escalation))
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


@access(Role.SUPERVISOR)
@require_POST
def reassign(request: HttpRequest, escalation_id: int) -> HttpResponse:
    person = signed_in(request)
    escalation = get_escalation_for(person, escalation_id)
    form = OwnerForm(request.POST, people=possible_owners(escalation))
    if not form.is_valid():
        raise NotPossible("Choose the new owner, and why it gets one.", about=escalation.about())
    to = User.objects.get(pk=form.cleaned_data["owner"])
    workflow.reassign(escalation_id=escalation.pk, by=person, to=to, reason=form.cleaned_data["why"])
    messages.success(request, f"{to} owns it now. Everything was kept.")
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


@access(Role.SUPERVISOR)
@require_POST
def answer_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """What a recipient asked for after the delivery."""
    person = signed_in(request)
    asked = get_request_for(person, request_id)
    requests.answer_request(request_id=asked.pk, by=person, words=_reason(request))
    messages.success(request, f"Recorded: {asked.recipient} has an answer.")
    return redirect("referrals:escalation", asked.escalation_id)


def _confirmed_at(request: HttpRequest, person: User, escalation: Escalation) -> datetime | None:
    """From the password in this very form, or from what this session confirmed for this escalation just now."""
    purpose = purpose_of(escalation)
    secret = request.POST.get("password", "")
    if secret:
        at = confirm(escalation_id=escalation.pk, by=person, secret=secret, address=address_of(request))
        step_up.remember(request.session, purpose=purpose, at=at)
    return step_up.confirmed_at(request.session, purpose=purpose, now=timezone.now())


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason_text", "")
