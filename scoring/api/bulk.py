"""Platforms hand in files of conversations here, one a line, and ask how far they are."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ParseError, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import PLATFORM, access
from audit.transitions import NotPossible
from licensees.models import ApiKey, Licensee
from scoring.api.conversations import OneConversation
from scoring.api.idempotency import BAD_KEY, LONGEST_KEY, OTHER_REQUEST
from scoring.api.parsers import CHUNK, MOST_DISCARDED, unzipped
from scoring.api.platform_view import PlatformView, key_of, licensee_of
from scoring.api.problems import Invalid, TooLarge
from scoring.api.schema_bulk import GET_JOB, POST_BULK
from scoring.bulk_receiving import OtherBody, begin, discard, most_bytes, receive
from scoring.incoming import Fault
from scoring.models import BulkFault, BulkJob

# Text seldom packs to less than a tenth; a bomb, to a thousandth.
MOST_TIMES = 200
UNSUSPICIOUS = 64 * 1024 * 1024
FAULTS_A_PAGE = 500

LINES = "application/x-ndjson"
BROKE_OFF = (
    "The body broke off. With an Idempotency-Key what came is kept for a day: send the same body again with "
    "the same key, and it goes on where it broke off."
)
TOO_PACKED = f"The body unpacks to more than {MOST_TIMES} times its size. Send it less packed."
NO_JOB = "There is no job with this id. The answer to the body that began it has its address."
PRIORITY = f"This must be one of: {', '.join(BulkJob.Priority.values)}."
AFTER = "This must be the number of a line."


class BrokeOff(ParseError):
    """Fewer bytes came than were announced: the connection's fault, not the body's."""


class Bulk(OneConversation):
    """POST is its own; a conversation whose id is “bulk” is asked for at the same address."""

    scopes: ClassVar[dict[str, str]] = OneConversation.scopes | {"POST": ApiKey.Scope.CONVERSATIONS_WRITE}

    @extend_schema(exclude=True)
    def get(self, request: Request, external_id: str = "bulk") -> Response:
        return super().get(request, external_id)

    @extend_schema(exclude=True)
    def delete(self, request: Request, external_id: str = "bulk") -> Response:
        return super().delete(request, external_id)

    @POST_BULK
    def post(self, request: Request) -> Response:
        _check_form(request)
        key = _idempotency_key(request)
        try:
            job = begin(
                licensee=licensee_of(request),
                priority=_priority(request),
                by=key_of(request),
                idempotency_key=key,
            )
            job, is_replay = _received(job, request)
        except OtherBody:
            raise Invalid(OTHER_REQUEST) from None
        headers = {"Location": _url(job)} | ({"Idempotent-Replay": "true"} if is_replay else {})
        return Response(job_answer(job), status=202, headers=headers)


class OneJob(PlatformView):
    scopes: ClassVar[dict[str, str]] = {
        "GET": ApiKey.Scope.CONVERSATIONS_WRITE,
        "HEAD": ApiKey.Scope.CONVERSATIONS_WRITE,
    }

    @GET_JOB
    def get(self, request: Request, job_id: UUID) -> Response:
        job = get_job_for(licensee_of(request), job_id)
        return Response(job_answer(job, after=_after(request)))


bulk = access(PLATFORM)(Bulk.as_view())
one_job = access(PLATFORM)(OneJob.as_view())


def get_job_for(licensee: Licensee, job_id: UUID) -> BulkJob:
    job = BulkJob.objects.filter(licensee=licensee, pk=job_id).first()
    if job is None:
        raise NotFound(NO_JOB)
    return job


def _received(job: BulkJob, request: Request) -> tuple[BulkJob, bool]:
    """What was refused leaves nothing behind; what only broke off, and can be known again, goes on later."""
    raw = _announced(request)
    try:
        return receive(job=job, pieces=_bounded(raw, request), by=key_of(request))
    except BrokeOff:
        if not job.idempotency_key:
            discard(job=job)
        raise
    except (ParseError, NotPossible):
        discard(job=job)
        raise
    except TooLarge:
        discard(job=job)
        # A client that is still sending would see a broken connection instead of the answer.
        for _ in islice(raw, MOST_DISCARDED // CHUNK):
            pass
        raise
    except Exception:
        if not job.idempotency_key:
            discard(job=job)
        raise


class _announced:  # noqa: N801 - an iterator that is used like a function
    """The body in pieces as it comes, with the number of bytes so far."""

    def __init__(self, request: Request) -> None:
        self.stream: Any = request.stream
        self.expected = int(request.headers.get("Content-Length") or 0)
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece: bytes = self.stream.read(CHUNK) if self.stream is not None else b""
        self.bytes += len(piece)
        if piece:
            return piece
        if self.bytes < self.expected:
            raise BrokeOff(BROKE_OFF)
        raise StopIteration


def _bounded(raw: _announced, request: Request) -> Iterator[bytes]:
    """Unpacked, and stopped at the first byte over a limit."""
    is_packed = "gzip" in request.headers.get("Content-Encoding", "").lower()
    most, total = most_bytes(), 0
    for piece in unzipped(raw) if is_packed else raw:
        total += len(piece)
        if total > most:
            raise TooLarge(f"A body in bulk has at most {most:,} bytes after decompression. Send several.")
        if total > UNSUSPICIOUS and total > MOST_TIMES * raw.bytes:
            raise TooLarge(TOO_PACKED)
        yield piece


def _check_form(request: Request) -> None:
    if request.content_type.split(";")[0].strip().lower() != LINES:
        raise UnsupportedMediaType(request.content_type, f"Send {LINES}, one conversation a line.")
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise UnsupportedMediaType(encoding, "Content-Encoding may be gzip or absent.")


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise ParseError(BAD_KEY)
    return str(key)


def _priority(request: Request) -> str:
    priority = request.query_params.get("priority", BulkJob.Priority.LIVE)
    if priority not in BulkJob.Priority.values:
        raise Invalid("The job was not taken.", [Fault("/priority", PRIORITY)])
    return str(priority)


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise Invalid("This page cannot be shown.", [Fault("/after", AFTER)])
    return int(after)


def job_answer(job: BulkJob, *, after: int = 0) -> dict[str, Any]:
    """How far it is, and a page of the lines that were refused."""
    faults = list(BulkFault.objects.filter(job=job, line__gt=after).order_by("line")[: FAULTS_A_PAGE + 1])
    page = faults[:FAULTS_A_PAGE]
    more = len(faults) > FAULTS_A_PAGE
    return {
        "id": str(job.pk),
        "url": _url(job),
        "state": job.state,
        "note": job.note,
        "priority": job.priority,
        "bytes": job.bytes,
        "lines": {"received": job.lines, "done": job.lines_done},
        "conversations": {
            "accepted": job.conversations_accepted,
            "duplicate": job.conversations_duplicate,
            "refused": job.conversations_refused,
        },
        "messages": {"accepted": job.messages_accepted, "duplicate": job.messages_duplicate},
        "received_at": job.received_at,
        "finished_at": job.finished_at,
        "errors": [{"line": one.line, "status": one.status, "errors": one.errors} for one in page],
        "next": f"{_url(job)}?after={page[-1].line}" if more else None,
    }


def _url(job: BulkJob) -> str:
    return reverse("scoring_api:job", args=[job.pk])
