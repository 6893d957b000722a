"""The only writer of the trail."""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb

# Set by the middleware, so that acts of one request can be read together.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class Actor(Protocol):
    """Whoever acts: a person, a platform's key, or the machine itself."""

    @property
    def actor_name(self) -> str: ...

    @property
    def actor_roles(self) -> str: ...


@dataclass(frozen=True)
class Machine:
    """The system acting on its own: it scores, opens cases and lets claims expire; it never decides."""

    name: str
    actor_roles: str = ""

    @property
    def actor_name(self) -> str:
        return f"machine:{self.name}"


@dataclass(frozen=True)
class About:
    """What an act is about. Each model that is recorded answers `about()`."""

    object_type: str
    object_id: str
    licensee_id: int | None = None
    case_reference: str = ""


class OutsideTransaction(Exception):
    """An act would be recorded apart from its change: one could commit without the other."""


def record(
    verb: Verb,
    *,
    by: Actor,
    about: About,
    payload: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Append one entry in the caller's transaction. `payload` holds ids and digests, never message text.

    The case's counter row stays locked until the transaction ends, so numbers are contiguous: lock the case
    first, then record, always in that order.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{verb} must be recorded inside the transaction of the act itself.")
    event = AuditEvent(
        at=timezone.now(),
        verb=verb,
        actor=by.actor_name,
        actor_roles=by.actor_roles,
        licensee_id=about.licensee_id,
        object_type=about.object_type,
        object_id=about.object_id,
        case_reference=about.case_reference,
        case_sequence=_next_in_case(about.case_reference),
        request_id=request_id.get(),
        reason=reason[:300],
        payload=dict(payload or {}),
        nonce=secrets.token_bytes(16),
    )
    event.entry = canonical_entry(event)
    event.save(force_insert=True)
    return event


def canonical_entry(event: AuditEvent) -> str:
    """The canonical JSON (RFC 8785) of every column but the two derived ones, `entry` and `leaf_hash`."""
    return rfc8785.dumps(
        {
            "actor": event.actor,
            "actor_roles": event.actor_roles,
            "at": event.at.isoformat(),
            "case_reference": event.case_reference,
            "case_sequence": event.case_sequence,
            "id": str(event.id),
            "licensee_id": event.licensee_id,
            "nonce": bytes(event.nonce).hex(),
            "object_id": event.object_id,
            "object_type": event.object_type,
            "payload": event.payload,
            "reason": event.reason,
            "request_id": event.request_id,
            "verb": str(event.verb),
        }
    ).decode()


def _next_in_case(case_reference: str) -> int | None:
    if not case_reference:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_casecounter (case_reference, last) VALUES (%s, 1) "
            "ON CONFLICT (case_reference) DO UPDATE SET last = audit_casecounter.last + 1 RETURNING last",
            [case_reference],
        )
        number: int = cursor.fetchone()[0]
    return number
