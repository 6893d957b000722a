"""How long evidence is kept: the licensees, one of them in sentences, and new terms for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from retention.forms import TermsForm
from retention.models import Terms
from retention.outlook import coming, gone, kept_by
from retention.permissions import get_licensee_for, licensees_open_to
from retention.setting import newest_terms, set_terms


@access(Role.ADMIN, Role.SUPERVISOR)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    return render(request, "retention/list.html", {"licensees": licensees_open_to(signed_in(request))})


@access(Role.ADMIN, Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, slug: str) -> HttpResponse:
    person = signed_in(request)
    licensee = get_licensee_for(person, slug)
    newest = newest_terms(licensee)
    terms = Terms.objects.in_force(licensee)
    kept = kept_by(terms)
    words = {
        "licensee": licensee,
        "terms": terms,
        "later": newest if newest is not None and newest.pk != terms.pk else None,
        "kept": kept,
        "bars": [one.bar for one in kept],
        "coming": coming(licensee),
        "gone": gone(licensee),
        "may_set": person.has_role(Role.ADMIN),
        "may_answer": person.has_role(Role.SUPERVISOR),
    }
    return render(request, "retention/terms.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """The first POST shows before and after; the second, with `confirmed`, sets."""
    licensee = get_licensee_for(signed_in(request), slug)
    newest = newest_terms(licensee)
    current = newest or Terms.objects.in_force(licensee)
    form = TermsForm(request.POST or None, current=current, seen=newest.pk if newest else 0)
    words = {"licensee": licensee, "form": form}
    if not form.is_valid():
        return render(request, "retention/change.html", words, status=422 if form.is_bound else 200)
    if "confirmed" not in request.POST:
        return render(request, "retention/review.html", words)
    set_terms(
        licensee=licensee,
        by=signed_in(request),
        reason=form.cleaned_data["reason_text"],
        figures=form.figures(),
        instead_of=form.cleaned_data["seen"],
        effective_from=form.cleaned_data["begins"],
    )
    messages.success(request, "The new terms are set. What they end sooner is erased by the next sweeps.")
    return redirect("retention:terms", slug)
