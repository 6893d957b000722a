"""Erases what is due, a batch at a time: lock → check → act → record, in one transaction each.

It may be killed at any line, and runs beside itself, beside ingestion, claims and escalations. Whatever somebody else
has locked at this moment is left for the next time, so nobody waits for it and it waits for nobody. Locks are taken in
the order of the house: the queue's rows, cases, conversations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from audit.record import About, Machine, record
from audit.verbs import Verb
from licensees.models import Licensee
from referrals.models import Packet
from retention.facts import Facts, facts_of
from retention.keeping import Standing, keeps_states, standing_of
from retention.models import Due, Terms
from review.models import Case
from scoring.erasing import Doomed, destroy_keys, erase, forget_states
from scoring.models import Conversation, Erasure

RETENTION = Machine("retention")
CONVERSATIONS_AT_ONCE = 100
# Bounds what one transaction overwrites; a conversation that is longer by itself goes alone.
MESSAGES_AT_ONCE = 20_000
CALLED_AT_ONCE = 5_000
# What somebody else holds just now.
LATER = timedelta(minutes=1)

# Other terms count now than those by which these were looked at: look again.
CALL_AGAIN = """
    UPDATE retention_due SET look_at = clock_timestamp(), judged_under = NULL
     WHERE conversation_id IN (
           SELECT conversation_id FROM retention_due
            WHERE licensee_id = %s AND look_at IS NOT NULL AND judged_under <> %s
            LIMIT %s FOR UPDATE SKIP LOCKED)
"""


@dataclass
class Batch:
    """What one transaction found: locked, with what is known of it."""

    now: datetime
    facts: dict[int, Facts] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)

    def terms_of(self, facts: Facts) -> Terms:
        return self.terms[facts.conversation.licensee_id]


def call_again() -> int:
    """Put before the sweep what was looked at under terms that no longer count; answers how many."""
    called = 0
    for licensee in Licensee.objects.all():
        terms = Terms.objects.in_force(licensee)
        with connection.cursor() as cursor:
            cursor.execute(CALL_AGAIN, [licensee.pk, terms.pk or 0, CALLED_AT_ONCE])
            called += cursor.rowcount
    return called


def erase_due(*, limit: int = CONVERSATIONS_AT_ONCE) -> int:
    """Look at up to `limit` conversations whose time has come; answers how many there were, 0 if none."""
    with transaction.atomic():
        due = _take(limit)
        batch = _locked(due)
        _judge(batch)
        _act(batch)
        _write_down(due, batch)
    return len(due)


def _take(limit: int) -> list[Due]:
    waiting = Due.objects.filter(look_at__lte=timezone.now()).order_by("look_at", "conversation_id")
    return list(waiting.select_for_update(skip_locked=True, of=("self",))[:limit])


def _locked(due: Sequence[Due]) -> Batch:
    ids = [one.conversation_id for one in due]
    cases = Case.every.select_for_update(skip_locked=True, of=("self",)).filter(conversation__in=ids)
    held = {case.pk for case in cases.order_by("pk")}
    rows = Conversation.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=ids)
    locked = [row.pk for row in _bounded(rows.order_by("pk"))]
    batch = Batch(timezone.now())
    # Read after the locks, the keys as well: a case that came in between stands now, and is not among those that are
    # locked; a key may have been destroyed.
    conversations = list(Conversation.objects.select_related("data_key", "licensee").filter(pk__in=locked))
    for pk, facts in facts_of(conversations).items():
        if all(case.pk in held for case in facts.cases):
            batch.facts[pk] = facts
    licensees = {row.licensee_id: row.licensee for row in conversations}
    batch.terms = {pk: Terms.objects.in_force(one, at=batch.now) for pk, one in licensees.items()}
    return batch


def _bounded(rows: Iterable[Conversation]) -> list[Conversation]:
    taken: list[Conversation] = []
    messages = 0
    for row in rows:
        messages += row.message_count
        if taken and messages > MESSAGES_AT_ONCE:
            break
        taken.append(row)
    return taken


def _judge(batch: Batch) -> None:
    for pk, facts in batch.facts.items():
        batch.standings[pk] = standing_of(facts, batch.terms_of(facts), now=batch.now)


def _act(batch: Batch) -> None:
    over = [pk for pk, standing in batch.standings.items() if standing.is_over(batch.now)]
    doomed = [_doomed(pk, batch) for pk in over if batch.standings[pk].rule]
    erasures = erase(doomed, by=RETENTION)
    packets = _destroy_packets([erasure.conversation_id for erasure in erasures])
    record_erasures(erasures, batch.facts, packets, by=RETENTION)
    _forget_states([batch.facts[pk] for pk in over if batch.standings[pk].kind == Due.Kind.STATES])
    for erasure in erasures:
        facts = batch.facts[erasure.conversation_id]
        facts.conversation.data_key.destroyed_at = erasure.erased_at
        facts.has_states = keeps_states(facts, batch.terms_of(facts), now=batch.now)
    _judge(batch)


def _doomed(pk: int, batch: Batch) -> Doomed:
    facts, standing = batch.facts[pk], batch.standings[pk]
    keeps = keeps_states(facts, batch.terms_of(facts), now=batch.now)
    return Doomed(facts.conversation, standing.rule, standing.term, keeps_states=keeps)


def _destroy_packets(conversation_ids: Sequence[int]) -> dict[int, int]:
    """{conversation: how many packets}: a packet is a copy of the evidence, under a key of its own."""
    path = "approval__escalation__case__conversation_id"
    rows = list(Packet.objects.filter(**{f"{path}__in": conversation_ids}).values_list(path, "data_key_id"))
    destroy_keys([key for _, key in rows])
    return {pk: sum(other == pk for other, _ in rows) for pk, _ in rows}


def _forget_states(over: Sequence[Facts]) -> None:
    forget_states([facts.conversation for facts in over])
    for facts in over:
        facts.has_states = False
    for licensee_id, own in _by_licensee(over).items():
        payload = {"conversations": [facts.conversation.pk for facts in own]}
        record(Verb.STATES_FORGOTTEN, by=RETENTION, about=_about(licensee_id), payload=payload)


def record_erasures(
    erasures: Sequence[Erasure], facts: dict[int, Facts], packets: dict[int, int], *, by: Any
) -> None:
    """Of a conversation with a case an entry of its own, in the case's story; of others one for each licensee and
    rule. Ids and counts, never a text."""
    apart: dict[tuple[int, str], list[Erasure]] = {}
    for erasure in erasures:
        case = facts[erasure.conversation_id].newest_case
        if case is None:
            apart.setdefault((erasure.licensee_id, erasure.rule), []).append(erasure)
            continue
        payload = _payload([erasure]) | {"packets": packets.get(erasure.conversation_id, 0)}
        record(Verb.EVIDENCE_ERASED, by=by, about=case.about(), payload=payload)
    for (licensee_id, _), own in apart.items():
        record(Verb.EVIDENCE_ERASED, by=by, about=_about(licensee_id), payload=_payload(own))


def _payload(erasures: Sequence[Erasure]) -> dict[str, Any]:
    return {
        "rule": erasures[0].rule,
        "term": erasures[0].term,
        "conversations": [erasure.conversation_id for erasure in erasures],
        "messages": sum(erasure.messages for erasure in erasures),
        "versions": sum(erasure.versions for erasure in erasures),
        "identities": sum(erasure.identities for erasure in erasures),
    }


def _about(licensee_id: int) -> About:
    return About(object_type="licensee", object_id=str(licensee_id), licensee_id=licensee_id)


def _by_licensee(facts: Sequence[Facts]) -> dict[int, list[Facts]]:
    found: dict[int, list[Facts]] = {}
    for one in facts:
        found.setdefault(one.conversation.licensee_id, []).append(one)
    return found


def _write_down(due: Sequence[Due], batch: Batch) -> None:
    for one in due:
        standing = batch.standings.get(one.conversation_id)
        if standing is None:
            one.look_at = batch.now + LATER
        else:
            terms = batch.terms_of(batch.facts[one.conversation_id])
            one.kind, one.look_at, one.judged_under = standing.kind, standing.until, terms.pk or 0
    Due.objects.bulk_update(due, ["kind", "look_at", "judged_under"])
