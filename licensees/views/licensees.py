"""The licensees at a glance, one of them in full, and its coming, pausing and coming back."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import access
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from licensees import onboarding, two_admins
from licensees.assignments import PERMISSION_OF_ROLE, assigned_since, people_serving, terms_of
from licensees.figures import figures_of
from licensees.forms import LicenseeForm, ReasonForm
from licensees.journey import all_ending_soon, journey_of, said
from licensees.models import ApiKey, Application, Licensee
from licensees.together import ask

SHOWN_POLICIES = 10


@access(Role.ADMIN)
@require_GET
def show_list(request: HttpRequest) -> HttpResponse:
    licensees = list(Licensee.objects.all())
    words = {
        "rows": figures_of(licensees),
        "ending": all_ending_soon(licensees),
        "applications": Application.objects.filter(state=Application.State.OPEN).count(),
    }
    return render(request, "licensees/list.html", words)


@access(Role.ADMIN)
@require_GET
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    (figures,) = figures_of([licensee])
    return render(
        request,
        "licensees/detail.html",
        {
            "licensee": licensee,
            "figures": figures,
            "facts": _facts(licensee),
            "policies": licensee.policies.select_related("set_by").order_by("-effective_from", "-pk")[
                :SHOWN_POLICIES
            ],
            "keys": licensee.api_keys.select_related("created_by").annotate(
                is_replaced=Exists(ApiKey.objects.filter(replaces=OuterRef("pk")))
            ),
            "assignments": _assignments(licensee),
            "contacts_url": reverse("licensees:contacts", args=[slug]),
            **said(journey_of(licensee)),
        },
    )


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    form = LicenseeForm(request.POST or None)
    if form.is_valid():
        licensee = onboarding.create_licensee(**form.cleaned_data, by=signed_in(request))
        messages.success(
            request,
            f"{licensee.name} has applied: go through the list of vetting, then record who signed the agreement.",
        )
        return redirect("licensees:detail", licensee.slug)
    return render(request, "licensees/create.html", {"form": form}, status=422 if form.is_bound else 200)


@access(Role.ADMIN)
@asks_again(Purpose.PEOPLE)
@require_http_methods(["GET", "POST"])
def go_live(request: HttpRequest, slug: str) -> HttpResponse:
    """Proposes it; another admin confirms."""
    licensee = get_object_or_404(Licensee, slug=slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason_text"]
        proposal = two_admins.propose_going_live(licensee=licensee, by=signed_in(request), reason=reason)
        messages.success(request, "Proposed. It goes live when another admin confirms it.")
        return redirect("licensees:proposal", proposal.pk)
    return _ask_reason(request, licensee, form, "licensees/go_live.html")


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def suspend(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        onboarding.suspend(
            licensee_id=licensee.pk, by=signed_in(request), reason=form.cleaned_data["reason_text"]
        )
        messages.success(request, f"{licensee.name} is suspended. Nothing more is accepted from it.")
        return redirect("licensees:detail", slug)
    return _ask_reason(request, licensee, form, "licensees/suspend.html")


@access(Role.ADMIN)
@asks_again(Purpose.POLICY)
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    licensee = get_object_or_404(Licensee, slug=slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        onboarding.resume(
            licensee_id=licensee.pk, by=signed_in(request), reason=form.cleaned_data["reason_text"]
        )
        messages.success(
            request,
            f"{licensee.name} is back: {Licensee.objects.get(pk=licensee.pk).get_state_display().lower()}.",
        )
        return redirect("licensees:detail", slug)
    return _ask_reason(request, licensee, form, "licensees/resume.html")


def _ask_reason(request: HttpRequest, licensee: Licensee, form: ReasonForm, template: str) -> HttpResponse:
    words = {"licensee": licensee, "form": form}
    return render(request, template, words, status=422 if form.is_bound else 200)


def _facts(licensee: Licensee) -> list[dict[str, Any]]:
    return [
        {"label": "Letters of its cases", "value": licensee.code},
        {"label": "Established in", "value": licensee.jurisdiction},
        {"label": "Contact", "value": licensee.contact_email},
        {"label": "Licensee since", "value": f"{licensee.created_at:%d %B %Y}"},
    ]


def _assignments(licensee: Licensee) -> list[dict[str, Any]]:
    since, until = assigned_since(licensee), terms_of(licensee)
    serving = ask(**{role.value: people_serving(licensee, role) for role in PERMISSION_OF_ROLE})
    return [
        {
            "person": person,
            "role": role,
            "since": since.get((person.pk, role.value)),
            "until": until.get((person.pk, role.value)),
        }
        for role in PERMISSION_OF_ROLE
        for person in serving[role.value]
    ]
