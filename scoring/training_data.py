"""Reads labelled records into numbers that training works on, and splits them so that no author is on two sides."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import numpy as np
from scipy import sparse

from scoring.abstention import Amount, reason
from scoring.attacks import ATTACKS
from scoring.characteristics import READ_KEYS
from scoring.classifier import AMOUNT
from scoring.dynamics import Dynamics
from scoring.language import UNDETERMINED, identify
from scoring.state import account_digest
from scoring.training_spool import Spool
from scoring.turn import Turn

# Positive conversations are also read misspelt, and this share of benign ones.
SHARE_MISSPELT = 0.35
# Of conversations without a declared language, so many are looked at, so far, to find it.
LANGUAGE_SAMPLE, LANGUAGE_CHARACTERS = 60, 2_000

Progress = Callable[[str, float | None], None]


class TrainingError(ValueError):
    """The corpus cannot be trained on; the message says what is missing."""


@dataclass(frozen=True)
class TrainingData:
    """A corpus as numbers: C conversations, whose messages are in the blocks of `spool`.

    `labels` [C] 1, 0 or −1 (unlabelled); `misspelt` [C] whether it is a copy in odd spelling of the one before it;
    `annotated` [C] whether spans were marked; `judged` [C] whether there is enough to judge; `folds` [C]; `sources` [C]; `course` [C, F] features of `course_names`, nan where there is none; `accounts` how many wrote.
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
    course_names: tuple[str, ...]
    messages: int
    accounts: int
    digest: str
    languages: tuple[str, ...]

    @property
    def plain(self) -> np.ndarray:
        """Which conversations are as they were brought and labelled, [C] bool."""
        return (self.labels >= 0) & ~self.misspelt

    def close(self) -> None:
        """Remove what was kept on disk."""
        self.spool.close()


def read_records(
    records: Iterable[dict[str, Any]],
    *,
    seed: int,
    folds: int,
    misspell: bool = True,
    progress: Progress | None = None,
) -> TrainingData:
    """Read labelled records (the form of `detection.md`) in one pass, with the memory of some thousand messages.

    `digest` is SHA-256 over the records in their order, each as a line of ASCII JSON with sorted keys and no
    blanks. Raises TrainingError where a label is missing altogether.
    """
    digest = hashlib.sha256()
    reader = _Reader(seed, misspell=misspell)
    for number, record in enumerate(records, start=1):
        digest.update(canonical(record))
        reader.add(record)
        if progress and number % 200 == 0:
            progress(f"{number:,} conversations read", None)
    return reader.finished(digest.hexdigest(), folds=folds)


def canonical(record: dict[str, Any]) -> bytes:
    """Return a record as the line that the digest counts; escapes keep lone surrogates representable."""
    return (
        json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii") + b"\n"
    )


class _Reader:
    def __init__(self, seed: int, *, misspell: bool) -> None:
        self.seed = seed
        self.misspell = misspell
        self.spool = Spool()
        self.rows: list[tuple[int, bool, bool, bool, int]] = []
        self.course: list[list[float]] = []
        self.course_names: tuple[str, ...] = ()
        self.authors: list[int] = []
        self.author_ends: list[int] = []
        self.sources: dict[str, int] = {}
        self.languages: Counter[str] = Counter()
        self.undeclared: list[str] = []
        self.messages = 0

    def add(self, record: dict[str, Any]) -> None:
        self._add(record, [message["text"] for message in record["messages"]], misspelt=False)
        self._note_language(record)
        self.messages += len(record["messages"])
        rng = Random(f"{self.seed}:{record['id']}")  # noqa: S311 - reproducible, not secret
        positive, benign = record.get("label") == 1, record.get("label") == 0
        if self.misspell and (positive or (benign and rng.random() < SHARE_MISSPELT)):
            self._add(record, _misspelt(record, rng), misspelt=True)

    def _add(self, record: dict[str, Any], texts: list[str], *, misspelt: bool) -> None:
        places = {message["id"]: place for place, message in enumerate(record["messages"])}
        marks = {
            (places[span["message"]], READ_KEYS.index(span["characteristic"]))
            for span in record.get("spans") or ()
            if span["characteristic"] in READ_KEYS
        }
        senders = [message["sender"] for message in record["messages"]]
        self.spool.add(texts, list(map(account_digest, senders)), sorted(marks))
        label, source = record.get("label"), record.get("source") or ""
        self.rows.append(
            (
                -1 if label is None else int(label),
                misspelt,
                record.get("spans") is not None,
                _is_judged(texts),
                self.sources.setdefault(source, len(self.sources)),
            )
        )
        self.authors += [account_digest(sender) for sender in set(senders)]
        self.author_ends.append(len(self.authors))
        self._note_course(record, texts)

    def _note_course(self, record: dict[str, Any], texts: list[str]) -> None:
        turns = [
            Turn(message["id"], message["sender"], _time(message.get("sent_at")), text)
            for message, text in zip(record["messages"], texts, strict=True)
        ]
        words = list(map(_words, texts))
        features = Dynamics.of(turns, words=words).features(language=record.get("language") or "en")
        named = {AMOUNT: float(np.log1p(sum(words)))} | features
        self.course_names = tuple(named)
        self.course.append([np.nan if value is None else value for value in named.values()])

    def _note_language(self, record: dict[str, Any]) -> None:
        language = record.get("language") or UNDETERMINED
        self.languages[language] += 1
        if language == UNDETERMINED and len(self.undeclared) < LANGUAGE_SAMPLE:
            text = "\n".join(message["text"] for message in record["messages"])
            self.undeclared.append(text[:LANGUAGE_CHARACTERS])

    def finished(self, digest: str, *, folds: int) -> TrainingData:
        self.spool.flush()
        labels = np.array([row[0] for row in self.rows], dtype=np.int8)
        if not (labels == 1).any() or not (labels == 0).any():
            self.spool.close()
            raise TrainingError(
                "Training needs conversations with label 1 and with label 0; one kind is missing."
            )
        authors, ends = np.array(self.authors, dtype=np.uint64), np.array(self.author_ends)
        return TrainingData(
            spool=self.spool,
            labels=labels,
            misspelt=np.array([row[1] for row in self.rows]),
            annotated=np.array([row[2] for row in self.rows]),
            judged=np.array([row[3] for row in self.rows]),
            folds=_folds(authors, ends, labels, seed=self.seed, folds=folds),
            sources=np.array([row[4] for row in self.rows]),
            source_names=tuple(self.sources),
            course=np.array(self.course, dtype=np.float64),
            course_names=self.course_names,
            messages=self.messages,
            accounts=int(np.unique(authors).size),
            digest=digest,
            languages=self._spoken(),
        )

    def _spoken(self) -> tuple[str, ...]:
        """The declared languages; in place of none, the one that most of the undeclared are in."""
        declared = set(self.languages) - {UNDETERMINED}
        if self.undeclared and self.languages[UNDETERMINED] > sum(self.languages.values()) / 2:
            found = Counter(identify([text]).code for text in self.undeclared)
            declared.add(found.most_common(1)[0][0])
        return tuple(sorted(declared)) or (UNDETERMINED,)


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _is_judged(texts: Sequence[str]) -> bool:
    """Whether there is enough to judge; the language is not asked of what people labelled."""
    words = list(map(_words, texts))
    amount = Amount(sum(map(bool, words)), sum(words), sum(words))
    return reason(amount, languages=()) is None


def _words(text: str) -> int:
    """Count the words with a letter."""
    return sum(token.isalpha() or any(map(str.isalpha, token)) for token in text.split())


def _misspelt(record: dict[str, Any], rng: Random) -> list[str]:
    """Misspell all messages of a conversation, each in a way of its own, some words or all."""
    share = rng.choice((0.3, 0.6, 1.0, 1.0))
    ways = [rng.choice(list(ATTACKS.values())) for _ in record["messages"]]
    return [way(message["text"], rng, share) for way, message in zip(ways, record["messages"], strict=True)]


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
    return _folds(np.array(flat, dtype=np.uint64), ends, labels, seed=seed, folds=folds)


def _folds(authors: np.ndarray, ends: np.ndarray, labels: np.ndarray, *, seed: int, folds: int) -> np.ndarray:
    components = _components(authors, ends)
    order = np.argsort(components, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(components[order])) + 1)
    Random(seed).shuffle(groups)  # noqa: S311 - reproducible, not secret
    groups.sort(key=lambda own: -own.size)
    filled = np.zeros((folds, 3), dtype=int)
    result = np.empty(labels.size, dtype=np.int16)
    for own in groups:
        counts = np.bincount(labels[own].astype(int) + 1, minlength=3)
        fold = int(np.argmin(filled[:, int(np.argmax(counts))]))
        filled[fold] += counts
        result[own] = fold
    return result


def _components(authors: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Number the connected components of conversations through shared authors, [C], in the order of their first."""
    _, names = np.unique(authors, return_inverse=True)
    conversations = np.repeat(np.arange(ends.size), np.diff(ends, prepend=0))
    size = ends.size + (int(names.max()) + 1 if names.size else 0)
    links = sparse.coo_array((np.ones(names.size), (conversations, ends.size + names)), shape=(size, size))
    found = sparse.csgraph.connected_components(links, directed=False)[1][: ends.size]
    _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers]
