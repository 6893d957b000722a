"""What the models have not read yet of the leased conversations: only that is fetched, and opened once for all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from scoring.evidence import open_state, open_texts
from scoring.key_providers import EvidenceUnreadable, KeyUnavailable
from scoring.language import CHARACTERS_READ, Language, identify
from scoring.leases import Lease
from scoring.models import Conversation, ConversationState, Message, ModelVersion
from scoring.pipeline import Turn
from scoring.state import ConversationState as State

# Bounds a worker's memory: so many messages are fetched and read together.
MESSAGES_AT_ONCE = 20_000
# The beginning of a conversation, where its language has to be found again, is fetched in parts of so many messages.
BEGINNING = 200
# The inner query keeps its order, so the planner looks up each span in the index by conversation and number.
SPANS = """
    SELECT message.id, message.conversation_id, message.external_id, message.version, message.text_sealed,
           message.sent_at, message.erasure_id, sender.position AS sender_position
      FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS span (conversation_id, first, last)
     CROSS JOIN LATERAL (
           SELECT * FROM scoring_message
            WHERE conversation_id = span.conversation_id AND number BETWEEN span.first AND span.last
            ORDER BY number) message
      JOIN scoring_participant sender ON sender.id = message.sender_id
     ORDER BY message.conversation_id, message.number
"""

log = structlog.get_logger(__name__)


class Span(NamedTuple):
    """Messages first … last of a conversation."""

    conversation_id: int
    first: int
    last: int

    @property
    def size(self) -> int:
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True)
class Piece:
    """Some messages of one conversation, opened: they follow one another from number `first`.

    A text that was erased is an empty one, and the message has no id here: what was rated of it before stays.
    """

    first: int
    turns: list[Turn]
    message_ids: list[int | None]

    def since(self, number: int) -> "Piece":
        """Without the messages before `number`."""
        skipped = max(0, number - self.first)
        return Piece(self.first + skipped, self.turns[skipped:], self.message_ids[skipped:])


@dataclass
class Leased:
    """A leased conversation with the models' states of it, by the model's key; a usable one may be gone on from."""

    lease: Lease
    conversation: Conversation
    states: dict[int, State] = field(default_factory=dict)
    usable: dict[int, State] = field(default_factory=dict)

    def unread(self, versions: Sequence[ModelVersion]) -> Span:
        """From the first message that one of the models has yet to read."""
        states = [self.usable.get(version.pk) for version in versions]
        read = min(state.messages if state else 0 for state in states)
        return Span(self.conversation.pk, read + 1, self.lease.message_count)


def with_states(leases: Sequence[Lease], versions: Sequence[ModelVersion]) -> list[Leased]:
    """Two queries, however many conversations. The first of `versions` is the champion."""
    conversations = Conversation.objects.select_related("data_key").in_bulk(
        [lease.conversation_id for lease in leases]
    )
    leased = {
        lease.conversation_id: Leased(lease, conversations[lease.conversation_id])
        for lease in leases
        if lease.conversation_id in conversations
    }
    for row in ConversationState.objects.filter(conversation__in=leased, model__in=versions):
        one = leased[row.conversation_id]
        state = _opened_state(row, one.conversation)
        if state is not None:
            one.states[row.model_id] = state
            if _is_usable(row, one, champion=versions[0]):
                one.usable[row.model_id] = state
    return list(leased.values())


def _is_usable(row: ConversationState, leased: Leased, *, champion: ModelVersion) -> bool:
    """Nothing that it covers was rewritten since, it does not reach beyond what is scored now, and the champion's own
    evidence stands with the messages that it covers."""
    conversation = leased.conversation
    is_current = row.revision >= conversation.rewritten_revision
    is_rated = row.model_id != champion.pk or conversation.rated_by_id == champion.pk
    return is_current and is_rated and row.messages <= leased.lease.message_count


def _opened_state(row: ConversationState, conversation: Conversation) -> State | None:
    try:
        return State.from_bytes(open_state(conversation, model_id=row.model_id, sealed=row.data))
    except KeyUnavailable:
        raise
    except (EvidenceUnreadable, ValueError) as fault:
        # Written by another version of the technique, or damaged: the messages are still there to be read.
        log.warning("state not read", conversation=conversation.pk, fault=type(fault).__name__)
        return None


# --- Texts -------------------------------------------------------------------------------------


def pieces(spans: Sequence[Span], conversations: dict[int, Conversation]) -> Iterator[tuple[int, Piece]]:
    """(conversation, its messages), opened. One query for all, or several for one conversation that is very long."""
    for part in _parts(spans):
        rows = _fetched(part)
        for span in part:
            found = rows.get(span.conversation_id, [])
            yield span.conversation_id, _opened(span.first, found, conversations[span.conversation_id])


def _parts(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    if sum(span.size for span in spans) <= MESSAGES_AT_ONCE:
        yield spans
        return
    for span in spans:
        for first in range(span.first, span.last + 1, MESSAGES_AT_ONCE):
            yield [span._replace(first=first, last=min(span.last, first + MESSAGES_AT_ONCE - 1))]


def _fetched(spans: Sequence[Span]) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = {}
    for message in Message.objects.raw(SPANS, [list(column) for column in zip(*spans, strict=True)]):
        found.setdefault(message.conversation_id, []).append(message)
    return found


def _opened(first: int, messages: list[Message], conversation: Conversation) -> Piece:
    texts = open_texts(conversation, messages)
    turns = [
        Turn(
            message.external_id,
            # Who an account is elsewhere says nothing of what is said here.
            str(message.sender_position),  # type: ignore[attr-defined]  # of SPANS
            message.sent_at,
            texts[message.pk],
        )
        for message in messages
    ]
    return Piece(
        first, turns, [None if message.erasure_id is not None else message.pk for message in messages]
    )


def language_of(conversation: Conversation, message_count: int) -> Callable[[], Language]:
    """Finds the language by the beginning of the conversation, when it is asked: rarely, and by a few letters."""

    def found() -> Language:
        return identify(_beginning(conversation, message_count))

    return found


def _beginning(conversation: Conversation, message_count: int) -> list[str]:
    texts: list[str] = []
    for first in range(1, message_count + 1, BEGINNING):
        span = Span(conversation.pk, first, min(message_count, first + BEGINNING - 1))
        for _, piece in pieces([span], {conversation.pk: conversation}):
            texts.extend(turn.text for turn in piece.turns)
        if sum(len(text) + 1 for text in texts) >= CHARACTERS_READ:
            break
    return texts
