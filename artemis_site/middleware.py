"""Access denied by default, refusals recorded and answered, a request id, and the content security policy."""

import uuid
from collections.abc import Callable
from math import ceil
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts import row_scope, sessions
from accounts.access import Access, NotAllowed
from accounts.models import User
from accounts.step_up import Purpose
from artemis_site.asking_again import ask_again
from audit.record import About, Machine, record, request_id
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.assignments import one_request, show_rows_to
from licensees.rate_limits import Wait, wait_of_address, wait_of_person
from scoring.key_providers import EvidenceErased, EvidenceUnreadable

UNREADABLE = (
    "The evidence cannot be read: its key was destroyed, is not the one that is installed, or the stored text was "
    "changed. Nothing was done. Tell the operator."
)
TOO_OFTEN = "More pages were asked for in this minute than anybody reads."
GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """One id a request: in the answer, in each log line and in each entry of the trail."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Always our own: an id from outside could be made to look like another request's.
        token = request_id.set(str(uuid.uuid4()))
        structlog.contextvars.bind_contextvars(request_id=request_id.get())
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id.get()
            return response
        finally:
            structlog.contextvars.clear_contextvars()
            request_id.reset(token)


class ContentSecurityPolicyMiddleware:
    """Sends SECURE_CSP (the name that Django 6 uses); evidence pages are never cached anywhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.policy = "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"
        )
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class AccessMiddleware:
    """A view that declares no access is refused to everybody; see accounts/access.py."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_request(), row_scope.nothing_yet():
            response = self.get_response(request)
            if response.streaming:
                streamed: Any = response
                pieces = row_scope.carried(row_scope.current(), streamed.streaming_content)
                streamed.streaming_content = pieces
            return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _: Any, __: Any
    ) -> HttpResponse | None:
        grant: Access | None = getattr(view, "access", None)
        if grant is None:
            return refused(
                request,
                NotAllowed("This page has not been opened to anybody. Tell the operator."),
            )
        # A platform's key is checked by licensees/authentication.py, which the API's views cannot leave out.
        if grant.platform:
            return None
        if grant.public:
            return too_often(request, wait_of_address(request))
        if not isinstance(request.user, User):
            return _sign_in_first(request)
        over = sessions.why_over(request.session, request.user, now=timezone.now())
        if over:
            return _signed_out(request, request.user, over)
        # A page that looks for news by itself is no sign that anybody sits before it.
        if not getattr(view, "asked_by_the_page", False):
            sessions.use(request.session, now=timezone.now())
        show_rows_to(request.user)
        slow_down = too_often(request, wait_of_person(request.user.pk))
        if slow_down is not None:
            return slow_down
        if grant.roles & request.user.roles:
            purpose: Purpose | None = getattr(view, "asks_again", None)
            return ask_again(request, request.user, purpose) if purpose else None
        needed = " or ".join(sorted(role.label.lower() for role in grant.roles))
        return refused(
            request,
            NotAllowed(f"This needs the role {needed}. Ask an admin if your work needs it."),
        )

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The transaction of the act has been rolled back by now, so the record of the refusal stays."""
        if isinstance(exception, NotAllowed | NotPossible):
            return refused(request, exception)
        # For a platform it is a fault of ours, to be tried again.
        if isinstance(exception, EvidenceUnreadable) and not request.path.startswith("/api/"):
            sentence = str(exception) if isinstance(exception, EvidenceErased) else UNREADABLE
            return refused(request, NotPossible(sentence))
        return None


def refused(request: HttpRequest, refusal: NotAllowed | NotPossible) -> HttpResponse:
    """Record the attempt in a transaction of its own, then say what happened and what to do next."""
    status = 403 if isinstance(refusal, NotAllowed) else 409
    match = request.resolver_match
    about = refusal.about or About(object_type="page", object_id=match.view_name[:60] if match else "")
    by = request.user if isinstance(request.user, User) else Machine("nobody")
    with transaction.atomic():
        record(
            Verb.ATTEMPT_REFUSED,
            by=by,
            about=about,
            reason=refusal.sentence,
            payload={
                "method": request.method,
                "status": status,
                "view": match.view_name if match else "",
            },
        )
    return render(
        request,
        f"errors/{status}.html",
        _words(request, refusal, status) | getattr(refusal, "page", {}),
        status=status,
    )


def too_often(request: HttpRequest, wait: Wait | None) -> HttpResponse | None:
    """What they typed is given back; the first in a minute stands in the trail."""
    if wait is None:
        return None
    seconds = ceil(wait.seconds)
    if wait.is_first:
        by = request.user if isinstance(request.user, User) else Machine("nobody")
        about = About(object_type="page", object_id="")
        with transaction.atomic():
            record(Verb.ATTEMPT_REFUSED, by=by, about=about, reason=TOO_OFTEN, payload={"status": 429})
    sentence = f"{TOO_OFTEN} Wait {seconds} seconds; nothing was done."
    page = {"sentence": sentence, "kept": _typed(request)}
    answer = render(request, "errors/429.html", page, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _words(request: HttpRequest, refusal: NotAllowed | NotPossible, status: int) -> dict[str, Any]:
    return {
        "title": "Not allowed" if status == 403 else "Not possible now",
        "sentence": refusal.sentence,
        **_way_on(refusal, status),
        "kept": _typed(request),
    }


def _typed(request: HttpRequest) -> str:
    """What the person typed is theirs: it is given back, never dropped with the refusal."""
    return "\n\n".join(
        value
        for name, value in request.POST.items()
        if name in ("note", "grounds", "reason_text") and isinstance(value, str) and value.strip()
    )


def _way_on(refusal: NotAllowed | NotPossible, status: int) -> dict[str, str]:
    """Back to the thing itself, whose page says how it stands now; who may not see it goes home."""
    about = refusal.about
    if status == 409 and about is not None and about.object_type == "escalation":
        return {
            "next_url": reverse("referrals:escalation", args=[about.object_id]),
            "next_label": "Open it again",
        }
    if status == 409 and about is not None and about.object_type == "case":
        return {
            "next_url": reverse("review:case", args=[about.case_reference]),
            "next_label": "Open the case again",
        }
    return {"next_url": reverse("home"), "next_label": "Back to your work"}


def _signed_out(request: HttpRequest, person: User, sentence: str) -> HttpResponse:
    with transaction.atomic():
        about = About(object_type="person", object_id=str(person.pk))
        record(Verb.SESSION_ENDED, by=Machine("sign-in"), about=about, reason=sentence)
    logout(request)
    if request.method == "POST":
        # Nothing was done with what they sent: it is given back, not dropped on the way to the door.
        page = {"title": "You were signed out", "sentence": sentence, "kept": _typed(request)}
        return render(request, "errors/signed_out.html", page, status=401)
    messages.warning(request, sentence)
    return _sign_in_first(request)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=401)
        response["HX-Redirect"] = reverse("sign_in")
        return response
    return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
