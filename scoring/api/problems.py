"""Problem details (RFC 9457) for whatever goes wrong, and the record of what was refused to a known key."""

from collections.abc import Iterable
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.access import NotAllowed
from audit.record import About, record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import ApiKey
from scoring.incoming import Fault

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "No valid key",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    411: "Length required",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Invalid content",
    429: "Too many requests",
    503: "Not available",
}
NOT_FOUND = "There is nothing at this address for this key."
BUSY = "The database did not answer in time. Nothing was half-done: send the same request again."

log = structlog.get_logger(__name__)


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    status_code = 411
    default_detail = "Send Content-Length: a body in chunks of unknown length is not read."
    default_code = "length_required"


class Busy(exceptions.APIException):
    status_code = 409
    default_code = "busy"


class Invalid(exceptions.APIException):
    """The content was read but cannot be taken; each fault has its JSON Pointer."""

    status_code = 422
    default_code = "invalid"

    def __init__(self, detail: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(detail)
        self.faults = tuple(faults)


def problem(
    status: int, detail: str, faults: Iterable[Fault] = (), *, kind: str = "about:blank"
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": kind,
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    if errors := errors_of(faults):
        body["errors"] = errors
    return body


def errors_of(faults: Iterable[Fault], *, within: str = "") -> list[dict[str, str]]:
    return [{"pointer": within + fault.pointer, "detail": fault.detail} for fault in faults]


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Called by the framework after the transaction of the request was rolled back."""
    known = _as_api_exception(exception)
    if known is None:
        return None
    if known.status_code == 403 or isinstance(exception, NotPossible):
        _record_refusal(exception, known, context)
    faults = known.faults if isinstance(known, Invalid) else ()
    kind = getattr(exception, "problem_type", "about:blank")
    body = problem(known.status_code, _sentence(known), faults, kind=kind)
    return Response(body, status=known.status_code, headers=_headers(known), content_type=CONTENT_TYPE)


def _as_api_exception(exception: Exception) -> exceptions.APIException | None:
    if isinstance(exception, exceptions.APIException):
        return exception
    if isinstance(exception, NotAllowed):
        return exceptions.PermissionDenied(exception.sentence)
    if isinstance(exception, NotPossible):
        return Busy(exception.sentence)
    if isinstance(exception, Http404):
        return exceptions.NotFound(NOT_FOUND)
    if isinstance(exception, DjangoPermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(exception, UnreadablePostError):
        return exceptions.ParseError("The body broke off. Send the same request again.")
    if isinstance(exception, OperationalError | InterfaceError):
        # The class only: the message of a database error may quote a row.
        log.error("database not available", fault=type(exception.__cause__ or exception).__name__)
        return _Unavailable(BUSY)
    return None


class _Unavailable(exceptions.APIException):
    status_code = 503
    wait = 5


def _sentence(exception: exceptions.APIException) -> str:
    detail = exception.detail
    return str(detail) if isinstance(detail, str) else "This request is not valid."


def _headers(exception: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(exception, exceptions.UnsupportedMediaType):
        headers["Accept-Encoding"] = "gzip"
    return headers


def _record_refusal(exception: Exception, known: exceptions.APIException, context: dict[str, Any]) -> None:
    request = context["request"]
    # Only what authentication found: asking for `auth` before that would authenticate here.
    key = getattr(request, "_auth", None)
    if not isinstance(key, ApiKey):
        return
    match = request.resolver_match
    view = match.view_name if match else ""
    about = getattr(exception, "about", None) or About(
        object_type="api", object_id=view[:60], licensee_id=key.licensee_id
    )
    with transaction.atomic():
        record(
            Verb.ATTEMPT_REFUSED,
            by=key,
            about=about,
            reason=_sentence(known),
            payload={"method": request.method, "status": known.status_code, "view": view},
        )
