"""The way home for each role, how a person likes to read, health, and the pages for what went wrong."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.access import PUBLIC, SIGNED_IN, access
from accounts.models import User
from accounts.roles import Role
from artemis_site.context import TEXT_SIZES, THEMES
from artemis_site.samples import samples

HOME_OF_ROLE = [
    (Role.MODERATOR, "review:queue"),
    (Role.SUPERVISOR, "referrals:escalations"),
    (Role.ADMIN, "licensees:list"),
    (Role.AUDITOR, "audit:trail"),
]


@access(SIGNED_IN)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Each role's work is its home."""
    for role, url_name in HOME_OF_ROLE:
        if isinstance(request.user, User) and request.user.has_role(role):
            return redirect(url_name)
    return render(request, "errors/403.html", {"title": "No role yet"}, status=403)


@access(PUBLIC)
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """How this person likes to read; kept in a cookie that says nothing else."""
    theme = request.POST.get("theme", "")
    greyscale = "on" if request.POST.get("greyscale") == "on" else "off"
    text_size = request.POST.get("text_size", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    response.set_cookie(
        "look",
        f"{theme if theme in THEMES else 'system'}.{greyscale}."
        f"{text_size if text_size in TEXT_SIZES else 'normal'}"
        f"{'.off' if request.POST.get('advance') == 'off' else ''}",
        max_age=365 * 24 * 3600,
        secure=request.is_secure(),
        samesite="Lax",
    )
    return response


@access(PUBLIC)
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """200 while this process can reach its database; for load balancers and the demo."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@access(PUBLIC)
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide.html", {"sample": samples()})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = {
        "title": "This form is too old",
        "sentence": "The page was opened before you last signed in. Go back, reload it and send it again.",
    }
    return render(request, "errors/403.html", words, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem_or_page(request, 400, "Bad request", "This request could not be read.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem_or_page(request, 403, "Not allowed", "This is not open to you.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem_or_page(request, 404, "Not found", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _problem_or_page(
        request,
        500,
        "Something broke",
        "This is our fault. Nothing was half-done. Please try again.",
    )


def _problem_or_page(request: HttpRequest, status: int, title: str, sentence: str) -> HttpResponse:
    """Machines get problem details (RFC 9457), people a page."""
    if request.path.startswith("/api/"):
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": sentence,
        }
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    return render(
        request,
        f"errors/{status}.html",
        {"title": title, "sentence": sentence},
        status=status,
    )
