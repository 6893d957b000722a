"""What is kept of a conversation so that a new message costs what it adds: sums, edges and peaks; no text, no name.

A state summarises a run of messages that follow one another. Two runs merge into one by `merge`, in any grouping, so
reading in batches, one by one or all at once gives the same state. The size does not grow with the conversation.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from scoring.abstention import Amount
from scoring.compiled import FOREIGN_LETTERS, GRAMS, KNOWN, LETTERS, WORDS
from scoring.dynamics import Dynamics
from scoring.features import SHRINKAGE, divisors

WINDOW = 50
PEAKS = 40
VERSION = 1

_HEAD = struct.Struct("<6H9q")
_EDGE, _PEAK, _BEST = struct.Struct("<3q"), struct.Struct("<dqQ"), struct.Struct("<d4q")
OTHER_FORM = "The state was written in another form: read the whole conversation again."


class Edge(NamedTuple):
    """A message near an end of a run, for windows that cross it."""

    number: int
    evidence: int
    grams: int


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


def account_digest(sender: str) -> int:
    """Return 64 bits that tell accounts of one conversation apart without naming them."""
    digest = hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def window_value(evidence: Any, grams: Any) -> Any:
    """Return how strong windows are, before scaling: evidence over n-grams + 36; numbers or arrays."""
    return evidence / (grams + SHRINKAGE)


@dataclass(frozen=True, slots=True)
class Messages:
    """What was read of n messages that follow one another; the first has the number `first` in the conversation.

    `products` [n, 1 + K] whole numbers, the conversation head first; `counts` [n, 5] as the kernel gives them;
    `accounts` n digests.
    """

    first: int
    products: np.ndarray
    counts: np.ndarray
    accounts: Sequence[int]
    dynamics: Dynamics

    @classmethod
    def without_course(cls, products: np.ndarray, counts: np.ndarray, accounts: np.ndarray) -> "Messages":
        """All messages of a conversation, where only what they say is asked for."""
        return cls(1, products, counts, accounts.tolist(), Dynamics())


@dataclass(frozen=True, eq=False, slots=True)
class ConversationState:
    """The state of a run of messages under one model.

    `messages` all, `read` those that hold a word or sign; `evidence` and `grams` sums over them; `amount` what
    abstention looks at; `strongest` [K] the highest product of each head with one message's vector, before scaling;
    `peaks` the 40 messages of highest evidence, strongest first; `first` and `last` the edges, 49 messages at most;
    `best` the strongest window of 50 messages, None where there are fewer; `dynamics` the course.
    """

    messages: int
    read: int
    evidence: int
    grams: int
    amount: Amount
    strongest: np.ndarray
    peaks: tuple[Peak, ...]
    first: tuple[Edge, ...]
    last: tuple[Edge, ...]
    best: Window | None
    dynamics: Dynamics

    @classmethod
    def of(cls, messages: Messages) -> "ConversationState":
        """Summarise messages."""
        counts = messages.counts.tolist()
        vectors = messages.products / divisors(messages.counts[:, GRAMS])[:, None]
        rows = zip(messages.products[:, 0].tolist(), counts, strict=True)
        edges = [
            Edge(number, int(evidence), row[GRAMS])
            for number, (evidence, row) in enumerate(rows, start=messages.first)
            if row[GRAMS]
        ]
        if len(edges) < len(counts):
            vectors = vectors[messages.counts[:, GRAMS] > 0]
        written = zip(vectors[:, 0].tolist(), edges, strict=True)
        first = messages.first
        return cls(
            messages=len(counts),
            read=len(edges),
            evidence=sum(edge.evidence for edge in edges),
            grams=sum(edge.grams for edge in edges),
            amount=_amount(counts),
            strongest=vectors[:, 1:].max(axis=0, initial=-np.inf),
            peaks=_strongest(
                [Peak(value, edge.number, messages.accounts[edge.number - first]) for value, edge in written]
            ),
            first=tuple(edges[: WINDOW - 1]),
            last=tuple(edges[-(WINDOW - 1) :]),
            best=_best_window(edges),
            dynamics=messages.dynamics,
        )

    def merge(self, later: "ConversationState") -> "ConversationState":
        """Return the state of both runs, of which `later` follows directly; grouping does not matter."""
        crossing = _best_window((*self.last, *later.first))
        return ConversationState(
            messages=self.messages + later.messages,
            read=self.read + later.read,
            evidence=self.evidence + later.evidence,
            grams=self.grams + later.grams,
            amount=self.amount + later.amount,
            strongest=np.maximum(self.strongest, later.strongest),
            peaks=_strongest((*self.peaks, *later.peaks)),
            first=(*self.first, *later.first)[: WINDOW - 1],
            last=(*self.last, *later.last)[-(WINDOW - 1) :],
            best=_best(self.best, crossing, later.best),
            dynamics=self.dynamics.merge(later.dynamics),
        )

    def to_bytes(self) -> bytes:
        """Return the state as bytes, under 6 KB whatever the length of the conversation."""
        sizes = (
            self.strongest.size,
            len(self.first),
            len(self.last),
            len(self.peaks),
            int(self.best is not None),
        )
        sums = (self.messages, self.read, self.evidence, self.grams, *astuple(self.amount))
        parts = [_HEAD.pack(VERSION, *sizes, *sums), self.strongest.astype("<f8").tobytes()]
        parts += [_EDGE.pack(*edge) for edge in (*self.first, *self.last)]
        parts += [_PEAK.pack(*peak) for peak in self.peaks]
        parts += [_BEST.pack(*self.best)] if self.best else []
        return b"".join(parts) + self.dynamics.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConversationState":
        """Read a state. Raises ValueError, in words, where it was written in another form."""
        if len(data) < _HEAD.size or int.from_bytes(data[:2], "little") != VERSION:
            raise ValueError(OTHER_FORM)
        _, heads, first, last, peaks, best, messages, read, evidence, grams, *amount = _HEAD.unpack_from(data)
        lengths = (8 * heads, _EDGE.size * first, _EDGE.size * last, _PEAK.size * peaks, _BEST.size * best)
        ends = list(accumulate(lengths, initial=_HEAD.size))
        if ends[-1] > len(data):
            raise ValueError(OTHER_FORM)
        parts = [data[start:end] for start, end in pairwise(ends)]
        return cls(
            messages=messages,
            read=read,
            evidence=evidence,
            grams=grams,
            amount=Amount(*amount),
            strongest=np.frombuffer(parts[0], dtype="<f8"),
            peaks=tuple(map(Peak._make, _PEAK.iter_unpack(parts[3]))),
            first=tuple(map(Edge._make, _EDGE.iter_unpack(parts[1]))),
            last=tuple(map(Edge._make, _EDGE.iter_unpack(parts[2]))),
            best=Window._make(_BEST.unpack(parts[4])) if best else None,
            dynamics=Dynamics.from_bytes(data[ends[-1] :]),
        )

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, ConversationState) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]


def _amount(counts: Sequence[Sequence[int]]) -> Amount:
    if not counts:
        return Amount()
    columns = list(zip(*counts, strict=True))
    sums = [sum(columns[place]) for place in (WORDS, KNOWN, LETTERS, FOREIGN_LETTERS)]
    return Amount(sum(count > 0 for count in columns[WORDS]), *sums)


def _strongest(peaks: Sequence[Peak]) -> tuple[Peak, ...]:
    """Return the 40 strongest, strongest first, of equal ones the earliest."""
    return tuple(sorted(peaks, key=lambda peak: (-peak[0], peak[1]))[:PEAKS])


def _best_window(edges: Sequence[Edge]) -> Window | None:
    """Return the strongest window of 50 messages, of equal ones the earliest; None where there are fewer."""
    if len(edges) < WINDOW:
        return None
    evidence = sum(edge[1] for edge in edges[:WINDOW])
    grams = sum(edge[2] for edge in edges[:WINDOW])
    best = Window(window_value(evidence, grams), edges[0][0], edges[WINDOW - 1][0], evidence, grams)
    for last in range(WINDOW, len(edges)):
        # Whole numbers, so running sums are exact.
        gone, new = edges[last - WINDOW], edges[last]
        evidence, grams = evidence + new[1] - gone[1], grams + new[2] - gone[2]
        if (value := window_value(evidence, grams)) > best.value:
            best = Window(value, edges[last - WINDOW + 1][0], new[0], evidence, grams)
    return best


def _best(*windows: Window | None) -> Window | None:
    found = [window for window in windows if window is not None]
    return min(found, key=lambda window: (-window.value, window.first), default=None)
