"""What is kept of a conversation so that a new message costs what it adds: sums, edges and peaks; no text, no name.

A state summarises a run of messages that follow one another. Two runs merge into one by `merge`, in any grouping, so
reading in batches, one by one or all at once gives the same state. The size does not grow with the conversation.
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from scoring import compiled_state
from scoring.abstention import Amount
from scoring.compiled_course import ACCOUNT, ALL_ACCOUNTS, COURSE, ENDS, FACTS, REACH, ROW, ROWS
from scoring.compiled_state import (
    ALL_PEAKS,
    BEST,
    BEST_FIELDS,
    EDGE_FIELDS,
    FIRST,
    FIRST_EDGES,
    HAS_BEST,
    LAST,
    PEAK,
    PEAK_FIELDS,
    PEAKS,
    STRONGEST,
    TOTALS,
    WINDOW,
    WITH_WORDS,
)
from scoring.dynamics import Dynamics
from scoring.dynamics_accounts import MOST_ACCOUNTS
from scoring.features import SHRINKAGE

__all__ = [
    "WINDOW",
    "ConversationState",
    "Messages",
    "Peak",
    "Window",
    "window_value",
]

VERSION = 3

# What a state has beside the strongest product of each head.
FIXED = STRONGEST + COURSE
PARTS = 6

_HEAD = struct.Struct("<2H")
_NUMBERS, _INT64 = np.dtype("<i8"), np.dtype(np.int64)
NOT_NEXT = "Only a run of messages that follows directly can be merged."
OTHER_FORM = "The state was written in another form: read the whole conversation again."


class Peak(NamedTuple):
    """One of the strongest messages: its evidence over √(n-grams + 36) before scaling, and who wrote it."""

    value: float
    number: int
    account: int


class Window(NamedTuple):
    """A window of messages: evidence over n-grams + 36 before scaling, its first and last message, and both sums."""

    value: float
    first: int
    last: int
    evidence: int
    grams: int


def window_value(evidence: Any, grams: Any) -> Any:
    """Return how strong windows are, before scaling: evidence over n-grams + 36; numbers or arrays."""
    return evidence / (grams + SHRINKAGE)


class Totals(NamedTuple):
    """Messages, those of them that hold a word or sign, and sums of evidence and n-grams."""

    messages: int
    read: int
    evidence: int
    grams: int


class Messages(NamedTuple):
    """What was read of n messages that follow one another; the first has the number `first` in the conversation.

    `products` [n, 1 + K] whole numbers, the conversation head first; `counts` [n, 5] as the kernel gives them; `facts`
    [n, 3] of `dynamics_facts`, and `scale` turns whole numbers into evidence.
    """

    first: int
    products: np.ndarray
    counts: np.ndarray
    facts: np.ndarray
    scale: float
    with_course: bool = True

    @classmethod
    def without_course(cls, products: np.ndarray, counts: np.ndarray, accounts: np.ndarray) -> "Messages":
        """All messages of a conversation, where only what they say is asked for; `accounts` [n] keys."""
        facts = np.zeros((len(accounts), FACTS), dtype=np.int64)
        facts[:, ACCOUNT] = accounts
        return cls(1, products, counts, facts, 1.0, with_course=False)


@dataclass(eq=False)
class ConversationState:
    """The state of a run of messages under one model; it is not changed once it is made.

    `numbers` [432 + K + COURSE] int64 hold what `compiled_state` says: sums over all messages, the edges of 49 messages
    at most, the 40 messages of highest evidence, the strongest window of 50 messages, for each head its highest product
    with one message's vector, and the course.
    """

    numbers: np.ndarray

    @classmethod
    def of(cls, messages: Messages) -> "ConversationState":
        """Summarise messages."""
        numbers = np.zeros(FIXED + messages.products.shape[1] - 1, _INT64)
        compiled_state.summarise(numbers, *messages)
        return cls(numbers)

    @classmethod
    def read(
        cls,
        first: int,
        products: np.ndarray,
        counts: np.ndarray,
        facts: np.ndarray,
        scale: float,
        scales: np.ndarray,
        intercepts: np.ndarray,
        after: "ConversationState | None" = None,
    ) -> "tuple[ConversationState, np.ndarray]":
        """Summarise messages, given as `Messages` are, and rate each by K heads, [n, K], as `Rater.rate` does.

        The state is that of both runs where the messages follow one, `after`; what `merge` says holds.
        """
        numbers = np.empty(FIXED + products.shape[1] - 1, _INT64)
        if after is None:
            numbers.fill(0)
            return cls(numbers), compiled_state.summarise_and_rate(
                numbers, first, products, counts, facts, scale, scales, intercepts
            )
        follows, ratings = compiled_state.go_on_and_rate(
            after.numbers, numbers, first, products, counts, facts, scale, scales, intercepts
        )
        if not follows:
            raise ValueError(NOT_NEXT)
        return cls(numbers), ratings

    def merge(self, later: "ConversationState") -> "ConversationState":
        """Return the state of both runs; grouping does not matter.

        Raises ValueError where `later` does not begin with the message that follows this run.
        """
        numbers = np.zeros(self.numbers.size, _INT64)
        if not compiled_state.merge(self.numbers, later.numbers, numbers):
            raise ValueError(NOT_NEXT)
        return ConversationState(numbers)

    @cached_property
    def dynamics(self) -> Dynamics:
        """The course of the conversation; none where it was not asked for."""
        return Dynamics.from_course(self.numbers[-COURSE:], self.messages)

    @cached_property
    def totals(self) -> Totals:
        """Sums over all messages."""
        return Totals._make(self.numbers[:WITH_WORDS].tolist())

    @property
    def messages(self) -> int:
        return self.totals.messages

    @property
    def amount(self) -> Amount:
        """What abstention looks at."""
        return Amount(*self.numbers[WITH_WORDS:TOTALS].tolist())

    @property
    def strongest(self) -> np.ndarray:
        """The highest product of each head with one message's vector, before scaling, [K]."""
        return self.numbers[STRONGEST:-COURSE].view(np.float64)

    @property
    def best(self) -> Window | None:
        """The strongest window of 50 messages; None where there are fewer."""
        if not self.numbers[HAS_BEST]:
            return None
        first, last, evidence, grams = self.numbers[BEST + 1 : BEST + BEST_FIELDS].tolist()
        return Window(window_value(evidence, grams), first, last, evidence, grams)

    def peaks_over(self, value: float) -> list[Peak]:
        """Return those of the 40 strongest messages that are stronger than a value, strongest first."""
        if not self.numbers[ALL_PEAKS] or self.numbers[PEAK : PEAK + 1].view(np.float64)[0] <= value:
            return []
        rows = self.numbers[PEAK : PEAK + PEAK_FIELDS * int(self.numbers[ALL_PEAKS])].reshape(-1, PEAK_FIELDS)
        values = rows[:, 0].view(np.float64)
        count = int(values.size - np.searchsorted(values[::-1], value, side="right"))
        return [
            Peak(strength, number, account)
            for strength, (_, number, account) in zip(
                values[:count].tolist(), rows[:count].tolist(), strict=True
            )
        ]

    def to_bytes(self) -> bytes:
        """Return the state as bytes, under 6 KB whatever the length of the conversation."""
        filled = [self.numbers[start:end].astype(_NUMBERS).tobytes() for start, end in self._parts()]
        return b"".join([_HEAD.pack(VERSION, self.strongest.size), *filled])

    def _parts(self) -> list[tuple[int, int]]:
        """Where the numbers that are filled begin and end."""
        first, last, peaks = self.numbers[FIRST_EDGES:HAS_BEST].tolist()
        rows = self.numbers.size - COURSE + ROWS
        return [
            (0, FIRST),
            (FIRST, FIRST + EDGE_FIELDS * first),
            (LAST, LAST + EDGE_FIELDS * last),
            (PEAK, PEAK + PEAK_FIELDS * peaks),
            (STRONGEST, rows),
            (rows, rows + ROW * int(self.numbers[ALL_ACCOUNTS - COURSE])),
        ]

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConversationState":
        """Read a state. Raises ValueError, in words, where it was written in another form."""
        if len(data) < _HEAD.size + FIRST * _NUMBERS.itemsize:
            raise ValueError(OTHER_FORM)
        version, heads = _HEAD.unpack_from(data)
        if version != VERSION:
            raise ValueError(OTHER_FORM)
        numbers = np.zeros(FIXED + heads, dtype=np.int64)
        given = np.frombuffer(data, dtype=_NUMBERS, offset=_HEAD.size, count=(len(data) - _HEAD.size) // 8)
        state, read = cls(numbers), 0
        # How many accounts there are is known once the parts before them are read.
        for place in range(PARTS):
            start, end = state._parts()[place]
            if len(given) < read + end - start:
                raise ValueError(OTHER_FORM)
            numbers[start:end] = given[read : read + end - start]
            read += end - start
            if not _are_filled(numbers):
                raise ValueError(OTHER_FORM)
        if _HEAD.size + read * _NUMBERS.itemsize != len(data):
            raise ValueError(OTHER_FORM)
        return state

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, ConversationState) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]


def _are_filled(numbers: np.ndarray) -> bool:
    """Whether as many edges, peaks, accounts and ends are filled as there is room for."""
    first, last, peaks = numbers[FIRST_EDGES:HAS_BEST].tolist()
    accounts, ends = int(numbers[ALL_ACCOUNTS - COURSE]), int(numbers[ENDS - COURSE])
    return (
        0 <= first < WINDOW
        and 0 <= last < WINDOW
        and 0 <= peaks <= PEAKS
        and 0 <= accounts <= MOST_ACCOUNTS
        and 0 <= ends <= REACH
    )
