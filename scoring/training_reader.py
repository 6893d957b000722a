"""Reads labelled records into what training works on, in one pass; of a conversation some numbers stay in memory."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random
from typing import Any

import numpy as np

from scoring.abstention import Amount, reason
from scoring.attacks import ATTACKS
from scoring.characteristics import READ_KEYS
from scoring.classifier import AMOUNT
from scoring.dynamics import RANGES, Dynamics
from scoring.dynamics_accounts import account_key
from scoring.language import UNDETERMINED, identify
from scoring.training_data import Progress, TrainingData, TrainingError, canonical, disjoint_folds
from scoring.training_spool import Spool
from scoring.turn import Turn

# Of conversations without a declared language, so many are looked at, so far, to find it.
LANGUAGE_SAMPLE, LANGUAGE_CHARACTERS = 60, 2_000
# Tokens of which it is kept whether they hold a letter, and how long they may be.
TOKENS_KEPT, LONGEST_KEPT = 100_000, 64

# The amount of text is that of the conversation's state, so the course leaves its place free.
COURSE_NAMES = (AMOUNT, *RANGES)
# Normalising undoes most spellings. Those that it cannot undo are taught oftener than the others, so many times.
OFTENER = {"swaps": 8, "dropped_vowels": 10, "tight_spacing": 4}
TAUGHT_SPELLINGS = [attack for name, attack in ATTACKS.items() for _ in range(OFTENER.get(name, 1))]
ONE_KIND_MISSING = "Training needs conversations with label 1 and with label 0; one kind is missing."


def read_records(
    records: Iterable[dict[str, Any]],
    *,
    seed: int,
    folds: int,
    misspell: bool = True,
    progress: Progress | None = None,
) -> TrainingData:
    """Read labelled records (the form of `detection.md`) in one pass, with the memory of some thousand messages and
    about a hundred bytes a conversation.

    `digest` is SHA-256 over the records in their order, each as a line of ASCII JSON with sorted keys and no
    blanks. Raises TrainingError where a label is missing altogether.
    """
    digest = hashlib.sha256()
    reader = _Reader(seed, misspell=misspell)
    try:
        for number, record in enumerate(records, start=1):
            digest.update(canonical(record))
            reader.add(record)
            if progress and number % 200 == 0:
                progress(f"{number:,} conversations and {reader.messages:,} messages read", None)
        return reader.finished(digest.hexdigest(), folds=folds)
    except BaseException:
        reader.spool.close()
        raise


class _Lettered(dict[str, bool]):
    """Whether a token holds a letter."""

    def __missing__(self, token: str) -> bool:
        found = any(map(str.isalpha, token))
        if len(token) <= LONGEST_KEPT:
            if len(self) >= TOKENS_KEPT:
                self.clear()
            self[token] = found
        return found


class _Reader:
    def __init__(self, seed: int, *, misspell: bool) -> None:
        self.seed = seed
        self.misspell = misspell
        self.spool = Spool()
        self.labels, self.misspelt, self.annotated, self.judged = (array("b") for _ in range(4))
        self.sources, self.course_rows = array("i"), array("i")
        self.course = array("d")
        self.authors, self.author_ends = array("Q"), array("q")
        self.source_names: dict[str, int] = {}
        self.languages: Counter[str] = Counter()
        self.undeclared: list[str] = []
        self.lettered = _Lettered()
        self.messages = self.annotated_messages = self.marked_messages = 0

    def add(self, record: dict[str, Any]) -> None:
        texts = [message["text"] for message in record["messages"]]
        self._add(record, texts, misspelt=False)
        self._note_course(record, texts)
        self._note_language(record)
        self.messages += len(texts)
        rng = Random(f"{self.seed}:{record['id']}")  # noqa: S311 - reproducible, not secret
        # Every labelled conversation is also read misspelt, so that odd spelling says nothing of the label.
        if self.misspell and record.get("label") is not None:
            self._add(record, _misspelt(record, rng), misspelt=True)
            self.course_rows.append(-1)

    def _add(self, record: dict[str, Any], texts: list[str], *, misspelt: bool) -> None:
        senders = [message["sender"] for message in record["messages"]]
        digests = {sender: account_key(sender) for sender in dict.fromkeys(senders)}
        marks = _marks(record)
        self.spool.add(texts, [digests[sender] for sender in senders], marks)
        label, source = record.get("label"), record.get("source") or ""
        self.labels.append(-1 if label is None else int(label))
        self.misspelt.append(misspelt)
        self.judged.append(self._is_judged(texts))
        self.sources.append(self.source_names.setdefault(source, len(self.source_names)))
        self.authors.extend(digests.values())
        self.author_ends.append(len(self.authors))
        self._note_marks(marks, len(texts), annotated=record.get("spans") is not None)

    def _note_marks(self, marks: Sequence[tuple[int, int]], messages: int, *, annotated: bool) -> None:
        self.annotated.append(annotated)
        self.annotated_messages += messages if annotated else 0
        self.marked_messages += len({place for place, _ in marks})

    def _is_judged(self, texts: Sequence[str]) -> bool:
        """Whether there is enough to judge; the language is not asked of what people labelled."""
        words = list(map(self._words, texts))
        amount = Amount(sum(map(bool, words)), sum(words), sum(words))
        return reason(amount, languages=()) is None

    def _words(self, text: str) -> int:
        """Count the words with a letter."""
        return sum(map(self.lettered.__getitem__, text.split()))

    def _note_course(self, record: dict[str, Any], texts: Sequence[str]) -> None:
        """A message alone has no course."""
        if len(texts) < 2:
            self.course_rows.append(-1)
            return
        turns = [
            Turn(message["id"], message["sender"], _time(message.get("sent_at")), text)
            for message, text in zip(record["messages"], texts, strict=True)
        ]
        words = list(map(self._words, texts))
        features = Dynamics.of(turns, words=words).features(language=record.get("language") or "en")
        self.course_rows.append(len(self.course) // len(COURSE_NAMES))
        self.course.append(np.nan)
        self.course.extend(
            np.nan if (value := features[name]) is None else value for name in COURSE_NAMES[1:]
        )

    def _note_language(self, record: dict[str, Any]) -> None:
        language = record.get("language") or UNDETERMINED
        self.languages[language] += 1
        if language == UNDETERMINED and len(self.undeclared) < LANGUAGE_SAMPLE:
            text = "\n".join(message["text"] for message in record["messages"])
            self.undeclared.append(text[:LANGUAGE_CHARACTERS])

    def finished(self, digest: str, *, folds: int) -> TrainingData:
        self.spool.flush()
        labels = np.array(self.labels, dtype=np.int8)
        if not (labels == 1).any() or not (labels == 0).any():
            raise TrainingError(ONE_KIND_MISSING)
        authors, ends = np.array(self.authors, dtype=np.uint64), np.array(self.author_ends, dtype=np.int64)
        return TrainingData(
            spool=self.spool,
            labels=labels,
            misspelt=np.array(self.misspelt, dtype=bool),
            annotated=np.array(self.annotated, dtype=bool),
            judged=np.array(self.judged, dtype=bool),
            folds=disjoint_folds(authors, ends, labels, seed=self.seed, folds=folds),
            sources=np.array(self.sources, dtype=np.int32),
            source_names=tuple(self.source_names),
            course=np.array(self.course, dtype=np.float64).reshape(-1, len(COURSE_NAMES)),
            course_rows=np.array(self.course_rows, dtype=np.int32),
            course_names=COURSE_NAMES,
            messages=self.messages,
            annotated_messages=self.annotated_messages,
            marked_messages=self.marked_messages,
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


def _marks(record: dict[str, Any]) -> list[tuple[int, int]]:
    """Pairs of the place of a message and the number of a characteristic that it was marked with."""
    if not record.get("spans"):
        return []
    places = {message["id"]: place for place, message in enumerate(record["messages"])}
    marks = {
        (places[span["message"]], READ_KEYS.index(span["characteristic"]))
        for span in record["spans"]
        if span["characteristic"] in READ_KEYS
    }
    return sorted(marks)


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _misspelt(record: dict[str, Any], rng: Random) -> list[str]:
    """Misspell all words of a conversation, each message in a way of its own."""
    return [rng.choice(TAUGHT_SPELLINGS)(message["text"], rng) for message in record["messages"]]
