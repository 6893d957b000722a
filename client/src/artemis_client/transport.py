"""Makes one call, again and again if need be: with the same Idempotency-Key, and as late as Artemis asks."""

import gzip
import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from artemis_client.errors import NotReached, problem_of
from artemis_client.signing import headers_of_call, secret_bytes

USER_AGENT = "artemis-client/0.1.0"
AGAIN = frozenset({429, 502, 503, 504})
PACKED_FROM = 1024
LONGEST_WAIT = 60.0
LARGEST_ANSWER = 32 * 1024 * 1024
CHUNK = 64 * 1024
FAILURES = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class Transport:
    """Keeps one connection open for each thread, and follows no redirect: nothing is sent where nobody said."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        signing_secret: str | None,
        timeout: float,
        attempts: int,
        context: ssl.SSLContext | None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(
                "The address is https:// and the host of Artemis, such as https://artemis.example."
            )
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("Without https the key and the text would be read on the way. Use https://.")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._base = parts.path.rstrip("/")
        self._key = key
        self._secret = None if signing_secret is None else secret_bytes(signing_secret)
        self._timeout, self._attempts = timeout, max(1, attempts)
        self._context = context
        self._local = threading.local()

    def call(
        self,
        method: str,
        target: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        idempotency_key: str | None = None,
    ) -> Answer:
        """The answer of a call that succeeded. Raises the problem, or NotReached after the last attempt."""
        headers = {"Content-Type": content_type} if body is not None else {}
        if body is not None and len(body) >= PACKED_FROM:
            body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        attempts = self._attempts
        failed = False
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                answer = self._once(method, self._base + target, body, headers)
            except FAILURES as failure:
                self.close()
                if last:
                    raise NotReached(f"Artemis did not answer ({type(failure).__name__}).") from failure
                failed = True
                time.sleep(_pause(attempt))
                continue
            if answer.status < 400:
                return answer
            problem = problem_of(
                answer.status,
                answer.body,
                request_id=answer.headers.get("x-request-id", ""),
                wait=_wait(answer),
            )
            # Sent again after an answer was lost, a call may meet itself, which is still being answered.
            meets_itself = answer.status == 409 and failed and not problem.faults
            if last or not (answer.status in AGAIN or meets_itself):
                raise problem
            time.sleep(problem.retry_after if problem.retry_after is not None else _pause(attempt))
        raise AssertionError("A loop of at least one attempt answers or raises.")

    def upload(self, target: str, path: Path, headers: Mapping[str, str]) -> Answer:
        """A file as it lies there, in one attempt: what sends it may be long, and the answer is a job."""
        self.close()  # A connection that lay idle may be shut at the other end: there is one attempt only.
        with path.open("rb") as file:
            try:
                answer = self._once(
                    "POST", self._base + target, file, {**headers, "Content-Length": str(path.stat().st_size)}
                )
            except FAILURES as failure:
                self.close()
                raise NotReached(f"Artemis did not answer ({type(failure).__name__}).") from failure
        if answer.status >= 400:
            raise problem_of(
                answer.status,
                answer.body,
                request_id=answer.headers.get("x-request-id", ""),
                wait=_wait(answer),
            )
        return answer

    def close(self) -> None:
        """End this thread's connection; the next call opens another one."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _once(
        self, method: str, target: str, body: bytes | IO[bytes] | None, headers: Mapping[str, str]
    ) -> Answer:
        own = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", "User-Agent": USER_AGENT}
        if self._secret is not None:
            signed = b"" if body is None else body if isinstance(body, bytes) else _whole(body)
            own |= headers_of_call(self._secret, method=method, target=target, body=signed)
        connection = self._connection()
        connection.request(method, target, body=body, headers={**headers, **own})
        response = connection.getresponse()
        try:
            raw = response.read(LARGEST_ANSWER)
        finally:
            # Where the other end closes, the answer has the socket, and not the connection.
            if response.will_close or not response.isclosed():
                response.close()
                self.close()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, _json(raw), named)

    def _connection(self) -> http.client.HTTPConnection:
        known: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if known is None:
            known = self._opened()
            self._local.connection = known
        return known

    def _opened(self) -> http.client.HTTPConnection:
        if not self._secure:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        context = self._context or ssl.create_default_context()
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=context)


def packed_lines(lines: Iterable[Mapping[str, Any]], path: Path) -> None:
    """One JSON value a line, packed by gzip, written as they come."""
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _whole(file: IO[bytes]) -> bytes:
    """Signed calls are signed over the whole body, which then has to be in memory."""
    content = file.read()
    file.seek(0)
    return content


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


def _pause(attempt: int) -> float:
    """Twice as long each time, and never as long as everybody else's."""
    return min(LONGEST_WAIT, 0.5 * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _wait(answer: Answer) -> float | None:
    value = answer.headers.get("retry-after", "")
    if value.isdecimal():
        return min(LONGEST_WAIT, float(value))
    try:
        return min(LONGEST_WAIT, max(0.0, parsedate_to_datetime(value).timestamp() - time.time()))
    except (ValueError, TypeError):
        return None
