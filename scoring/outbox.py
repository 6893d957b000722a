"""Score what is pending. The conversation rows are the outbox: lease → score → store and mark done at once.

A lease is a moment before which nobody else looks. It is committed before the work, with the attempt counted,
so that a conversation which kills its worker is not tried for ever; the effect is stored with the mark in one
transaction, and only if the revision is still the one that was scored: once, however often it was tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, connection, transaction
from django.utils import timezone

from audit.record import Machine, record
from audit.verbs import Verb
from licensees.models import Policy
from scoring import registry
from scoring.bulk import update_rows
from scoring.evidence import open_texts
from scoring.models import Conversation, Message, MessageRating, ModelVersion, Score
from scoring.pipeline import MessageRating as Rated
from scoring.pipeline import Model, Scored, Turn, band
from scoring.vault import KeyUnavailable

MAXIMUM_ATTEMPTS = 5
# Bounds a worker's memory: conversations are scored together up to so many messages.
MESSAGES_AT_ONCE = 20_000
# Ratings under this are not stored with a message: they would only cover what matters.
WORTH_SHOWING = 0.5
GIVEN_UP = "scoring_failed"
WORKER = Machine("scoring")
# What PostgreSQL answers when it stopped a statement that ran too long.
OUT_OF_TIME = "57014"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Lease:
    conversation_id: int
    revision: int
    message_count: int
    attempt: int


def score_pending(*, limit: int | None = None) -> int:
    """Score up to `limit` pending conversations; answers how many were leased, 0 if none is pending now."""
    version, model = registry.champion()
    leases = lease_pending(limit=limit or settings.ARTEMIS_SCORING_BATCH)
    for chunk in _chunks(leases):
        _score_chunk(chunk, version, model)
    return len(leases)


def lease_pending(*, limit: int) -> list[Lease]:
    """Oldest first; rows that another worker is leasing at this moment are skipped, not waited for."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE scoring_conversation
               SET score_after = clock_timestamp() + make_interval(secs => %s),
                   scoring_attempts = scoring_attempts + 1
             WHERE id IN (SELECT id FROM scoring_conversation
                           WHERE scored_revision < revision AND score_after <= clock_timestamp()
                           ORDER BY score_after, id LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id, revision, message_count, scoring_attempts
            """,
            [settings.ARTEMIS_SCORING_LEASE_SECONDS, limit],
        )
        return [Lease(*row) for row in cursor.fetchall()]


def _chunks(leases: Sequence[Lease]) -> Iterator[list[Lease]]:
    chunk: list[Lease] = []
    messages = 0
    for lease in leases:
        if chunk and messages + lease.message_count > MESSAGES_AT_ONCE:
            yield chunk
            chunk, messages = [], 0
        chunk.append(lease)
        messages += lease.message_count
    if chunk:
        yield chunk


def _score_chunk(leases: list[Lease], version: ModelVersion, model: Model) -> None:
    """Together, which is quick; if that fails, one by one, so that only the one at fault is put back."""
    tired = [lease for lease in leases if lease.attempt > MAXIMUM_ATTEMPTS]
    fresh = [lease for lease in leases if lease.attempt <= MAXIMUM_ATTEMPTS]
    for lease in tired:
        give_up(lease)
    try:
        _score_and_store(fresh, version, model)
    except Exception as fault:
        _raise_if_systemic(fault, fresh)
        for lease in fresh:
            _score_alone(lease, version, model)


def _score_alone(lease: Lease, version: ModelVersion, model: Model) -> None:
    try:
        _score_and_store([lease], version, model)
    except Exception as fault:
        _raise_if_systemic(fault, [lease])
        # The type only: the message of an exception may quote the conversation.
        log.warning("conversation not scored", conversation=lease.conversation_id, fault=type(fault).__name__)
        if lease.attempt >= MAXIMUM_ATTEMPTS:
            give_up(lease)
        else:
            _put_back([lease], count_attempt=True)


def _raise_if_systemic(fault: Exception, leases: list[Lease]) -> None:
    """A fault of the installation, not of a conversation: it counts against nobody, and nothing is given up."""
    if _is_systemic(fault):
        _put_back(leases, count_attempt=False)
        raise fault


def _is_systemic(fault: Exception) -> bool:
    if isinstance(fault, OperationalError):
        # Running out of time may be a conversation's own fault: a very long one.
        return getattr(fault.__cause__, "sqlstate", None) != OUT_OF_TIME
    return isinstance(fault, InterfaceError | ProgrammingError | KeyUnavailable)


def _score_and_store(leases: list[Lease], version: ModelVersion, model: Model) -> None:
    conversations = Conversation.objects.select_related("data_key").in_bulk(
        [one.conversation_id for one in leases]
    )
    messages = _messages_of(conversations)
    turns = [
        _turns(conversations[lease.conversation_id], messages[lease.conversation_id]) for lease in leases
    ]
    results = model.score_many(turns)
    policies = _policies_of(conversations)
    with transaction.atomic():
        held = _still_held(leases)
        done = [
            (one, scored) for one, scored in zip(leases, results, strict=True) if one.conversation_id in held
        ]
        Score.objects.bulk_create(
            Score(
                conversation_id=lease.conversation_id,
                revision=lease.revision,
                message_count=len(messages[lease.conversation_id]),
                model=version,
                **_judged(scored, policies[conversations[lease.conversation_id].licensee_id]),
            )
            for lease, scored in done
        )
        _store_ratings(
            [
                rated
                for lease, scored in done
                # An abstention rates no message.
                if scored.abstained is None
                for rated in zip(messages[lease.conversation_id], scored.messages, strict=True)
            ],
            version,
        )
        _mark_done([lease for lease, _ in done])


def _policies_of(conversations: dict[int, Conversation]) -> dict[int, Policy]:
    """The thresholds that each licensee has in force at this moment."""
    licensee_ids = {conversation.licensee_id for conversation in conversations.values()}
    return {licensee_id: Policy.objects.in_force(licensee_id) for licensee_id in licensee_ids}


def _messages_of(conversations: dict[int, Conversation]) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {pk: [] for pk in conversations}
    rows = Message.objects.filter(conversation_id__in=conversations).select_related("sender")
    for message in rows.order_by("conversation_id", "number"):
        found[message.conversation_id].append(message)
    return found


def _turns(conversation: Conversation, messages: list[Message]) -> list[Turn]:
    texts = open_texts(conversation, messages)
    return [
        Turn(
            id=message.external_id,
            sender=message.sender.external_id,
            sent_at=message.sent_at,
            text=texts[message.pk],
        )
        for message in messages
    ]


def _still_held(leases: list[Lease]) -> dict[int, int]:
    """Lock those whose revision is still the leased one. Others changed meanwhile and are pending again."""
    revisions = {lease.conversation_id: lease.revision for lease in leases}
    rows = (
        Conversation.objects.select_for_update()
        .filter(pk__in=revisions)
        .order_by("pk")
        .values_list("pk", "revision", "scored_revision")
    )
    return {
        pk: revision
        for pk, revision, scored_revision in rows
        if revision == revisions[pk] and scored_revision < revision
    }


def _store_ratings(rated: list[tuple[Message, Rated]], version: ModelVersion) -> None:
    MessageRating.objects.bulk_create(
        [
            MessageRating(
                message=message,
                model=version,
                conversation_id=message.conversation_id,
                evidence=rating.contribution,
                weight=0,
                ratings={key: value for key, value in rating.ratings.items() if value >= WORTH_SHOWING},
            )
            for message, rating in rated
        ],
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=["model", "evidence", "weight", "ratings"],
    )


def _judged(scored: Scored, policy: Policy) -> dict[str, Any]:
    probability = scored.probability
    thresholds = {"threshold": policy.flag_threshold, "imminent_threshold": policy.imminent_threshold}
    if probability is None:
        return {"abstained": scored.abstained, **thresholds}
    return {
        "probability": probability,
        "band": band(probability, policy.flag_threshold, policy.imminent_threshold),
        "flagged": probability >= policy.flag_threshold,
        "characteristics": dict(scored.characteristics),
        "base": scored.base,
        "logit": scored.logit,
        "whole_factor": 1.0,
        **thresholds,
    }


def _mark_done(leases: list[Lease]) -> None:
    now = timezone.now()
    rows = [(lease.conversation_id, lease.revision, 0, now) for lease in leases]
    update_rows(Conversation, ("scored_revision", "scoring_attempts", "score_after"), rows)


def _put_back(leases: list[Lease], *, count_attempt: bool) -> None:
    """Try again after a pause that doubles; a fault of the installation does not count against anybody."""
    for lease in leases:
        pause = timedelta(seconds=2**lease.attempt if count_attempt else 5)
        changes: dict[str, Any] = {"score_after": timezone.now() + pause}
        if not count_attempt:
            changes |= {"scoring_attempts": lease.attempt - 1}
        Conversation.objects.filter(pk=lease.conversation_id, revision=lease.revision).update(**changes)


def give_up(lease: Lease) -> None:
    """Abstain in plain sight instead of trying for ever: the score says that there is none, and why."""
    with transaction.atomic():
        if not _still_held([lease]):
            return
        conversation = Conversation.objects.get(pk=lease.conversation_id)
        policy = Policy.objects.in_force(conversation.licensee_id)
        Score.objects.create(
            conversation=conversation,
            revision=lease.revision,
            message_count=lease.message_count,
            abstained=GIVEN_UP,
            threshold=policy.flag_threshold,
            imminent_threshold=policy.imminent_threshold,
        )
        _mark_done([lease])
        record(
            Verb.SCORING_GIVEN_UP, by=WORKER, about=conversation.about(), payload={"attempts": lease.attempt}
        )
