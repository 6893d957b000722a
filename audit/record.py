"""The only writer of the trail."""

import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import rfc8785
from django.db import connection
from django.utils import timezone

from accounts.row_scope import system_scope
from audit.models import AuditEvent
from audit.verbs import Verb

# Set by the middleware, so that acts of one request can be read together.
request_id: ContextVar[str] = ContextVar("request_id", default="")

NUMBER = "case_sequence"
GIVEN_THERE = frozenset({NUMBER, "entry", "leaf_hash"})
NUMBERED = """
    WITH counted AS (
      INSERT INTO audit_casecounter (case_reference, last) VALUES (%s, 1)
          ON CONFLICT (case_reference) DO UPDATE SET last = audit_casecounter.last + 1 RETURNING last)
    INSERT INTO audit_auditevent ({names}, case_sequence, entry)
    SELECT {values}, last, %s || last || %s FROM counted RETURNING case_sequence, entry
"""


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
        request_id=request_id.get(),
        reason=reason[:300],
        payload=dict(payload or {}),
        nonce=secrets.token_bytes(16),
    )
    if about.case_reference:
        _number_and_write(event)
    else:
        event.entry = canonical_entry(event)
        event.save(force_insert=True)
    return event


def canonical_entry(event: AuditEvent) -> str:
    """The canonical JSON (RFC 8785) of every column but the two derived ones, `entry` and `leaf_hash`."""
    return rfc8785.dumps(_facts(event)).decode()


def _facts(event: AuditEvent) -> dict[str, Any]:
    return {
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


def _around_the_number(event: AuditEvent) -> tuple[str, str]:
    """The entry up to the number that the case gives it, and from there on: its names stand in their order."""
    facts = _facts(event)
    before = {name: value for name, value in facts.items() if name < NUMBER}
    after = {name: value for name, value in facts.items() if name > NUMBER}
    head, tail = rfc8785.dumps(before).decode(), rfc8785.dumps(after).decode()
    return f'{head[:-1]},"{NUMBER}":', f",{tail[1:]}"


@system_scope("an act is recorded whoever acts, and reads back its own number")
def _number_and_write(event: AuditEvent) -> None:
    """In one journey: the case gives the next number, and the entry is written with it."""
    written = [field for field in AuditEvent._meta.concrete_fields if field.attname not in GIVEN_THERE]
    names = ", ".join(str(field.column) for field in written)
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in written]
    statement = NUMBERED.format(names=names, values=", ".join(["%s"] * len(written)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [event.case_reference, *values, *_around_the_number(event)])
        event.case_sequence, event.entry = cursor.fetchone()
    event._state.adding, event._state.db = False, connection.alias
