"""How often in a minute a key may call, a person may ask for pages, and an address may come without either.

Counted in Redis, by the minute, under keyed digests. Redis guards nothing but the pace: where it is away, everybody is
let through, since a platform's conversations, and a moderator's work, matter more than their pace.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.addresses import address_of
from accounts.sealed_secrets import keyed_digest
from licensees.models import ApiKey

MINUTE = 60
# Longer than Redis takes, shorter than anybody would notice.
PATIENCE_SECONDS = 0.2
TOO_OFTEN = (
    "This key called more than {most} times in a minute. Send more conversations in one call, or wait."
)
TOO_MANY_WRONG = "Too many calls without a valid key came from this address. Wait, and check the key."


@dataclass(frozen=True)
class Wait:
    """Until the next minute begins. The first one of a minute is recorded, and not each that follows."""

    seconds: float
    is_first: bool


log = structlog.get_logger(__name__)


class PerKey(BaseThrottle):
    """After the key was found valid."""

    def allow_request(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        wait = _wait(f"key {key.pk}", most=settings.ARTEMIS_KEY_CALLS)
        if wait is not None:
            raise Throttled(wait.seconds, TOO_OFTEN.format(most=settings.ARTEMIS_KEY_CALLS))
        return True


def check_wrong_keys(request: Request) -> None:
    """Before a key is looked up. Raises Throttled for an address that guesses."""
    most = settings.ARTEMIS_WRONG_KEYS
    wait = _wait(_guessing(request), most=most, counting=False)
    if wait is not None:
        raise Throttled(wait.seconds, TOO_MANY_WRONG)


def count_wrong_key(request: Request) -> None:
    _wait(_guessing(request), most=settings.ARTEMIS_WRONG_KEYS)


def wait_of_person(person_id: int) -> Wait | None:
    """More pages than anybody reads: whoever took over a session would copy what it shows."""
    return _wait(f"pages of person {person_id}", most=settings.ARTEMIS_PERSON_PAGES)


def wait_of_address(request: HttpRequest) -> Wait | None:
    """Pages that are open to everybody."""
    return _wait(f"pages from {address_of(request)}", most=settings.ARTEMIS_ADDRESS_PAGES)


def wait_of_applicant(request: HttpRequest) -> Wait | None:
    """The public form, sent from one address."""
    return _wait(f"applications from {address_of(request)}", most=settings.ARTEMIS_APPLICATIONS)


def _guessing(request: Request) -> str:
    return f"wrong keys from {address_of(request)}"


def _wait(name: str, *, most: int, counting: bool = True) -> Wait | None:
    """Where this was one too many; a limit of 0 is none."""
    if not most:
        return None
    now = time.time()
    place = f"artemis:pace:{keyed_digest(name).hex()}:{int(now) // MINUTE}"
    try:
        so_far = _counted(place) if counting else int(redis_in_haste().get(place) or 0) + 1
    except (redis.RedisError, OSError) as fault:
        log.warning("pace not counted", fault=type(fault).__name__)
        return None
    return Wait(MINUTE - now % MINUTE, is_first=so_far == most + 1) if so_far > most else None


def _counted(place: str) -> int:
    with redis_in_haste().pipeline(transaction=True) as together:
        together.incr(place)
        together.expire(place, 2 * MINUTE)
        return int(together.execute()[0])


@cache
def redis_in_haste() -> redis.Redis:
    """Of whoever would rather go on than wait for it."""
    patience = PATIENCE_SECONDS
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=patience, socket_connect_timeout=patience, retry=None
    )
