"""What is known of the evaluated conversations before any score: a few numbers each, never their text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from scoring.training_data import author_disjoint_folds

UNLABELLED = -1
ROLE_SHARE, ROLE_CONVERSATIONS = 0.25, 50
WORD_BANDS = ((60, "under 60"), (151, "60–150"), (501, "151–500"), (None, "over 500"))
MESSAGE_BANDS = ((6, "under 6"), (21, "6–20"), (51, "21–50"), (151, "51–150"), (None, "over 150"))
ATTRIBUTES = ("age_band", "gender", "native_speaker")
ROLES = ("subject", "possible_minor")
Slice = tuple[str, str]


@dataclass(frozen=True)
class Facts:
    """N conversations: `labels` 1, 0 or −1; `files` the place of their file; `messages` the non-empty ones;
    `groups` the connected component of shared senders; `folds` author-disjoint; `slices` [N, S] which slice
    each stands in, by the names in `slice_names`; `roles_only` how many names were taken for roles.
    """

    labels: np.ndarray
    files: np.ndarray
    messages: np.ndarray
    words: np.ndarray
    groups: np.ndarray
    folds: np.ndarray
    slices: sparse.csc_array
    slice_names: tuple[Slice, ...]
    languages: Mapping[str, int]
    has: frozenset[str]
    roles_only: int
    all_messages: int
    senders: int

    @property
    def size(self) -> int:
        return int(self.labels.size)

    def mask_of(self, name: Slice) -> np.ndarray:
        """Return which conversations stand in a slice, [N]."""
        column = self.slices[:, [self.slice_names.index(name)]]
        return np.asarray(column.toarray().ravel() > 0)


@dataclass
class FactsReader:
    """Collects facts while records go by."""

    labels: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    members: list[tuple[int, ...]] = field(default_factory=list)
    writers: list[tuple[int, ...]] = field(default_factory=list)
    slice_places: dict[Slice, int] = field(default_factory=dict)
    sender_places: dict[str, int] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    has: set[str] = field(default_factory=set)
    all_messages: int = 0

    def add(self, file: int, record: Mapping[str, Any]) -> None:
        """Take one record of the labelled form; `file` is the place of its file."""
        texts = [message["text"] for message in record["messages"]]
        label = record.get("label")
        self.labels.append(UNLABELLED if label is None else int(label))
        self.files.append(file)
        self.messages.append(sum(bool(text.strip()) for text in texts))
        self.words.append(sum(len(text.split()) for text in texts))
        self.all_messages += len(texts)
        self.languages[record.get("language") or "und"] += 1
        self.has.update(_kinds_of_labels(record))
        self._add_places(record)

    def _add_places(self, record: Mapping[str, Any]) -> None:
        senders = dict.fromkeys(message["sender"] for message in record["messages"])
        self.writers.append(
            tuple(self.sender_places.setdefault(name, len(self.sender_places)) for name in senders)
        )
        named = {*_length_slices(self.words[-1], self.messages[-1]), *_described(record), *_declared(record)}
        places = sorted(named)
        self.members.append(
            tuple(self.slice_places.setdefault(name, len(self.slice_places)) for name in places)
        )

    def finished(self, *, seed: int, folds: int) -> Facts:
        """Return the facts with groups and folds; conversations that share a sender share both."""
        labels, files = np.array(self.labels, dtype=np.int8), np.array(self.files, dtype=np.int64)
        groups, roles_only = sender_groups(self.writers, files, len(self.sender_places))
        own = [frozenset({str(group)}) for group in groups.tolist()]
        return Facts(
            labels=labels,
            files=files,
            messages=np.array(self.messages, dtype=np.int64),
            words=np.array(self.words, dtype=np.int64),
            groups=groups,
            folds=author_disjoint_folds(own, labels.astype(int), seed=seed, folds=folds),
            slices=_membership(self.members, len(self.slice_places)),
            slice_names=tuple(self.slice_places),
            languages=dict(self.languages),
            has=frozenset(self.has),
            roles_only=roles_only,
            all_messages=self.all_messages,
            senders=len(self.sender_places),
        )


def sender_groups(writers: list[tuple[int, ...]], files: np.ndarray, senders: int) -> tuple[np.ndarray, int]:
    """Number the connected components of conversations through shared senders, [N], and count the names that
    are no accounts.

    A name that writes in a quarter of the conversations of a file with at least 50 is a role, such as "user"
    or "agent 1", and joins nothing.
    """
    lengths = np.array([len(own) for own in writers], dtype=np.int64)
    rows = np.repeat(np.arange(len(writers)), lengths)
    names = np.fromiter((name for own in writers for name in own), dtype=np.int64, count=int(lengths.sum()))
    is_role = _roles(names, files[rows], np.bincount(files), senders)
    rows, kept = rows[~is_role], names[~is_role]
    size = len(writers) + senders
    graph = sparse.coo_array((np.ones(rows.size, bool), (rows, len(writers) + kept)), shape=(size, size))
    return connected_components(graph, directed=False)[1][: len(writers)], np.unique(names[is_role]).size


def _roles(names: np.ndarray, files: np.ndarray, conversations: np.ndarray, senders: int) -> np.ndarray:
    pairs, inverse, counts = np.unique(files * senders + names, return_inverse=True, return_counts=True)
    sizes = conversations[pairs // senders] if pairs.size else pairs
    return ((sizes >= ROLE_CONVERSATIONS) & (counts >= ROLE_SHARE * sizes))[inverse]


def _membership(members: list[tuple[int, ...]], width: int) -> sparse.csc_array:
    rows = np.repeat(np.arange(len(members)), [len(own) for own in members])
    columns = np.array([place for own in members for place in own], dtype=np.int64)
    return sparse.csc_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(len(members), width))


def _kinds_of_labels(record: Mapping[str, Any]) -> Iterator[str]:
    return (name for name in ("authors", "spans", "groups") if record.get(name) is not None)


def _length_slices(words: int, messages: int) -> Iterable[Slice]:
    return ("words", _band(words, WORD_BANDS)), ("messages", _band(messages, MESSAGE_BANDS))


def _band(size: int, bands: tuple[tuple[int | None, str], ...]) -> str:
    return next(name for end, name in bands if end is None or size < end)


def _described(record: Mapping[str, Any]) -> Iterable[Slice]:
    yield "language", record.get("language") or "not declared"
    if record.get("source"):
        yield "source", str(record["source"])


def _declared(record: Mapping[str, Any]) -> Iterator[Slice]:
    """What accounts that write here are declared to be: for any of them, and by role where roles are known."""
    roles = record.get("authors") or {}
    for account, declared in (record.get("groups") or {}).items():
        for attribute in ATTRIBUTES:
            value = _word(declared.get(attribute)) if isinstance(declared, Mapping) else None
            if value is not None:
                yield attribute, value
                if roles.get(account) in ROLES:
                    yield f"{attribute}:{roles[account]}", value


def _word(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int) and str(value) else None
