"""Trains and scores plain text classifiers on the same folds, so that a figure stands beside what anybody gets
from scikit-learn in ten lines; Sentinel too, where the operator has installed it.
"""

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.special import expit
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from scoring.evaluation_corpora import Corpora, Record, Tell
from scoring.evaluation_facts import Facts

Messages = list[str]

SENTINEL_INDEX, SENTINEL_ENCODERS = "sentinel.sentinel_local_index", "sentinel.embeddings.sbert"
SENTINEL_ENCODER = "all-MiniLM-L6-v2"
SENTINEL_EXAMPLES = 5_000
NOT_INSTALLED = "not installed: its package (github.com/Roblox/Sentinel) cannot be imported here"


class Peer(Protocol):
    """A classifier of whole conversations; `score` gives numbers from 0 to 1, flagged from 0.5."""

    def fit(self, texts: Sequence[Messages], labels: np.ndarray) -> None: ...

    def score(self, texts: Sequence[Messages]) -> np.ndarray: ...


@dataclass(frozen=True)
class PeerScores:
    """One score for each conversation, [N], nan for those without label; or why there are none."""

    name: str
    about: str
    scores: np.ndarray | None
    why: str = ""


class LinearSupportVectors:
    """TF-IDF of words and word pairs, LinearSVC; 1/(1 + exp(−margin)) stands in for a probability."""

    def __init__(self) -> None:
        self.pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LinearSVC())

    def fit(self, texts: Sequence[Messages], labels: np.ndarray) -> None:
        self.pipeline.fit([_joined(own) for own in texts], labels)

    def score(self, texts: Sequence[Messages]) -> np.ndarray:
        return np.asarray(expit(self.pipeline.decision_function([_joined(own) for own in texts])))


class HashedLogistic:
    """Hashed character n-grams 2–5 inside words and words 1–2, 2^20 buckets each, logistic regression."""

    def __init__(self) -> None:
        self.pipeline = make_pipeline(
            make_union(
                HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), n_features=2**20),
                HashingVectorizer(ngram_range=(1, 2), n_features=2**20),
            ),
            LogisticRegression(max_iter=1_000),
        )

    def fit(self, texts: Sequence[Messages], labels: np.ndarray) -> None:
        self.pipeline.fit([_joined(own) for own in texts], labels)

    def score(self, texts: Sequence[Messages]) -> np.ndarray:
        return np.asarray(self.pipeline.predict_proba([_joined(own) for own in texts])[:, 1])


class Sentinel:
    """Roblox's Sentinel with its defaults: an index of example messages, the skewness of a conversation's
    message scores as its score; what is over 0 counts as flagged.
    """

    def __init__(self) -> None:
        self.index: Any = None

    def fit(self, texts: Sequence[Messages], labels: np.ndarray) -> None:
        index = importlib.import_module(SENTINEL_INDEX)
        sbert = importlib.import_module(SENTINEL_ENCODERS)
        encoder, scale = sbert.get_sentence_transformer_and_scaling_fn(SENTINEL_ENCODER)
        examples = {
            label: [
                text
                for own, found in zip(texts, labels.tolist(), strict=True)
                if found == label
                for text in own
            ]
            for label in (0, 1)
        }
        encoded = {
            label: encoder.encode(_thinned(own), normalize_embeddings=True) for label, own in examples.items()
        }
        self.index = index.SentinelLocalIndex(
            sentence_model=encoder,
            scale_fn=scale,
            positive_embeddings=encoded[1],
            negative_embeddings=encoded[0],
        )

    def score(self, texts: Sequence[Messages]) -> np.ndarray:
        found = [self.index.calculate_rare_class_affinity(own).rare_class_affinity_score for own in texts]
        scores = np.nan_to_num(np.array(found, dtype=float))
        return np.where(scores > 0, expit(scores), 0.0)


def _thinned(texts: Messages) -> Messages:
    """At most 5,000 examples, evenly from the whole list."""
    return [
        texts[place] for place in np.unique(np.linspace(0, len(texts) - 1, SENTINEL_EXAMPLES).astype(int))
    ]


def _joined(messages: Messages) -> str:
    return "\n".join(messages)


PEERS: dict[str, tuple[type[Peer], str]] = {
    "TF-IDF, LinearSVC": (
        LinearSupportVectors,
        "scikit-learn: words and word pairs, LinearSVC, cut at margin 0",
    ),
    "hashed n-grams, logistic regression": (
        HashedLogistic,
        "scikit-learn: hashed character n-grams 2–5 inside words and words 1–2, logistic regression, cut at .5",
    ),
    "Sentinel": (
        Sentinel,
        f"Roblox Sentinel, defaults, {SENTINEL_ENCODER}, up to 5,000 example messages a class",
    ),
}


def is_installed(name: str) -> bool:
    """Whether a peer can be run here; another package may be called sentinel too."""
    if name != "Sentinel":
        return True
    try:
        return importlib.util.find_spec(SENTINEL_INDEX) is not None
    except ModuleNotFoundError:
        return False


def score_peers(corpora: Corpora, facts: Facts, *, tell: Tell) -> list[PeerScores]:
    """Train each peer on the other folds and score each fold, over all labelled conversations. Unlike the model,
    peers hold the texts of the corpus in memory.
    """
    found = []
    for name, (make, about) in PEERS.items():
        if not is_installed(name):
            found.append(PeerScores(name, about, None, NOT_INSTALLED))
            continue
        scores = np.full(facts.size, np.nan)
        for fold in range(int(facts.folds.max()) + 1):
            tell(f"{name}: fold {fold + 1}")
            _score_fold(make(), corpora, facts, fold, scores)
        found.append(PeerScores(name, about, scores))
    return found


def _score_fold(peer: Peer, corpora: Corpora, facts: Facts, fold: int, scores: np.ndarray) -> None:
    labelled = facts.labels >= 0
    unseen = np.array([file.part == "unseen_negatives" for file in corpora.files])[facts.files]
    fitted = np.flatnonzero(labelled & (facts.folds != fold) & ~unseen)
    tested = np.flatnonzero(labelled & (facts.folds == fold))
    peer.fit(list(_texts(corpora, set(fitted.tolist()))), facts.labels[fitted])
    scores[tested] = peer.score(list(_texts(corpora, set(tested.tolist()))))


def _texts(corpora: Corpora, chosen: set[int]) -> Iterator[Messages]:
    for index, (_, record) in enumerate(corpora.records()):
        if index in chosen:
            yield _messages(record)


def _messages(record: Record) -> Messages:
    return [message["text"] for message in record["messages"]]
