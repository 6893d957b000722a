"""Signing in and out, the second factor, and each person's own page about how they sign in."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import second_factor
from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.addresses import address_of
from accounts.models import User
from accounts.second_factor import Proof
from accounts.signed_in import signed_in
from artemis_site.letting_in import (
    DOOR,
    HalfWay,
    add_key,
    ask_for_key,
    ask_for_new_key,
    go_half_way,
    half_way,
    let_in,
    make_new_recovery_codes,
    record_about,
    remove_key,
    secret_being_set_up,
    set_up_app,
    try_code,
    try_key,
    wait_until,
)
from audit.confirming import NotConfirmed, confirm
from audit.verbs import Verb
from licensees.people_doors import end_sessions

WAIT = "Too many tries. Wait until {at:%H:%M} UTC."
WRONG_CODE = "This code does not fit, or was used before. Wait for the next one and type it here."
WRONG_KEY = "This is not a key of yours, or it took too long. Try it again, or type a code."
WRONG_NEW_KEY = "The key was not added: it is known already, or it took too long. Try it again."
WRONG_NEW_CODE = (
    "This code does not fit the picture. Type the one that your app shows now; is its clock right?"
)
RECOVERED = "You signed in with a recovery code; {left} are left. Is your app lost? Set up a new one."
TOO_LATE = "It took longer than ten minutes. Start again."


class SignInView(LoginView):
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        until = wait_until(request, name=request.POST.get("username", ""))
        if until is None:
            return super().post(request, *arguments, **named)
        # Without the data: nothing is looked at, so nothing is said about it.
        page = self.get_context_data(form=AuthenticationForm(request), waiting=WAIT.format(at=until))
        return self.render_to_response(page, status=429)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person = form.get_user()
        go_half_way(self.request, person, next_url=self.get_success_url())
        return redirect("second_step" if second_factor.has_one(person) else "set_up")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        email = form.data.get("username", "").lower()
        person_id = User.objects.filter(email=email).values_list("pk", flat=True).first()
        with transaction.atomic():
            record_about(Verb.SIGN_IN_FAILED, person_id=person_id, by=DOOR)
        return super().form_invalid(form)


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if isinstance(request.user, User):
            with transaction.atomic():
                record_about(Verb.PERSON_SIGNED_OUT, person_id=request.user.pk, by=request.user)
        return super().post(request, *arguments, **named)


sign_in = access(PUBLIC)(SignInView.as_view())
sign_out = access(PUBLIC)(SignOutView.as_view())


def _half_way_in(
    view: Callable[[HttpRequest, HalfWay], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A page for who typed the right password just now; anybody else begins at the beginning."""

    def open_page(request: HttpRequest) -> HttpResponse:
        there = half_way(request.session)
        if there is None:
            if request.method == "POST":
                messages.warning(request, TOO_LATE)
            return redirect("sign_in")
        return view(request, there)

    return open_page


@access(PUBLIC)
@require_http_methods(["GET", "POST"])
@_half_way_in
def second_step(request: HttpRequest, there: HalfWay) -> HttpResponse:
    person = there.person
    if not second_factor.has_one(person):
        return redirect("set_up")
    if request.method == "GET":
        return _second_step_page(request, person)
    until = wait_until(request, name=f"code {person.pk}")
    if until is not None:
        return _second_step_page(request, person, error=WAIT.format(at=until), status=429)
    answer, code = request.POST.get("key", ""), request.POST.get("code", "")
    proof = try_key(request, person, answer=answer) if answer else try_code(person, code=code)
    if proof is None:
        return _second_step_page(request, person, error=WRONG_KEY if answer else WRONG_CODE, status=422)
    let_in(request, person, proof=proof)
    if proof is Proof.RECOVERY_CODE:
        left = second_factor.codes_left(person)
        messages.warning(request, RECOVERED.format(left=left))
        return redirect("own_doors")
    return redirect(there.next_url)


def _second_step_page(
    request: HttpRequest, person: User, *, error: str = "", status: int = 200
) -> HttpResponse:
    has_key = person.security_keys.exists()
    page = {
        "person": person,
        "code_now": _code_now(person),
        "shows_codes": settings.ARTEMIS_SHOW_CODES,
        "key_options": json.dumps(ask_for_key(request, person)) if has_key else "",
        "error": error,
    }
    return render(request, "accounts/second_step.html", page, status=status)


@access(PUBLIC)
@require_http_methods(["GET", "POST"])
@_half_way_in
def set_up(request: HttpRequest, there: HalfWay) -> HttpResponse:
    """At the first sign-in, and after an admin took the lost one away."""
    if second_factor.has_one(there.person):
        return redirect("second_step")
    answer = _set_up(request, there.person, next_url=there.next_url)
    if isinstance(answer, HttpResponse):
        return answer
    let_in(request, there.person, proof=Proof.APP)
    return render(request, "accounts/recovery_codes.html", {"codes": answer, "next_url": there.next_url})


@access(SIGNED_IN)
@require_GET
def own_doors(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/own_doors.html", _own_doors(signed_in(request)))


@access(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def replace_app(request: HttpRequest) -> HttpResponse:
    """A new telephone. The password is asked again: an unlocked screen is not the person."""
    person = signed_in(request)
    if request.method == "POST" and (error := _why_not_they(request, person)):
        return _set_up_page(request, person, error=error, asks_password=True, status=422)
    answer = _set_up(request, person, next_url="", asks_password=True)
    if isinstance(answer, HttpResponse):
        return answer
    return render(request, "accounts/recovery_codes.html", {"codes": answer, "next_url": ""})


@access(SIGNED_IN)
@require_POST
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    if error := _why_not_they(request, person):
        return render(request, "accounts/own_doors.html", _own_doors(person, error), status=422)
    codes = make_new_recovery_codes(person)
    return render(request, "accounts/recovery_codes.html", {"codes": codes, "next_url": ""})


@access(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def add_security_key(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    error = ""
    if request.method == "POST":
        posted = request.POST
        error = _why_not_they(request, person)
        if not error and add_key(request, person, name=posted.get("name", ""), answer=posted.get("key", "")):
            messages.success(request, "The key opens the door from now on. Your app and your codes still do.")
            return redirect("own_doors")
        error = error or WRONG_NEW_KEY
    page = {"key_options": json.dumps(ask_for_new_key(request, person)), "error": error}
    return render(request, "accounts/add_security_key.html", page, status=422 if error else 200)


@access(SIGNED_IN)
@require_POST
def remove_security_key(request: HttpRequest, key_id: int) -> HttpResponse:
    person = signed_in(request)
    if error := _why_not_they(request, person):
        return render(request, "accounts/own_doors.html", _own_doors(person, error), status=422)
    remove_key(person, key_id=key_id)
    messages.success(request, "The key opens nothing any more.")
    return redirect("own_doors")


@access(SIGNED_IN)
@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody types or scrolls on a page that asks for nothing; the middleware notes each use."""
    return HttpResponse(status=204)


@access(SIGNED_IN)
@require_POST
def end_own_sessions(request: HttpRequest) -> HttpResponse:
    """Everywhere, here too: whoever does not know which screen was left open wants them all closed."""
    person = signed_in(request)
    end_sessions(person=person, by=person)
    logout(request)
    messages.success(request, "You are signed out everywhere.")
    return redirect("sign_in")


def _own_doors(person: User, error: str = "") -> dict[str, Any]:
    return {
        "app": getattr(person, "authenticator_app", None),
        "keys": person.security_keys.order_by("added_at"),
        "codes_left": second_factor.codes_left(person),
        "codes_made": second_factor.RECOVERY_CODES,
        "idle_minutes": settings.ARTEMIS_IDLE_MINUTES,
        "hours": settings.ARTEMIS_SIGNED_IN_HOURS,
        "error": error,
    }


def _set_up(
    request: HttpRequest, person: User, *, next_url: str, asks_password: bool = False
) -> HttpResponse | list[str]:
    """The recovery codes, once the app has shown that it holds the secret; until then the page."""
    if request.method == "GET":
        return _set_up_page(request, person, asks_password=asks_password)
    codes = set_up_app(request.session, person, code=request.POST.get("code", ""))
    if codes is None:
        return _set_up_page(request, person, error=WRONG_NEW_CODE, asks_password=asks_password, status=422)
    return codes


def _set_up_page(
    request: HttpRequest, person: User, *, asks_password: bool, error: str = "", status: int = 200
) -> HttpResponse:
    secret = secret_being_set_up(request.session, person)
    page = {
        "person": person,
        # Drawn by us from our own secret; nobody else's words are in it.
        "picture": mark_safe(second_factor.picture_of(second_factor.address_of(person, secret))),  # noqa: S308
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "asks_password": asks_password,
        "error": error,
    }
    return render(request, "accounts/set_up.html", page, status=status)


def _why_not_they(request: HttpRequest, person: User) -> str:
    """Empty where the password is theirs. Counted like a try to sign in, and recorded."""
    password = request.POST.get("password", "")
    try:
        confirm(by=person, password=password, address=address_of(request), purpose="their own way in")
    except NotConfirmed as refusal:
        return refusal.sentence
    return ""


def _code_now(person: User) -> str:
    """In the demo nobody holds a telephone; `manage.py check --deploy` refuses this anywhere else."""
    now: datetime = timezone.now()
    return second_factor.code_now(person=person, now=now) if settings.ARTEMIS_SHOW_CODES else ""
