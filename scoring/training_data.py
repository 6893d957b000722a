"""What training works on: a corpus as numbers, and its split into folds so that no author is on two sides."""

import json
from array import array
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from scipy import sparse

from scoring.training_spool import Spool

Progress = Callable[[str, float | None], None]


# A name in a quarter of the positive conversations and in so many benign ones is a role in the corpus, not an account.
ROLE_SHARE, ROLE_CONVERSATIONS = 0.25, 25


class TrainingError(ValueError):
    """The corpus cannot be trained on; the message says what is missing."""


@dataclass(frozen=True)
class TrainingData:
    """A corpus as numbers: C conversations, whose messages are in the blocks of `spool`.

    `labels` [C] 1, 0 or −1 (unlabelled); `misspelt` [C] whether it is a copy in odd spelling of the one before it;
    `annotated` [C] whether spans were marked; `judged` [C] whether there is enough to judge; `folds` [C];
    `sources` [C]; `course_rows` [C] the row in `course` [R, F], features of `course_names`, −1 where there is none;
    `accounts` how many wrote; `annotated_messages` and `marked_messages` how many there are, copies included.
    """

    spool: Spool
    labels: np.ndarray
    misspelt: np.ndarray
    annotated: np.ndarray
    judged: np.ndarray
    folds: np.ndarray
    sources: np.ndarray
    source_names: tuple[str, ...]
    course: np.ndarray
    course_rows: np.ndarray
    course_names: tuple[str, ...]
    messages: int
    annotated_messages: int
    marked_messages: int
    accounts: int
    digest: str
    languages: tuple[str, ...]

    @property
    def plain(self) -> np.ndarray:
        """Which conversations are as they were brought and labelled, [C] bool."""
        return (self.labels >= 0) & ~self.misspelt

    def course_of(self, conversations: np.ndarray) -> np.ndarray:
        """Return the course of conversations, indices [n] or a mask [C] → [n, F]."""
        rows = self.course_rows[conversations]
        course = np.full((rows.size, len(self.course_names)), np.nan)
        course[rows >= 0] = self.course[rows[rows >= 0]]
        return course

    def close(self) -> None:
        """Remove what was kept on disk."""
        self.spool.close()


def canonical(record: dict[str, Any]) -> bytes:
    """Return a record as the line that the digest counts; escapes keep lone surrogates representable."""
    return (
        json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
    )


def author_disjoint_folds(
    authors: Sequence[Collection[Hashable]], labels: np.ndarray, *, seed: int, folds: int
) -> np.ndarray:
    """Give each conversation a fold, [C], so that conversations that share an author, directly or by a chain, share
    the fold.

    Components are dealt from large to small, each to the fold with the fewest conversations of its main
    label.
    """
    numbers: dict[Hashable, int] = {}
    flat = [numbers.setdefault(name, len(numbers)) for own in authors for name in own]
    ends = np.cumsum([len(own) for own in authors])
    return disjoint_folds(np.array(flat, dtype=np.uint64), ends, labels, seed=seed, folds=folds)


def disjoint_folds(
    authors: np.ndarray, ends: np.ndarray, labels: np.ndarray, *, seed: int, folds: int
) -> np.ndarray:
    """The same for numbers of authors after one another, of which those of each conversation end at `ends` [C]."""
    components = _components(*_without_roles(authors, ends, labels))
    sizes = np.bincount(components)
    counts = np.column_stack(
        [np.bincount(components[labels == label], minlength=sizes.size) for label in (-1, 0, 1)]
    )
    shuffled = array("q", range(sizes.size))
    Random(seed).shuffle(shuffled)  # noqa: S311 - reproducible, not secret
    order = np.array(shuffled, dtype=np.int64)
    order = order[np.argsort(-sizes[order], kind="stable")]
    return _dealt(order, counts, folds)[components]


def _dealt(order: np.ndarray, counts: np.ndarray, folds: int) -> np.ndarray:
    """Deal components one after another, each to the fold with the fewest of its main label; `counts` [n, 3]."""
    mains = counts.argmax(axis=1)
    filled = [[0] * folds for _ in range(counts.shape[1])]
    result = np.empty(len(counts), dtype=np.int16)
    for component in order.tolist():
        own = filled[mains[component]]
        fold = own.index(min(own))
        for held, count in zip(filled, counts[component].tolist(), strict=True):
            held[fold] += count
        result[component] = fold
    return result


def _without_roles(
    authors: np.ndarray, ends: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Leave out names that are no accounts, such as “speaker 1”: those that write all over a corpus of both labels."""
    _, names = np.unique(authors, return_inverse=True)
    lengths = np.diff(ends, prepend=0)
    of_label = np.repeat(labels, lengths)
    positive, benign = (
        np.bincount(names[of_label == label], minlength=names.max(initial=-1) + 1) for label in (1, 0)
    )
    is_role = (
        (positive >= ROLE_SHARE * (labels == 1).sum())
        & (benign >= ROLE_CONVERSATIONS)
        & (positive + benign >= ROLE_CONVERSATIONS * 2)
    )
    kept = ~is_role[names]
    conversations = np.repeat(np.arange(ends.size), lengths)[kept]
    return authors[kept], np.cumsum(np.bincount(conversations, minlength=ends.size))


def _components(authors: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Number the connected components of conversations through shared authors, [C], in the order of their first."""
    _, names = np.unique(authors, return_inverse=True)
    conversations = np.repeat(np.arange(ends.size), np.diff(ends, prepend=0))
    size = ends.size + (int(names.max()) + 1 if names.size else 0)
    links = sparse.coo_array(
        (np.ones(names.size, dtype=np.int8), (conversations, ends.size + names)), shape=(size, size)
    )
    found = sparse.csgraph.connected_components(links, directed=False)[1][: ends.size]
    _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers]
