"""What is kept of a conversation so that a new message costs what it adds: sums, edges and peaks; no text, no name.

A state summarises a run of messages that follow one another. Two runs merge into one by `merge`, in any grouping, so
reading in batches, one by one or all at once gives the same state. The size does not grow with the conversation.
"""

import hashlib
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from scoring.abstention import Amount
from scoring.compiled import FOREIGN_LETTERS, GRAMS, KNOWN, LETTERS, WORDS
from scoring.dynamics import Dynamics
from scoring.features import SHRINKAGE, divisors

WINDOW = 50
PEAKS = 40
VERSION = 1

# Messages at an edge, for windows that cross it; the strongest messages; the strongest window.
EDGE = np.dtype([("number", "<i8"), ("evidence", "<i8"), ("grams", "<i8")])
PEAK = np.dtype([("value", "<f8"), ("number", "<i8"), ("account", "<u8")])
BEST = np.dtype([("value", "<f8"), ("first", "<i8"), ("last", "<i8"), ("evidence", "<i8"), ("grams", "<i8")])
_HEAD = np.dtype(
    [
        ("version", "<u2"),
        ("heads", "<u2"),
        ("edges", "<u2", 2),
        ("peaks", "<u2"),
        ("best", "<u2"),
        ("messages", "<i8"),
        ("read", "<i8"),
        ("evidence", "<i8"),
        ("grams", "<i8"),
        ("amount", "<i8", 5),
    ]
)
OTHER_FORM = "The state was written in another form: read the whole conversation again."


def account_digest(sender: str) -> int:
    """Return 64 bits that tell accounts of one conversation apart without naming them."""
    digest = hashlib.blake2b(sender.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def window_value(evidence: np.ndarray, grams: np.ndarray) -> np.ndarray:
    """Return how strong windows are, before scaling: evidence over n-grams + 36."""
    return evidence / (grams + SHRINKAGE)


@dataclass(frozen=True)
class Messages:
    """What was read of n messages that follow one another; `numbers` are their places in the conversation, from 1.

    `products` [n, 1 + K] whole numbers, the conversation head first; `counts` [n, 5] as the kernel gives them;
    `accounts` [n] uint64.
    """

    numbers: np.ndarray
    products: np.ndarray
    counts: np.ndarray
    accounts: np.ndarray
    dynamics: Dynamics

    @classmethod
    def without_course(cls, products: np.ndarray, counts: np.ndarray, accounts: np.ndarray) -> "Messages":
        """All messages of a conversation, where only what they say is asked for."""
        return cls(np.arange(1, len(products) + 1), products, counts, accounts, Dynamics())


@dataclass(frozen=True, eq=False)
class ConversationState:
    """The state of a run of messages under one model.

    `messages` all, `read` those that hold a word or sign; `evidence` and `grams` sums over them; `amount` what
    abstention looks at; `strongest` [K] the highest product of each head with one message's vector, before scaling;
    `peaks` the 40 messages of highest evidence, strongest first; `first` and `last` the edges, 49 messages at most;
    `best` the strongest window of 50 messages, none or one; `dynamics` the course.
    """

    messages: int
    read: int
    evidence: int
    grams: int
    amount: Amount
    strongest: np.ndarray
    peaks: np.ndarray
    first: np.ndarray
    last: np.ndarray
    best: np.ndarray
    dynamics: Dynamics

    @classmethod
    def of(cls, messages: Messages) -> "ConversationState":
        """Summarise messages."""
        grams = messages.counts[:, GRAMS]
        read = grams > 0
        edges = np.empty(int(read.sum()), dtype=EDGE)
        edges["number"], edges["grams"] = messages.numbers[read], grams[read]
        edges["evidence"] = messages.products[read, 0]
        vectors = messages.products[read] / divisors(grams[read])[:, None]
        return cls(
            messages=len(grams),
            read=edges.size,
            evidence=int(edges["evidence"].sum()),
            grams=int(edges["grams"].sum()),
            amount=_amount(messages.counts),
            strongest=vectors[:, 1:].max(axis=0, initial=-np.inf),
            peaks=_peaks(vectors[:, 0], edges["number"], messages.accounts[read]),
            first=edges[: WINDOW - 1].copy(),
            last=edges[max(0, edges.size - WINDOW + 1) :].copy(),
            best=_best_window(edges),
            dynamics=messages.dynamics,
        )

    def merge(self, later: "ConversationState") -> "ConversationState":
        """Return the state of both runs, of which `later` follows directly; grouping does not matter."""
        crossing = _best_window(np.concatenate([self.last, later.first]))
        return ConversationState(
            messages=self.messages + later.messages,
            read=self.read + later.read,
            evidence=self.evidence + later.evidence,
            grams=self.grams + later.grams,
            amount=self.amount + later.amount,
            strongest=np.maximum(self.strongest, later.strongest),
            peaks=_sorted_peaks(np.concatenate([self.peaks, later.peaks])),
            first=np.concatenate([self.first, later.first])[: WINDOW - 1],
            last=np.concatenate([self.last, later.last])[-(WINDOW - 1) :],
            best=_strongest_window(np.concatenate([self.best, crossing, later.best])),
            dynamics=self.dynamics.merge(later.dynamics),
        )

    def to_bytes(self) -> bytes:
        """Return the state as bytes, under 6 KB whatever the length of the conversation."""
        head = np.zeros(1, dtype=_HEAD)
        head["version"], head["heads"] = VERSION, self.strongest.size
        head["edges"] = self.first.size, self.last.size
        head["peaks"], head["best"] = self.peaks.size, self.best.size
        head["messages"], head["read"] = self.messages, self.read
        head["evidence"], head["grams"] = self.evidence, self.grams
        head["amount"] = astuple(self.amount)
        parts = (head, self.strongest.astype("<f8"), self.peaks, self.first, self.last, self.best)
        return b"".join(part.tobytes() for part in parts) + self.dynamics.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConversationState":
        """Read a state. Raises ValueError, in words, where it was written in another form."""
        if len(data) < _HEAD.itemsize or int.from_bytes(data[:2], "little") != VERSION:
            raise ValueError(OTHER_FORM)
        head = np.frombuffer(data, _HEAD, 1)[0]
        place, arrays = _HEAD.itemsize, []
        sizes = (head["heads"], head["peaks"], *head["edges"], head["best"])
        for kind, size in zip((np.dtype("<f8"), PEAK, EDGE, EDGE, BEST), sizes, strict=True):
            if place + kind.itemsize * int(size) > len(data):
                raise ValueError(OTHER_FORM)
            arrays.append(np.frombuffer(data, kind, int(size), place))
            place += kind.itemsize * int(size)
        strongest, peaks, first, last, best = arrays
        return cls(
            messages=int(head["messages"]),
            read=int(head["read"]),
            evidence=int(head["evidence"]),
            grams=int(head["grams"]),
            amount=Amount(*map(int, head["amount"])),
            strongest=strongest,
            peaks=peaks,
            first=first,
            last=last,
            best=best,
            dynamics=Dynamics.from_bytes(data[place:]),
        )

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, ConversationState) and self.to_bytes() == other.to_bytes()

    __hash__ = None  # type: ignore[assignment]


def _amount(counts: np.ndarray) -> Amount:
    with_words = int((counts[:, WORDS] > 0).sum())
    return Amount(with_words, *counts[:, [WORDS, KNOWN, LETTERS, FOREIGN_LETTERS]].sum(axis=0).tolist())


def _peaks(values: np.ndarray, numbers: np.ndarray, accounts: np.ndarray) -> np.ndarray:
    peaks = np.empty(values.size, dtype=PEAK)
    peaks["value"], peaks["number"], peaks["account"] = values, numbers, accounts
    return _sorted_peaks(peaks)


def _sorted_peaks(peaks: np.ndarray) -> np.ndarray:
    """Return the 40 strongest, strongest first, of equal ones the earliest."""
    if peaks.size < 2:
        return peaks
    return peaks[np.lexsort((peaks["number"], -peaks["value"]))[:PEAKS]]


def _best_window(edges: np.ndarray) -> np.ndarray:
    """Return the strongest window of 50 messages, of equal ones the earliest; none where there are fewer."""
    if edges.size < WINDOW:
        return np.empty(0, dtype=BEST)
    # Whole numbers, so running sums are exact.
    running = [np.concatenate([[0], np.cumsum(edges[name])]) for name in ("evidence", "grams")]
    evidence, grams = (sums[WINDOW:] - sums[:-WINDOW] for sums in running)
    values = window_value(evidence, grams)
    place = int(np.argmax(values))
    ends = edges["number"][place], edges["number"][place + WINDOW - 1]
    return np.array([(values[place], *ends, evidence[place], grams[place])], dtype=BEST)


def _strongest_window(windows: np.ndarray) -> np.ndarray:
    if windows.size < 2:
        return windows
    return windows[np.lexsort((windows["first"], -windows["value"]))[:1]]
