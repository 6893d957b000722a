"""Score what is pending. The conversation rows are the outbox: lease → read what is new → store and mark done at once.

The effect is stored with the mark in one transaction, and only if nothing that was read was rewritten meanwhile and
nobody was quicker: once for each revision, however often it was tried. A new message costs what it adds: the models go
on from their states of the conversation (`scoring/unread.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, transaction

from audit.record import Machine, record
from audit.verbs import Verb
from licensees.models import Policy
from scoring import registry
from scoring.keeping import Judged, keep
from scoring.key_providers import KeyUnavailable
from scoring.leases import Lease, is_wanted, lease_pending, lock, mark_done, put_back
from scoring.models import ModelVersion, Score
from scoring.pipeline import Model
from scoring.progress import Progress
from scoring.shadow import Opened, shadow
from scoring.unread import MESSAGES_AT_ONCE, Leased, Piece, pieces, with_states

MAXIMUM_ATTEMPTS = 5
GIVEN_UP = "scoring_failed"
WORKER = Machine("scoring")
# What PostgreSQL answers when it stopped a statement that ran too long.
OUT_OF_TIME = "57014"

log = structlog.get_logger(__name__)
Loaded = tuple[ModelVersion, Model]


@dataclass(frozen=True)
class Scorers:
    """Who scores, and who is compared with it if anybody."""

    champion: Loaded
    challenger: Loaded | None = None

    @classmethod
    def of_now(cls) -> "Scorers":
        return cls(registry.champion(), registry.challenger())

    @property
    def versions(self) -> list[ModelVersion]:
        """The champion first."""
        return [loaded[0] for loaded in (self.champion, self.challenger) if loaded]


def score_pending(*, limit: int | None = None) -> int:
    """Score up to `limit` pending conversations; answers how many were leased, 0 if none is pending now."""
    scorers = Scorers.of_now()
    leases = lease_pending(limit=limit or settings.ARTEMIS_SCORING_BATCH)
    score(leases, scorers)
    return len(leases)


def score(leases: Sequence[Lease], scorers: Scorers) -> None:
    """Together, which is quick; if that fails, one by one, so that only the one at fault is put back."""
    for lease in leases:
        if lease.attempt > MAXIMUM_ATTEMPTS:
            give_up(lease)
    fresh = [lease for lease in leases if lease.attempt <= MAXIMUM_ATTEMPTS]
    try:
        leased = with_states(fresh, scorers.versions)
    except Exception as fault:
        _raise_if_systemic(fault, fresh)
        raise
    for chunk in _chunks(leased, scorers):
        _score_chunk(chunk, scorers)


def _chunks(leased: Sequence[Leased], scorers: Scorers) -> Iterator[list[Leased]]:
    chunk: list[Leased] = []
    messages = 0
    for one in leased:
        unread = one.unread(scorers.versions).size
        if chunk and messages + unread > MESSAGES_AT_ONCE:
            yield chunk
            chunk, messages = [], 0
        chunk.append(one)
        messages += unread
    if chunk:
        yield chunk


def _score_chunk(leased: list[Leased], scorers: Scorers) -> None:
    try:
        _score_and_store(leased, scorers)
    except Exception as fault:
        _raise_if_systemic(fault, [one.lease for one in leased])
        for one in leased:
            _score_alone(one, scorers)


def _score_alone(leased: Leased, scorers: Scorers) -> None:
    lease = leased.lease
    try:
        _score_and_store([leased], scorers)
    except Exception as fault:
        _raise_if_systemic(fault, [lease])
        # The type only: the message of an exception may quote the conversation.
        log.warning("conversation not scored", conversation=lease.conversation_id, fault=type(fault).__name__)
        if lease.attempt >= MAXIMUM_ATTEMPTS:
            give_up(lease)
        else:
            put_back([lease], count_attempt=True)


def _raise_if_systemic(fault: Exception, leases: Sequence[Lease]) -> None:
    """A fault of the installation, not of a conversation: it counts against nobody, and nothing is given up."""
    if _is_systemic(fault):
        put_back(leases, count_attempt=False)
        raise fault


def _is_systemic(fault: Exception) -> bool:
    if isinstance(fault, OperationalError):
        # Running out of time may be a conversation's own fault: a very long one.
        return getattr(fault.__cause__, "sqlstate", None) != OUT_OF_TIME
    return isinstance(fault, InterfaceError | ProgrammingError | KeyUnavailable)


def _score_and_store(leased: Sequence[Leased], scorers: Scorers) -> None:
    version, model = scorers.champion
    progress = {one.conversation.pk: Progress(one, model, one.usable.get(version.pk)) for one in leased}
    opened: dict[int, list[Piece]] = {pk: [] for pk in progress}
    conversations = {one.conversation.pk: one.conversation for one in leased}
    for pk, piece in pieces([one.unread(scorers.versions) for one in leased], conversations):
        progress[pk].take(piece)
        if scorers.challenger:
            opened[pk].append(piece)
    kept = keep([Judged(one, one.judge()) for one in progress.values()], version)
    _compare([(one.progress.leased, opened[one.conversation_id]) for one in kept], scorers)


def _compare(opened: Sequence[Opened], scorers: Scorers) -> None:
    """The champion's results are stored: whatever happens to the challenger now costs its comparison only."""
    if scorers.challenger is None:
        return
    try:
        shadow(opened, *scorers.challenger)
    except Exception as fault:
        log.warning("challenger not compared", conversations=len(opened), fault=type(fault).__name__)


def give_up(lease: Lease) -> None:
    """Abstain in plain sight instead of trying for ever: the score says that there is none, and why."""
    with transaction.atomic():
        row = lock([lease]).get(lease.conversation_id)
        # What changed since is tried again.
        if row is None or not is_wanted(lease, row) or row.revision != lease.revision:
            return
        policy = Policy.objects.in_force(row.licensee_id)
        Score.objects.create(
            conversation=row,
            revision=lease.revision,
            message_count=lease.message_count,
            abstained=GIVEN_UP,
            threshold=policy.flag_threshold,
            imminent_threshold=policy.imminent_threshold,
        )
        mark_done([(lease, row)], None)
        record(Verb.SCORING_GIVEN_UP, by=WORKER, about=row.about(), payload={"attempts": lease.attempt})
