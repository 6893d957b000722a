"""API keys: issued with a secret that is shown once, and revoked."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import onboarding
from licensees.forms import KeyForm
from licensees.models import ApiKey, Licensee
from licensees.models.api_key import BOTH_LIVE


@access(Role.ADMIN)
@asks_again(Purpose.KEYS)
@require_http_methods(["GET", "POST"])
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """The secret is in the answer to this one POST and nowhere else: no redirect, session or message carries it."""
    licensee = get_object_or_404(Licensee, slug=slug)
    form = KeyForm(request.POST or None, licensee=licensee)
    words = {"licensee": licensee, "form": form}
    if not form.is_valid():
        return render(request, "licensees/issue_key.html", words, status=422 if form.is_bound else 200)
    person = signed_in(request)
    is_signed = form.cleaned_data.pop("is_signed")
    key, secret = onboarding.issue_key(licensee=licensee, by=person, created_by=person, **form.cleaned_data)
    return _issued(request, key, secret, is_signed=is_signed)


@access(Role.ADMIN)
@asks_again(Purpose.KEYS)
@require_http_methods(["GET", "POST"])
def rotate(request: HttpRequest, slug: str, key_id: int) -> HttpResponse:
    """The new secret is in the answer to this one POST and nowhere else."""
    old = get_object_or_404(ApiKey.objects.select_related("licensee"), pk=key_id, licensee__slug=slug)
    if request.method == "GET":
        words = {"licensee": old.licensee, "key": old, "days": BOTH_LIVE.days}
        return render(request, "licensees/rotate_key.html", words)
    key, secret = onboarding.rotate_key(key_id=old.pk, by=signed_in(request))
    return _issued(request, key, secret, is_signed=old.is_signed)


def _issued(request: HttpRequest, key: ApiKey, secret: str, *, is_signed: bool) -> HttpResponse:
    signing = onboarding.sign_calls_of(key=key, by=signed_in(request)) if is_signed else ""
    words = {"licensee": key.licensee, "key": key, "secret": secret, "signing_secret": signing}
    return render(request, "licensees/key_issued.html", words)


@access(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def revoke(request: HttpRequest, slug: str, key_id: int) -> HttpResponse:
    key = get_object_or_404(ApiKey.objects.select_related("licensee"), pk=key_id, licensee__slug=slug)
    if request.method == "GET":
        return render(request, "licensees/revoke_key.html", {"licensee": key.licensee, "key": key})
    onboarding.revoke_key(key_id=key.pk, by=signed_in(request))
    messages.success(request, f"The key “{key.label}” is revoked. Requests that come with it are refused.")
    return redirect("licensees:detail", slug)
