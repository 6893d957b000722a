"""A new policy: filled in, read beside the one in force, then set."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import onboarding
from licensees.forms import PolicyForm
from licensees.models import Licensee, Policy


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def set_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """The first POST shows before and after; the second, with `confirmed`, sets."""
    licensee = get_object_or_404(Licensee, slug=slug)
    current = Policy.objects.in_force(licensee.pk)
    form = PolicyForm(request.POST or None, current=current)
    words = {"licensee": licensee, "form": form, "policy": current}
    if not form.is_valid():
        return render(request, "licensees/policy.html", words, status=422 if form.is_bound else 200)
    if "confirmed" not in request.POST:
        return render(request, "licensees/policy_review.html", words)
    onboarding.set_policy(
        licensee=licensee,
        by=signed_in(request),
        reason=form.cleaned_data["reason_text"],
        instead_of=form.cleaned_data["seen"],
        **form.values(),
    )
    messages.success(request, "The new policy is in force. It counts for what is scored from now on.")
    return redirect("licensees:detail", slug)
