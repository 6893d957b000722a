"""The operator's allow-list of agencies and hotlines: an admin keeps it and sees no evidence here."""

from copy import copy

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from referrals import recipients
from referrals.models import Recipient
from referrals.recipient_forms import RecipientForm
from referrals.recipient_words import changes_in_words, facts_of, lines_of_changes

SHOWN = 50


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    return render(request, "referrals/recipients.html", {"recipients": Recipient.objects.all()})


@access(Role.ADMIN)
@require_GET
def show(request: HttpRequest, recipient_id: int) -> HttpResponse:
    recipient = get_object_or_404(Recipient, pk=recipient_id)
    changes = recipient.changes.select_related("changed_by").order_by("-revision")[:SHOWN]
    words = {"recipient": recipient, "facts": facts_of(recipient), "changes": lines_of_changes(changes)}
    return render(request, "referrals/recipient.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = RecipientForm(request.POST or None)
    if form.is_valid():
        recipient = recipients.add_recipient(
            by=signed_in(request), reason=form.cleaned_data["reason_text"], **form.values()
        )
        messages.success(request, f"{recipient} is on the list. Moderators can choose it now.")
        return redirect("referrals:recipient", recipient.pk)
    words = {"form": form, "here": "New"}
    return render(request, "referrals/recipient_form.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, recipient_id: int) -> HttpResponse:
    """The first POST shows before and after; the second, with `confirmed`, changes."""
    recipient = get_object_or_404(Recipient, pk=recipient_id)
    form = RecipientForm(request.POST or None, instance=copy(recipient))
    words = {"recipient": recipient, "form": form, "here": "Change"}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "referrals/recipient_form.html", words, status=status)
    if "confirmed" not in request.POST:
        fields = recipients.changed_fields(recipient, form.values())
        words |= {"changes": changes_in_words(fields)}
        return render(request, "referrals/recipient_review.html", words)
    recipients.change_recipient(
        recipient_id=recipient.pk,
        by=signed_in(request),
        reason=form.cleaned_data["reason_text"],
        seen_revision=form.cleaned_data["seen_revision"] or 0,
        **form.values(),
    )
    messages.success(request, "Changed. A supervisor sees it before the next delivery.")
    return redirect("referrals:recipient", recipient.pk)
