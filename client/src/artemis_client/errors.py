"""What may go wrong, by its kind; the sentence of a problem is Artemis's own and says what to do."""

from collections.abc import Mapping
from typing import Any

from artemis_client.values import Fault


class ArtemisError(Exception):
    """Whatever this client raises."""


class NotReached(ArtemisError):
    """No answer came, also after all attempts. The same call with the same Idempotency-Key may be made again."""


class WebhookError(ArtemisError):
    """This delivery is not to be believed; answer 400."""


class ProblemError(ArtemisError):
    """Artemis answered with a problem (RFC 9457)."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        faults: tuple[Fault, ...],
        request_id: str,
        wait: float | None,
    ) -> None:
        super().__init__(
            f"{status} {title}: {detail}" + "".join(f"\n  {one.pointer}: {one.detail}" for one in faults)
        )
        self.status, self.title, self.detail, self.faults = status, title, detail, faults
        # Name it when you ask the operator.
        self.request_id = request_id
        # Seconds after which the same call may be made again, where Artemis says so.
        self.retry_after = wait


class UnauthorizedError(ProblemError):
    """401: no valid key, or the call is not signed as this key demands."""


class NotAllowedError(ProblemError):
    """403: the key lacks a scope, or the licensee may not do this now."""


class NotFoundError(ProblemError):
    """404: unknown to this licensee."""


class ConflictError(ProblemError):
    """409: it contradicts what is known, or a hold stands."""


class TooLargeError(ProblemError):
    """413: send less at once."""


class InvalidError(ProblemError):
    """400, 415 or 422: the content cannot be taken; see the faults."""


class RateLimitedError(ProblemError):
    """429, also after all attempts."""


class UnavailableError(ProblemError):
    """5xx, also after all attempts."""


KINDS: Mapping[int, type[ProblemError]] = {
    400: InvalidError,
    401: UnauthorizedError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
    415: InvalidError,
    422: InvalidError,
    429: RateLimitedError,
}


def problem_of(status: int, body: Any, *, request_id: str, wait: float | None) -> ProblemError:
    """Whatever answered: a proxy in between knows nothing of problem details."""
    known = body if isinstance(body, dict) else {}
    faults = tuple(Fault(one.get("pointer", ""), one.get("detail", "")) for one in known.get("errors") or ())
    kind = KINDS.get(status, UnavailableError if status >= 500 else ProblemError)
    title, detail = (
        known.get("title", "No problem details"),
        known.get("detail", "Something in between answered."),
    )
    return kind(status, title, detail, faults, request_id, wait)
