"""Plain classifiers on the same folds, and Sentinel where it is installed (here: a stand-in with its surface)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from scoring.evaluation_corpora import Corpora, CorpusFile, silent
from scoring.evaluation_peers import (
    NOT_INSTALLED,
    HashedLogistic,
    LinearSupportVectors,
    is_installed,
    score_peers,
)
from scoring.sample_corpus import generate
from scoring.tests.evaluated import record, written

STAND_IN = {
    "__init__.py": "",
    "embeddings/__init__.py": "",
    "embeddings/sbert.py": """
import numpy as np

class Encoder:
    def encode(self, texts, normalize_embeddings):
        assert normalize_embeddings
        return np.array([[float("train" in text)] for text in texts])

def get_sentence_transformer_and_scaling_fn(name):
    assert name == "all-MiniLM-L6-v2"
    return Encoder(), None
""",
    "sentinel_local_index.py": """
from types import SimpleNamespace

class SentinelLocalIndex:
    def __init__(self, sentence_model, scale_fn, positive_embeddings, negative_embeddings):
        self.model, self.bar = sentence_model, (positive_embeddings.mean() + negative_embeddings.mean()) / 2

    def calculate_rare_class_affinity(self, texts):
        found = self.model.encode(texts, normalize_embeddings=True).mean()
        return SimpleNamespace(rare_class_affinity_score=float(found - self.bar))
""",
}


@pytest.fixture
def corpora(tmp_path: Path) -> Corpora:
    records = [
        record(
            n,
            n % 2,
            texts=["the early train leaves at eight"] * 3 if n % 2 else ["the old tower is closed"] * 3,
        )
        for n in range(24)
    ]
    return Corpora((CorpusFile(written(tmp_path / "c.jsonl", records), "corpus"),))


def peers_of(corpora: Corpora):
    facts, _ = corpora.facts(seed=1, folds=2)
    return facts, {peer.name: peer for peer in score_peers(corpora, facts, tell=silent)}


def test_where_sentinel_is_absent_the_card_says_so(corpora: Corpora):
    _, found = peers_of(corpora)
    assert not is_installed("Sentinel")
    assert (found["Sentinel"].scores, found["Sentinel"].why) == (None, NOT_INSTALLED)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, source in STAND_IN.items():
        path = tmp_path / "site" / "sentinel" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    monkeypatch.syspath_prepend(tmp_path / "site")
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "sentinel"]:
        del sys.modules[name]


@pytest.mark.usefixtures("stand_in")
def test_where_sentinel_is_installed_it_judges_the_same_folds(corpora: Corpora):
    facts, found = peers_of(corpora)
    scores = found["Sentinel"].scores
    # What is over 0 counts as flagged, so over .5; all else is 0.
    assert (scores[facts.labels == 1] > 0.5).all()
    assert (scores[facts.labels == 0] == 0).all()


def test_plain_classifiers_tell_plain_texts_apart(corpora: Corpora):
    facts, found = peers_of(corpora)
    for name in ("TF-IDF, LinearSVC", "hashed n-grams, logistic regression"):
        assert np.array_equal(found[name].scores >= 0.5, facts.labels == 1)


def test_a_conversation_is_never_scored_by_a_classifier_that_saw_its_senders(tmp_path: Path):
    """Labels are drawn by lot and each pair writes a word of its own: only who saw the pair could tell."""
    rng = np.random.default_rng(4)
    records = [
        record(
            pair * 4 + n,
            int(rng.random() < 0.5) if n == 0 else None,
            senders=(f"p{pair}",),
            texts=[f"word{pair}"] * 3,
        )
        for pair in range(60)
        for n in range(4)
    ]
    for place in range(0, 240, 4):
        for other in records[place : place + 4]:
            other["label"] = records[place]["label"]
    corpus = Corpora((CorpusFile(written(tmp_path / "c.jsonl", records), "corpus"),))
    facts, found = peers_of(corpus)
    right = (found["TF-IDF, LinearSVC"].scores >= 0.5) == (facts.labels == 1)
    assert right.mean() < 0.7


def test_the_linear_peer_is_the_plain_pipeline():
    records = list(generate(seed=2, count=40, share_positive=0.5, split="train"))
    texts = [[message["text"] for message in own["messages"]] for own in records]
    labels = np.array([own["label"] for own in records])
    peer = LinearSupportVectors()
    peer.fit(texts, labels)
    joined = ["\n".join(own) for own in texts]
    vectoriser = TfidfVectorizer(ngram_range=(1, 2))
    margins = (
        LinearSVC()
        .fit(vectoriser.fit_transform(joined), labels)
        .decision_function(vectoriser.transform(joined))
    )
    assert np.array_equal(peer.score(texts) >= 0.5, margins >= 0)


def test_the_hashed_peer_gives_probabilities(corpora: Corpora):
    texts = [["the early train"], ["the old tower"]] * 4
    peer = HashedLogistic()
    peer.fit(texts, np.array([1, 0] * 4))
    scores = peer.score(texts[:2])
    assert 1 > scores[0] > 0.5 > scores[1] > 0
