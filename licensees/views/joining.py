"""A licensee's way in, on its own pages: vetting, agreement, test, end; legal bases and contacts."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import agreement, contacts, legal_basis, onboarding, vetting
from licensees.agreement_text import paragraphs
from licensees.forms import ReasonForm
from licensees.journey import journey_of, said
from licensees.models import Contact, LegalBasis, Licensee
from licensees.views.joining_forms import ContactForm, EndForm, LegalBasisForm, SignatureForm, VettingForm

Verb = Callable[..., Licensee]


@access(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def vet_items(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee.objects.select_related("application"), slug=slug)
    if request.method == "POST":
        person, form = signed_in(request), VettingForm(request.POST)
        if form.is_valid():
            vetting.note_item(licensee_id=licensee.pk, by=person, noted_by=person, **form.cleaned_data)
            return redirect("licensees:vetting", slug)
        messages.error(request, "Nothing was noted: choose what was found, and say how in a few words.")
    status = 422 if request.method == "POST" else 200
    words = {"licensee": licensee, "application": licensee.application, **said(journey_of(licensee))}
    return render(request, "licensees/vetting.html", words, status=status)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def vet(request: HttpRequest, slug: str) -> HttpResponse:
    done = "{name} is vetted. Next it signs the agreement."
    return _with_reason(request, slug, "licensees/vet.html", vetting.vet, done)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, slug: str) -> HttpResponse:
    done = "{name} is declined. What was found in vetting is kept."
    return _with_reason(request, slug, "licensees/decline.html", vetting.decline, done)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def begin_test(request: HttpRequest, slug: str) -> HttpResponse:
    done = "{name} is in test: its test keys work, and its cases are for practice."
    return _with_reason(request, slug, "licensees/begin_test.html", onboarding.begin_test, done)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = EndForm(request.POST or None, expected=licensee.name)
    if form.is_valid():
        reason = form.cleaned_data["reason_text"]
        onboarding.end(licensee_id=licensee.pk, by=signed_in(request), reason=reason)
        messages.success(request, f"The licence of {licensee.name} has ended, and its keys are revoked.")
        return redirect("licensees:detail", slug)
    words = {"licensee": licensee, "form": form}
    return render(request, "licensees/end.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = SignatureForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        person = signed_in(request)
        agreement.record_signature(
            licensee_id=licensee.pk, by=person, recorded_by=person, **form.cleaned_data
        )
        messages.success(request, "The signature is recorded.")
        return redirect("licensees:detail", slug)
    current = agreement.current()
    words = {
        "licensee": licensee,
        "form": form,
        "agreement": current,
        "paragraphs": paragraphs(current.text),
        **said(journey_of(licensee)),
    }
    return render(request, "licensees/agreement.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def legal_bases(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = LegalBasisForm(request.POST or None)
    if form.is_valid():
        person = signed_in(request)
        legal_basis.record_basis(licensee_id=licensee.pk, by=person, recorded_by=person, **form.cleaned_data)
        messages.success(request, "The legal basis is recorded.")
        return redirect("licensees:legal_bases", slug)
    words = {
        "licensee": licensee,
        "form": form,
        "status_of_law": legal_basis.STATUS,
        "needs_basis": legal_basis.needs_basis(licensee),
        **said(journey_of(licensee)),
    }
    return render(request, "licensees/legal_bases.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def withdraw_basis(request: HttpRequest, slug: str, basis_id: int) -> HttpResponse:
    found = LegalBasis.objects.select_related("licensee")
    basis = get_object_or_404(found, pk=basis_id, licensee__slug=slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason_text"]
        legal_basis.withdraw_basis(basis_id=basis.pk, by=signed_in(request), reason=reason)
        messages.success(request, "The legal basis is withdrawn.")
        return redirect("licensees:legal_bases", slug)
    words = {"licensee": basis.licensee, "basis": basis, "form": form}
    return render(request, "licensees/withdraw_basis.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def show_contacts(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = ContactForm(request.POST or None)
    if form.is_valid():
        contacts.add_contact(licensee=licensee, by=signed_in(request), **form.cleaned_data)
        messages.success(request, "The contact is named.")
        return redirect("licensees:contacts", slug)
    words = {"licensee": licensee, "form": form, **said(journey_of(licensee))}
    return render(request, "licensees/contacts.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_POST
def remove_contact(request: HttpRequest, slug: str, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id, licensee__slug=slug)
    contacts.remove_contact(contact_id=contact.pk, by=signed_in(request))
    messages.success(request, f"{contact.name} is a contact no more.")
    return redirect("licensees:contacts", slug)


def _with_reason(request: HttpRequest, slug: str, template: str, verb: Verb, done: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        verb(licensee_id=licensee.pk, by=signed_in(request), reason=form.cleaned_data["reason_text"])
        messages.success(request, done.format(name=licensee.name))
        return redirect("licensees:detail", slug)
    words = {"licensee": licensee, "form": form, **said(journey_of(licensee))}
    return render(request, template, words, status=422 if form.is_bound else 200)
