"""Reads labelled records into the arrays that training works on, and splits them so that no author is on two
sides.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from scipy import sparse

from scoring.abstention import reason_to_abstain
from scoring.features import Matrix, message_vectors
from scoring.text import normalised_text

BATCH = 2_000


class TrainingError(ValueError):
    """The corpus cannot be trained on; the message says what is missing."""


@dataclass(frozen=True)
class TrainingData:
    """A corpus as arrays: M messages of C conversations.

    `vectors` [M, buckets] unit rows, `lengths` [M], `conversation` [M] index of its conversation, `senders`
    [M]; `labels` [C] 1, 0 or −1 (unlabelled), `annotated` [C] whether spans were XX"""

    vectors: Matrix
    lengths: np.ndarray
    conversation: np.ndarray
    senders: list[str]
    keys: list[frozenset[str]]
    labels: np.ndarray
    annotated: np.ndarray
    judged: np.ndarray
    folds: np.ndarray
    digest: str
    languages: tuple[str, ...]

    def messages_of(self, conversations: np.ndarray) -> np.ndarray:
        """Return the indices of the messages of the conversations chosen by a mask, [C] → indices."""
        return np.flatnonzero(conversations[self.conversation])


def read_records(records: Iterable[dict[str, Any]], *, seed: int, folds: int) -> TrainingData:
    """Read labelled records (the form of `detection.md`) in one pass; memory grows with the number of
    n-grams.

    `digest` is SHA-256 over the records in their order, each as a line of ASCII JSON with sorted keys and no
    blanks.
    """
    digest = hashlib.sha256()
    reader = _Reader()
    for record in records:
        digest.update(canonical(record))
        reader.add(record)
    return reader.finished(digest.hexdigest(), seed=seed, folds=folds)


def canonical(record: dict[str, Any]) -> bytes:
    """Return a record as the line that the digest counts; escapes keep lone surrogates representable."""
    return (
        json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
    )


class _Reader:
    def __init__(self) -> None:
        self.parts: list[Matrix] = []
        self.lengths: list[np.ndarray] = []
        self.texts: list[str] = []
        self.conversation: list[int] = []
        self.senders: list[str] = []
        self.keys: list[frozenset[str]] = []
        self.labels: list[int] = []
        self.annotated: list[bool] = []
        self.judged: list[bool] = []
        self.authors: list[frozenset[str]] = []
        self.languages: set[str] = set()

    def add(self, record: dict[str, Any]) -> None:
        marked: dict[str, set[str]] = {}
        for span in record.get("spans") or ():
            marked.setdefault(span["message"], set()).add(span["characteristic"])
        texts = [normalised_text(message["text"]) for message in record["messages"]]
        self.texts += texts
        language = record.get("language") or "und"
        self.languages.add(language)
        self.judged.append(reason_to_abstain(texts, [language]) is None)
        for message in record["messages"]:
            self.conversation.append(len(self.labels))
            self.senders.append(message["sender"])
            self.keys.append(frozenset(marked.get(message["id"], ())))
        label = record.get("label")
        self.labels.append(-1 if label is None else int(label))
        self.annotated.append(record.get("spans") is not None)
        self.authors.append(frozenset(message["sender"] for message in record["messages"]))
        if len(self.texts) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if self.texts:
            vectors, lengths = message_vectors(self.texts)
            self.parts.append(vectors)
            self.lengths.append(lengths)
            self.texts = []

    def finished(self, digest: str, *, seed: int, folds: int) -> TrainingData:
        self.flush()
        labels = np.array(self.labels, dtype=int)
        if not (labels == 1).any() or not (labels == 0).any():
            raise TrainingError(
                "Training needs conversations with label 1 and with label 0; one kind is missing."
            )
        return TrainingData(
            vectors=sparse.csr_array(sparse.vstack(self.parts, format="csr")),
            lengths=np.concatenate(self.lengths),
            conversation=np.array(self.conversation, dtype=int),
            senders=self.senders,
            keys=self.keys,
            labels=labels,
            annotated=np.array(self.annotated, dtype=bool),
            judged=np.array(self.judged, dtype=bool),
            folds=author_disjoint_folds(self.authors, labels, seed=seed, folds=folds),
            digest=digest,
            languages=tuple(sorted(self.languages)),
        )


def author_disjoint_folds(
    authors: list[frozenset[str]], labels: np.ndarray, *, seed: int, folds: int
) -> np.ndarray:
    """Give each conversation a fold so that conversations that share an author, directly or by a chain, share
    the fold.

    Components are dealt from large to small, each to the fold with the fewest conversations of its main
    label.
    """
    components = _components(authors)
    order = sorted(components)
    Random(seed).shuffle(order)  # noqa: S311 - reproducible, not secret
    order.sort(key=lambda root: -len(components[root]))
    filled = np.zeros((folds, 3), dtype=int)
    result = np.empty(len(authors), dtype=int)
    for root in order:
        own = components[root]
        counts = np.bincount(labels[own] + 1, minlength=3)
        fold = int(np.argmin(filled[:, int(np.argmax(counts))]))
        filled[fold] += counts
        result[own] = fold
    return result


def _components(authors: list[frozenset[str]]) -> dict[int, list[int]]:
    """Connected components of conversations through shared authors, by the first conversation in each
    (union-find).
    """
    parent = list(range(len(authors)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[str, int] = {}
    for place, names in enumerate(authors):
        for name in sorted(names):
            one, other = sorted((root(first.setdefault(name, place)), root(place)))
            parent[other] = one
    components: dict[int, list[int]] = {}
    for place in range(len(authors)):
        components.setdefault(root(place), []).append(place)
    return components
