"""The public form: the only page besides the door that a stranger may fill in.

Against spam without third parties: a field that nobody sees, a signed time that says how long the page was open, a
pace for each address, and a limit of what may wait. An answer never says whether anything else exists.
"""

import time

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import PUBLIC, access
from audit.transitions import NotPossible
from licensees import agreement, applications
from licensees.agreement_text import paragraphs
from licensees.models import Application
from licensees.rate_limits import wait_of_applicant
from licensees.views.joining_forms import ApplicationForm

OPENED, CONFIRM = "artemis.apply.opened", "artemis.apply.confirm"
SHORTEST_SECONDS, LONGEST_SECONDS = 4, 24 * 3600
TOO_QUICK = "This was sent sooner than anybody reads. Look it over and send it again."
TOO_OLD = "The page was open for a day. Look it over and send it again."
TOO_OFTEN = "Several forms came from your address within a minute. Wait a minute, then send it again."
log = structlog.get_logger(__name__)


@access(PUBLIC)
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    form = ApplicationForm(request.POST or None)
    if request.method != "POST":
        return _ask(request, form, 200)
    if wait_of_applicant(request) is not None:
        form.add_error(None, TOO_OFTEN)
        return _ask(request, form, 429)
    fault = _why_not_read(request.POST.get("opened", ""))
    if fault:
        form.add_error(None, fault)
    if not form.is_valid():
        return _ask(request, form, 422)
    if form.cleaned_data["website"]:
        return _received(request, applications.new_reference())
    try:
        made = applications.receive(confirms=bool(settings.EMAIL_HOST), **form.said())
    except NotPossible as refusal:
        form.add_error(None, refusal.sentence)
        return _ask(request, form, 429)
    _send_link(request, made)
    return _received(request, made.reference)


@access(PUBLIC)
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """By a button: programs that look into mail open each link."""
    lasts = applications.CONFIRM_WITHIN
    try:
        application_id = signing.loads(token, salt=CONFIRM, max_age=lasts)
    except signing.BadSignature:
        return render(request, "apply/link_over.html", status=404)
    made = None
    if request.method == "POST":
        made = applications.confirm(application_id=application_id)
        if made is None:
            return render(request, "apply/link_over.html", status=404)
    return render(request, "apply/confirm.html", {"is_confirmed": made is not None})


@access(PUBLIC)
@require_GET
def show_agreement(request: HttpRequest) -> HttpResponse:
    current = agreement.current()
    words = {"agreement": current, "paragraphs": paragraphs(current.text)}
    return render(request, "apply/agreement.html", words)


def _ask(request: HttpRequest, form: ApplicationForm, status: int) -> HttpResponse:
    opened = signing.dumps(int(time.time()), salt=OPENED)
    return render(request, "apply/apply.html", {"form": form, "opened": opened}, status=status)


def _why_not_read(opened: str) -> str:
    try:
        seconds = time.time() - int(signing.loads(opened, salt=OPENED))
    except (signing.BadSignature, ValueError, TypeError):
        return TOO_QUICK
    if seconds < SHORTEST_SECONDS:
        return TOO_QUICK
    return TOO_OLD if seconds > LONGEST_SECONDS else ""


def _received(request: HttpRequest, reference: str) -> HttpResponse:
    words = {"reference": reference, "by_mail": bool(settings.EMAIL_HOST)}
    return render(request, "apply/received.html", words)


def _send_link(request: HttpRequest, made: Application) -> None:
    """Where it does not go out, nobody is told: the application lapses, and may be sent again."""
    if not settings.EMAIL_HOST:
        return
    token = signing.dumps(made.pk, salt=CONFIRM)
    address = request.build_absolute_uri(reverse("apply_confirm", args=[token]))
    words = (
        f"Somebody applied for a licence with this address; the reference is {made.reference}.\n\n"
        f"If it was you, confirm it within {applications.CONFIRM_WITHIN.days} days:\n\n{address}\n\n"
        "If it was not, do nothing: what was sent is deleted then."
    )
    try:
        EmailMessage(subject="Artemis: confirm your application", body=words, to=[made.contact_email]).send()
    except OSError as fault:
        log.warning("confirmation not mailed", fault=type(fault).__name__)
