"""What takes two admins: what waits, what it would do, and another admin's yes or no."""

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts import entry_links
from accounts.access import access, may
from accounts.models import User
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import two_admins
from licensees.models import Proposal
from licensees.proposal_policies import check_may_be_confirmed, check_may_withdraw

SHOWN = 30
log = structlog.get_logger(__name__)


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    proposals = Proposal.objects.select_related("person", "licensee", "proposed_by", "answered_by")
    waiting = list(proposals.filter(state=Proposal.State.PROPOSED))
    answered = proposals.exclude(state=Proposal.State.PROPOSED).order_by("-answered_at", "-pk")[:SHOWN]
    return render(request, "licensees/proposals.html", {"waiting": waiting, "answered": answered})


@access(Role.ADMIN)
@require_GET
def show(request: HttpRequest, proposal_id: int) -> HttpResponse:
    found = Proposal.objects.select_related("person", "licensee", "proposed_by", "answered_by")
    proposal = get_object_or_404(found, pk=proposal_id)
    person = signed_in(request)
    may_confirm, why_not = may(check_may_be_confirmed, proposal, person)
    words = {
        "proposal": proposal,
        "facts": _facts(proposal),
        "is_open": proposal.state == Proposal.State.PROPOSED,
        "may_confirm": may_confirm,
        "why_not": why_not,
        "may_withdraw": may(check_may_withdraw, proposal, person)[0],
    }
    return render(request, "licensees/proposal.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def confirm(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Where a link was made, it is in the answer to this one POST or in one e-mail, and nowhere else."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    done = two_admins.confirm(proposal_id=proposal.pk, by=signed_in(request))
    if not done.link or done.proposal.person is None:
        messages.success(request, "Confirmed and done. Both of you stand in the trail.")
        return redirect("licensees:proposal", proposal.pk)
    person = done.proposal.person
    address = request.build_absolute_uri(reverse("enter_by_link", args=[done.link]))
    is_sent = _send(person, address)
    words = {
        "proposal": done.proposal,
        "person": person,
        "link": "" if is_sent else address,
        "days": entry_links.LASTS.days,
    }
    return render(request, "licensees/proposal_confirmed.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def decline(request: HttpRequest, proposal_id: int) -> HttpResponse:
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    reason = request.POST.get("reason_text", "")
    two_admins.decline(proposal_id=proposal.pk, by=signed_in(request), reason=reason)
    messages.success(request, "Declined. Nothing was changed.")
    return redirect("licensees:proposal", proposal.pk)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_POST
def withdraw(request: HttpRequest, proposal_id: int) -> HttpResponse:
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    two_admins.withdraw(proposal_id=proposal.pk, by=signed_in(request))
    messages.success(request, "Taken back. Nothing was changed.")
    return redirect("licensees:proposal", proposal.pk)


def _facts(proposal: Proposal) -> list[dict[str, str]]:
    facts = [
        ("What", proposal.get_kind_display()),
        ("About", proposal.whom),
        ("Signs in as", proposal.email or (proposal.person.email if proposal.person else "")),
        ("Roles now", _words(proposal.roles_before)),
        ("Roles then", _words(proposal.roles)),
        ("Proposed by", f"{proposal.proposed_by.name}, {proposal.proposed_at:%d %B %Y, %H:%M} UTC"),
        ("Why", proposal.reason),
    ]
    if proposal.answered_by is not None and proposal.answered_at is not None:
        answered = f"{proposal.answered_by.name}, {proposal.answered_at:%d %B %Y, %H:%M} UTC"
        facts.append((f"{proposal.get_state_display()} by", answered))
    return [{"label": label, "value": value} for label, value in facts if value]


def _words(roles: list[str]) -> str:
    return ", ".join(Role(name).label.lower() for name in roles)


def _send(person: User, address: str) -> bool:
    """To the person alone, where mail is set up. Where it does not go out, whoever confirmed passes the link on."""
    if not settings.EMAIL_HOST:
        return False
    words = (
        f"This link opens Artemis for you once, within {entry_links.LASTS.days} days, together with the code that "
        f"a colleague tells you:\n\n{address}\n\nIf you expected none, tell an admin."
    )
    try:
        EmailMessage(subject="Artemis: your way in", body=words, to=[person.email]).send()
    except OSError as fault:
        log.warning("entry link not mailed", fault=type(fault).__name__)
        return False
    return True
