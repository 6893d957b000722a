"""Turns messages into the few numbers that the course of a conversation is summed up from; no text, no name."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np

from scoring.compiled_course import (
    ASKS,
    FACTS,
    HAS_MARK,
    IS_EXACT,
    IS_NIGHT,
    IS_ZONED,
    NO_TIME,
    REACH,
    REFUSES,
)
from scoring.dynamics_accounts import account_key
from scoring.dynamics_refusals import is_question, is_refusal, is_request
from scoring.dynamics_times import is_night, milliseconds

_INT64 = np.dtype(np.int64)


class Message(Protocol):
    """What is read of a message, such as of a `pipeline.Turn`."""

    @property
    def sender(self) -> str: ...

    @property
    def sent_at(self) -> datetime | None: ...

    @property
    def text(self) -> str: ...


def facts_of(turns: Sequence[Message], *, every: bool = False) -> np.ndarray:
    """Return the account, time and flags of consecutive messages, [n, 3] int64, as `compiled_course` says.

    Whether a message asks is told of those near the ends and after a refusal, where it counts; of all if `every`.
    """
    if len(turns) == 1:
        # A single message is what a live conversation grows by.
        row = np.empty((1, FACTS), _INT64)
        row[0, 0], row[0, 1], flags = _facts_of(turns[0])
        asks = flags & HAS_MARK or (not flags & REFUSES and is_request(turns[0].text))
        row[0, 2] = flags | ASKS if asks else flags
        return row
    rows = [_facts_of(turn) for turn in turns]
    texts = [turn.text for turn in turns]
    for place in range(len(rows)) if every or len(rows) <= 2 * REACH else _near(rows):
        account, at, flags = rows[place]
        if flags & HAS_MARK or (not flags & REFUSES and is_request(texts[place])):
            rows[place] = account, at, flags | ASKS
    return np.array(rows, dtype=np.int64).reshape(-1, FACTS)


def _facts_of(turn: Message) -> tuple[int, int, int]:
    text, sent_at = turn.text, turn.sent_at
    flags = HAS_MARK if is_question(text) else REFUSES if is_refusal(text) else 0
    offset = None if sent_at is None else sent_at.utcoffset()
    if sent_at is None or offset is None:
        return account_key(turn.sender), NO_TIME, flags
    if is_night(sent_at):
        flags |= IS_NIGHT
    if offset:
        flags |= IS_ZONED
    if sent_at.second or sent_at.microsecond:
        flags |= IS_EXACT
    return account_key(turn.sender), milliseconds(sent_at), flags


def _near(rows: Sequence[tuple[int, int, int]]) -> Iterable[int]:
    """The places at both ends and those of refusals and of the eight messages after each."""
    left = len(rows) - REACH
    near = {*range(REACH), *range(left, len(rows))}
    for place in [place for place in range(left) if rows[place][2] & REFUSES]:
        near.update(range(place, place + REACH + 1))
    return near
