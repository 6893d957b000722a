"""How often a key may call in a minute, and how often an address may come with a key that is none.

Counted in Redis, by the minute, under keyed digests. Redis guards nothing but the pace: where it is away, everybody is
let through, since a platform's conversations matter more than its pace.
"""

import time
from functools import cache
from typing import Any

import redis
import structlog
from django.conf import settings
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

log = structlog.get_logger(__name__)


class PerKey(BaseThrottle):
    """After the key was found valid."""

    def allow_request(self, request: Request, view: Any) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return True
        wait = _seconds_to_wait(f"key {key.pk}", most=settings.ARTEMIS_KEY_CALLS)
        if wait is not None:
            raise Throttled(wait, TOO_OFTEN.format(most=settings.ARTEMIS_KEY_CALLS))
        return True


def check_wrong_keys(request: Request) -> None:
    """Before a key is looked up. Raises Throttled for an address that guesses."""
    most = settings.ARTEMIS_WRONG_KEYS
    wait = _seconds_to_wait(_guessing(request), most=most, counting=False)
    if wait is not None:
        raise Throttled(wait, TOO_MANY_WRONG)


def count_wrong_key(request: Request) -> None:
    _seconds_to_wait(_guessing(request), most=settings.ARTEMIS_WRONG_KEYS)


def _guessing(request: Request) -> str:
    return f"wrong keys from {address_of(request)}"


def _seconds_to_wait(name: str, *, most: int, counting: bool = True) -> float | None:
    """Until the next minute begins, where this was one too many; a limit of 0 is none."""
    if not most:
        return None
    now = time.time()
    place = f"artemis:pace:{keyed_digest(name).hex()}:{int(now) // MINUTE}"
    try:
        so_far = _counted(place) if counting else int(_client().get(place) or 0) + 1
    except (redis.RedisError, OSError) as fault:
        log.warning("pace not counted", fault=type(fault).__name__)
        return None
    return MINUTE - now % MINUTE if so_far > most else None


def _counted(place: str) -> int:
    with _client().pipeline(transaction=True) as together:
        together.incr(place)
        together.expire(place, 2 * MINUTE)
        return int(together.execute()[0])


@cache
def _client() -> redis.Redis:
    patience = PATIENCE_SECONDS
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=patience, socket_connect_timeout=patience, retry=None
    )
