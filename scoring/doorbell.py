"""Tells a worker that there is something to do. It may be lost: the sweep finds what nobody rang for."""

import structlog
from celery import current_app
from kombu.exceptions import KombuError
from kombu.pools import producers
from redis.exceptions import RedisError

TASK = "scoring.tasks.score_pending"

log = structlog.get_logger(__name__)


def ring(task: str = TASK) -> None:
    """A broker that is away or mute costs latency, never a conversation, and at most about two seconds here."""
    # A connection of its own: a worker has to be patient with the broker, who rings has not.
    impatient = current_app.connection(transport_options={"socket_timeout": 1})
    try:
        with producers[impatient].acquire(block=True, timeout=1) as producer:
            current_app.send_task(task, producer=producer, retry=False, expires=30)
    except (KombuError, RedisError, OSError) as fault:
        log.warning("doorbell not rung; the sweep will find the work", fault=type(fault).__name__)
