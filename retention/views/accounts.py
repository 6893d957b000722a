"""What accounts ask: the list with its days, filing one, and answering it. No page shows whose account it is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import access, may
from accounts.roles import Role
from accounts.signed_in import signed_in
from accounts.step_up import Purpose, asks_again
from retention.accounts import (
    erase_account,
    export,
    file_request,
    held_about,
    refuse_request,
    withdraw_request,
)
from retention.forms import AccountRequestForm, RefusalForm
from retention.models import AccountRequest
from retention.permissions import check_may_answer, get_licensee_for, get_request_for

SHOWN = 50


@access(Role.ADMIN, Role.SUPERVISOR)
@require_http_methods(["GET", "POST"])
def show_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The requests of a licensee, the newest first; a POST files one."""
    person = signed_in(request)
    licensee = get_licensee_for(person, slug)
    form = AccountRequestForm(request.POST or None)
    if form.is_valid():
        filed = file_request(licensee=licensee, by=person, **form.cleaned_data)
        messages.success(request, f"The request is filed. It is to be answered by {filed.due_at:%d %B %Y}.")
        return redirect("retention:accounts", slug)
    rows = AccountRequest.objects.filter(licensee=licensee).select_related("filed_by", "closed_by")
    words = {"licensee": licensee, "form": form, "rows": rows.order_by("-filed_at")[:SHOWN]}
    words["may_answer"] = person.has_role(Role.SUPERVISOR)
    return render(request, "retention/accounts.html", words, status=422 if form.is_bound else 200)


@access(Role.SUPERVISOR)
@require_GET
def show(request: HttpRequest, slug: str, account_request_id: int) -> HttpResponse:
    """How much is held about the account, by how it stands: counts, and why something would stay."""
    person = signed_in(request)
    asked = get_request_for(person, slug, account_request_id)
    held = held_about(asked) if asked.is_open else []
    standing: dict[str, int] = {}
    for one in held:
        label = one.why_kept or "nothing keeps it"
        standing[label] = standing.get(label, 0) + 1
    allowed, why_not = may(check_may_answer, person, asked)
    words = {
        "licensee": asked.licensee,
        "asked": asked,
        "standing": sorted(standing.items()),
        "kept": asked.outcome.get("kept") or asked.outcome.get("withheld") or [],
        "form": RefusalForm(),
        "allowed": allowed,
        "why_not": why_not,
    }
    return render(request, "retention/account.html", words)


@access(Role.SUPERVISOR)
@asks_again(Purpose.EXPORT)
@require_POST
def download(request: HttpRequest, slug: str, account_request_id: int) -> HttpResponse:
    person = signed_in(request)
    asked = get_request_for(person, slug, account_request_id)
    answer = HttpResponse(export(request_id=asked.pk, by=person), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="account-{asked.pk}.json"'
    return answer


@access(Role.SUPERVISOR)
@asks_again(Purpose.EXPORT)
@require_POST
def erase(request: HttpRequest, slug: str, account_request_id: int) -> HttpResponse:
    person = signed_in(request)
    asked = get_request_for(person, slug, account_request_id)
    if request.POST.get("typed") != asked.reference:
        messages.error(request, "Type the reference of the request to erase. Nothing was erased.")
        return redirect("retention:account", slug, asked.pk)
    done = erase_account(request_id=asked.pk, by=person)
    messages.success(
        request, f"{done.outcome['erased']} conversations were erased. What was kept stands below."
    )
    return redirect("retention:account", slug, asked.pk)


@access(Role.SUPERVISOR)
@require_POST
def refuse(request: HttpRequest, slug: str, account_request_id: int) -> HttpResponse:
    person = signed_in(request)
    asked = get_request_for(person, slug, account_request_id)
    form = RefusalForm(request.POST)
    if form.is_valid():
        refuse_request(request_id=asked.pk, why=form.cleaned_data["why"], by=person)
        messages.success(
            request, "The request is refused, with its reason. Tell the account within its month."
        )
    else:
        messages.error(request, "Choose a reason. Nothing was refused.")
    return redirect("retention:account", slug, asked.pk)


@access(Role.SUPERVISOR)
@require_POST
def withdraw(request: HttpRequest, slug: str, account_request_id: int) -> HttpResponse:
    person = signed_in(request)
    asked = get_request_for(person, slug, account_request_id)
    withdraw_request(request_id=asked.pk, by=person)
    messages.success(request, "The request is withdrawn.")
    return redirect("retention:accounts", slug)
