"""A long trail for benchmarks/audit.py: entries like those of a year's work, put in by the owner of the tables.

Every trigger is on: the database computes each leaf hash and queues each entry, and the sealer seals them all.
"""

import os
import random
import secrets
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import transaction
from psycopg.types.json import Jsonb

from audit.models import AuditEvent
from audit.notes import load_signer
from audit.published import Published
from audit.record import About, Machine, canonical_entry, record
from audit.sealer import Sealer
from audit.verbs import Verb

BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES_A_CASE = 25
AT_ONCE = 50_000
COLUMNS = [field.column for field in AuditEvent._meta.concrete_fields if field.column != "leaf_hash"]
_COPY = f"COPY audit_auditevent ({', '.join(COLUMNS)}) FROM STDIN"
_TYPES = {
    "id": "uuid",
    "at": "timestamptz",
    "licensee_id": "int8",
    "case_sequence": "int4",
    "payload": "jsonb",
    "nonce": "bytea",
}


def fill(count: int, *, seed: int = 5) -> None:
    """`count` entries of cases, people and machines, with the numbers of each case as they would have been given."""
    chance, numbers = random.Random(seed), Counter[str]()
    for first in range(0, count, AT_ONCE):
        # As the owner of the tables: COPY is refused to whom rows are kept apart for.
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner, owner.cursor() as cursor:
            with cursor.copy(_COPY) as copy:
                copy.set_types([_TYPES.get(column, "text") for column in COLUMNS])
                for event in _events(range(first, min(first + AT_ONCE, count)), count, chance, numbers):
                    copy.write_row([_stored(event, column) for column in COLUMNS])
            cursor.executemany(
                "INSERT INTO audit_casecounter (case_reference, last) VALUES (%s, %s)"
                " ON CONFLICT (case_reference) DO UPDATE SET last = excluded.last",
                list(numbers.items()) if first + AT_ONCE >= count else [],
            )


def record_one() -> None:
    with transaction.atomic():
        record(Verb.MODEL_REGISTERED, by=Machine("benchmark"), about=About("model", "1"))


def seal(url: str) -> int:
    """As the sealer's process does it; answers how many entries."""
    signer, count = load_signer(settings.ARTEMIS_KEYS), 0
    with psycopg.connect(url, autocommit=True) as login:
        sealer = Sealer(login, signer, Published(settings.ARTEMIS_CHECKPOINTS, signer.verifier))
        while sealed := sealer.seal_once():
            count += sealed
    return count


def _events(places: range, count: int, chance: random.Random, numbers: Counter[str]) -> Iterator[AuditEvent]:
    cases = max(count // ENTRIES_A_CASE, 1)
    for place in places:
        of_case = chance.random() < 0.9
        number = chance.randrange(max(place * cases // count - 40, 0), place * cases // count + 1)
        reference = f"NW-{number + 1}" if of_case else ""
        if of_case:
            numbers[reference] += 1
        verb, payload = _act(chance)
        person = chance.randrange(1, 60)
        event = AuditEvent(
            id=uuid.UUID(int=chance.getrandbits(128), version=4),
            at=BEGAN_AT + timedelta(seconds=place * 20, microseconds=chance.randrange(1_000_000)),
            verb=verb,
            actor=f"person:{person}" if of_case else "machine:intake",
            actor_roles="moderator" if of_case else "",
            licensee_id=chance.randrange(1, 9) if of_case else None,
            object_type="case" if of_case else "conversation",
            object_id=str(number + 1),
            case_reference=reference,
            case_sequence=numbers[reference] if of_case else None,
            request_id=uuid.UUID(int=chance.getrandbits(128)).hex if of_case else "",
            reason=chance.choice(REASONS) if chance.random() < 0.1 else "",
            payload=payload,
            nonce=secrets.token_bytes(16),
        )
        event.entry = canonical_entry(event)
        yield event


def _stored(event: AuditEvent, column: str) -> Any:
    value = getattr(event, column)
    return Jsonb(value) if column == "payload" else str(value) if column == "verb" else value


# --- Acts as they are recorded ------------------------------------------------------------------

REASONS = (
    "Two people who know each other from the club; nothing points further.",
    "They say it is “only a game”; a colleague should look again.",
    'The platform asked: "which account was it?"\nAnswered by telephone.',
)


def _act(chance: random.Random) -> tuple[Verb, dict[str, Any]]:
    """A verb and what it says besides, in about the shares that a day's work has."""
    number, first = chance.randrange(1, 10**6), chance.randrange(1, 10**7)
    at = (BEGAN_AT + timedelta(seconds=number, microseconds=number)).isoformat()
    acts: list[tuple[int, Verb, dict[str, Any]]] = [
        (25, Verb.CASE_CLAIMED, {"from": "waiting", "to": "in_review", "claim": number, "until": at}),
        (30, Verb.EVIDENCE_VIEWED, {"messages": list(range(first, first + chance.randrange(1, 51)))}),
        (10, Verb.CASE_ANNOTATED, {"annotation": number, "message": first, "characteristic": "age_probe"}),
        (10, Verb.CASE_DECIDED, {"from": "in_review", "to": "closed", "decision": number, "changes": {}}),
        (
            10,
            Verb.CONVERSATIONS_ACCEPTED,
            {
                "conversations": [
                    {"id": first + one, "messages": one + 1, "revision": 1}
                    for one in range(chance.randrange(1, 6))
                ],
                "messages": chance.randrange(1, 40),
                "digest": f"{first:064x}",
            },
        ),
        (10, Verb.CASE_OPENED, {"score": number, "conversation": first, "band": "high", "lane": "standard"}),
        (5, Verb.MODEL_DRIFTED, {"week": at[:10], "kind": "scores", "index": round(chance.random(), 4)}),
    ]
    ((_, verb, payload),) = chance.choices(acts, weights=[share for share, _, _ in acts])
    return verb, payload
