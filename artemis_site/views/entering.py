"""Coming in by a one-time link, and choosing a password that nobody else has seen; and choosing another one later."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts import entry_links, second_factor, sessions
from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.addresses import address_of
from accounts.models import EntryLink, User
from accounts.signed_in import signed_in
from artemis_site.letting_in import DOOR, forget_tries, go_half_way, record_about, wait_until
from audit.confirming import WAIT, NotConfirmed, confirm
from audit.verbs import Verb

ENTERING = "entering"
# From opening the link to the password that was chosen.
TIME_TO_CHOOSE = timedelta(minutes=30)
NO_LINK = (
    "This link opens nothing: it was used, is older than three days, or a newer one was made. Ask an admin."
)
WRONG_CODE = "This code does not open the link. It is the one that a colleague told you, not one of an app."
NOT_TWICE = "The two passwords differ. Type the new one twice."


@access(PUBLIC)
@require_GET
def enter_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Nothing is used up by opening it: who looks at a link before the person does spends nothing. From here on the
    secret is in no address any more."""
    now = timezone.now()
    link = entry_links.find(secret, now=now)
    if link is None:
        return _no_link(request)
    request.session[ENTERING] = {"link": link.pk, "at": now.isoformat()}
    return redirect("enter")


@access(PUBLIC)
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    link = _shown_link(request)
    if link is None:
        return _no_link(request)
    if request.method == "GET":
        return _page(request, link)
    until = wait_until(request, name=f"link {link.pk}")
    if until is not None:
        return _page(request, link, error=WAIT.format(at=until), status=429)
    if not entry_links.fits(link, request.POST.get("code", "")):
        with transaction.atomic():
            record_about(Verb.ENTRY_LINK_FAILED, person_id=link.person_id, by=DOOR)
        return _page(request, link, error=WRONG_CODE, status=422)
    forget_tries(request, name=f"link {link.pk}")
    password = request.POST.get("new_password", "")
    if error := _why_not(request, link.person, password):
        return _page(request, link, error=error, status=422)
    with transaction.atomic():
        if not entry_links.use(link=link, password=password, now=timezone.now()):
            return _no_link(request)
        record_about(Verb.ENTRY_LINK_USED, person_id=link.person_id, by=link.person)
    go_half_way(request, link.person, next_url=reverse("home"))
    return redirect("second_step" if second_factor.has_one(link.person) else "set_up")


@access(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    """Whatever else they have open ends; here they stay."""
    person = signed_in(request)
    if request.method == "GET":
        return _password_page(request)
    try:
        old, address = request.POST.get("password", ""), address_of(request)
        confirm(by=person, password=old, address=address, purpose="their own way in")
    except NotConfirmed as refusal:
        return _password_page(request, error=refusal.sentence)
    new = request.POST.get("new_password", "")
    if error := _why_not(request, person, new):
        return _password_page(request, error=error)
    with transaction.atomic():
        second_factor.lock(person)
        person.set_password(new)
        person.save(update_fields=["password"])
        now = timezone.now()
        sessions.end_all(person, now=now)
        record_about(Verb.PASSWORD_SET, person_id=person.pk, by=person)
    messages.success(request, "Your password is the new one. Sign in with it.")
    return redirect("sign_in")


def _shown_link(request: HttpRequest) -> EntryLink | None:
    kept, now = request.session.get(ENTERING), timezone.now()
    if not isinstance(kept, dict) or now - datetime.fromisoformat(kept["at"]) > TIME_TO_CHOOSE:
        return None
    return entry_links.find_again(kept["link"], now=now)


def _why_not(request: HttpRequest, person: User, password: str) -> str:
    """What is wrong with the new password; empty where nothing is."""
    if password != request.POST.get("new_password_again", ""):
        return NOT_TWICE
    try:
        validate_password(password, user=person)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


def _page(request: HttpRequest, link: EntryLink, *, error: str = "", status: int = 200) -> HttpResponse:
    words = {"person": link.person, "error": error}
    return render(request, "accounts/enter.html", words, status=status)


def _password_page(request: HttpRequest, *, error: str = "") -> HttpResponse:
    return render(request, "accounts/change_password.html", {"error": error}, status=422 if error else 200)


def _no_link(request: HttpRequest) -> HttpResponse:
    request.session.pop(ENTERING, None)
    words = {"title": "This link opens nothing", "sentence": NO_LINK}
    return render(request, "errors/404.html", words, status=404)
