"""What companies applied for: what waits, what one of them wrote, and taking it up or declining it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import applications
from licensees.forms import ReasonForm
from licensees.models import Application, LegalBasis
from licensees.views.joining_forms import TakeUpForm

SHOWN = 50
State = Application.State


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    found = Application.objects.select_related("answered_by", "licensee")
    words = {
        "waiting": found.filter(state=State.OPEN)[:SHOWN],
        "unconfirmed": Application.objects.filter(state=State.UNCONFIRMED).count(),
        "answered": found.filter(state__in=[State.TAKEN_UP, State.DECLINED]).order_by("-answered_at", "-pk")[
            :SHOWN
        ],
    }
    return render(request, "licensees/applications.html", words)


@access(Role.ADMIN)
@require_GET
def show(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _get(application_id)
    words = {"application": application, "facts": facts_of(application)}
    return render(request, "licensees/application.html", words)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def take_up(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _get(application_id)
    name = application.company
    letters = "".join(one for one in name.upper() if one.isascii() and one.isalpha())
    initial = {"name": name, "slug": slugify(name)[:50], "code": letters[:3]}
    form = TakeUpForm(request.POST or None, initial=initial)
    if form.is_valid():
        licensee = applications.take_up(
            application_id=application.pk, by=signed_in(request), **form.cleaned_data
        )
        messages.success(request, f"{licensee.name} is taken up. Go through the list before it is let in.")
        return redirect("licensees:vetting", licensee.slug)
    words = {"application": application, "form": form}
    return render(request, "licensees/take_up.html", words, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def decline(request: HttpRequest, application_id: int) -> HttpResponse:
    application = _get(application_id)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason_text"]
        applications.decline(application_id=application.pk, by=signed_in(request), reason=reason)
        messages.success(request, "The application is declined. Tell the company: nothing is sent by itself.")
        return redirect("licensees:applications")
    words = {"application": application, "form": form}
    return render(request, "licensees/decline_application.html", words, status=422 if form.is_bound else 200)


def facts_of(one: Application) -> list[dict[str, str]]:
    basis = dict(LegalBasis.Basis.choices).get(one.legal_basis, "Not known yet")
    is_confirmed = "confirmed" if one.confirmed_at else "not confirmed: no mail could be sent"
    return [
        {"label": "Reference", "value": one.reference},
        {"label": "Received", "value": f"{one.received_at:%d %B %Y, %H:%M} UTC"},
        {"label": "Company", "value": one.company},
        {"label": "Established in", "value": one.country},
        {"label": "Service", "value": one.get_service_display()},
        {"label": "Used in the European Union", "value": "yes" if one.serves_eu else "no"},
        {"label": "People a month", "value": f"{one.users:,}"},
        {"label": "Under 18", "value": f"{one.minors_percent} %"},
        {"label": "Contact", "value": one.contact_name},
        {"label": "Address", "value": one.contact_email, "note": is_confirmed},
        {"label": "Answers for safety", "value": one.safety_contact},
        {"label": "Basis in law", "value": basis, "note": one.legal_basis_note},
    ]


def _get(application_id: int) -> Application:
    """Not before its address is confirmed: nobody reads what anybody may have sent in another's name."""
    found = Application.objects.select_related("answered_by", "licensee").exclude(state=State.UNCONFIRMED)
    return get_object_or_404(found, pk=application_id)
