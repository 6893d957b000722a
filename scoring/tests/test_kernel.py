"""The compiled kernel gives exactly what scikit-learn gives on the reference matrix, alone and in any batch."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from scoring import kernel as kernels
from scoring.compiled import FOREIGN_LETTERS, GRAMS, HASH, KNOWN, LETTERS, ROW, WORDS, _plain_word
from scoring.features import BUCKETS, LONGEST_WORD, count_matrix, vocabulary_place
from scoring.kernel import Kernel
from scoring.tests.trained import small_corpus
from scoring.text import token_words
from scoring.words import code_points

ROOT = Path(__file__).resolve().parents[2]
LETTER_BY_LETTER = st.lists(
    st.sampled_from(["a", "b", "I", "x.", "c!", "ab", "é", "aaa", "c\u200b"]), max_size=9
)
TEXT = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("aAbB 013.-_\u200b\u0430\ud800\x00é\n"), max_size=60),
    st.text(st.sampled_from("aaBz!!'.._@$|+-0 "), max_size=60),
    LETTER_BY_LETTER.map(" ".join),
)
CHAT = [message["text"] for record in small_corpus()[:20] for message in record["messages"]]


@cache
def weights() -> np.ndarray:
    return np.random.default_rng(3).integers(-30_000, 30_000, (BUCKETS, 4)).astype(np.int16)


@cache
def vocabulary() -> np.ndarray:
    seen = np.zeros(2**20, dtype=bool)
    seen[[vocabulary_place(word) for word in ("the", "match", "worter")]] = True
    return seen


def fresh() -> Kernel:
    return Kernel(weights(), vocabulary())


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXT, max_size=6))
def test_products_are_those_of_the_reference_matrix(texts):
    read = fresh().read(texts)
    counts = count_matrix(texts)
    assert np.array_equal(read.products, counts @ weights().astype(np.float64))
    assert np.array_equal(read.counts[:, GRAMS], counts.sum(axis=1))


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=8), st.integers(1, 8))
def test_any_batching_gives_the_same(texts, size):
    together, apart = fresh().read(texts), fresh()
    for start in range(0, len(texts), size):
        part = apart.read(texts[start : start + size])
        assert np.array_equal(part.products, together.products[start : start + size])
        assert np.array_equal(part.counts, together.counts[start : start + size])


def test_a_logistic_regression_of_scikit_learn_decides_the_same():
    model = LogisticRegression(C=10).fit(count_matrix(CHAT[:80]), np.arange(80) % 2)
    model.coef_ = np.rint(model.coef_ * 1_000)
    model.intercept_[:] = 0
    ours = Kernel(model.coef_.T.astype(np.int16), vocabulary()).read(CHAT).products[:, 0]
    assert ours == pytest.approx(model.decision_function(count_matrix(CHAT)), abs=1e-9)


def test_a_token_of_very_many_words_is_added_up_exactly():
    """Its row holds more than adds up in 32 bits."""
    text = "ab\x00" * 90_000 + " cd"
    one = np.full((BUCKETS, 2), -32_768, dtype=np.int16)
    read = Kernel(one, vocabulary()).read([text, "cd", text])
    assert read.products[:, 0].tolist() == (read.counts[:, GRAMS] * -32_768).tolist()
    assert read.products[0, 0] < -(2**33)


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=20))
def test_what_is_taken_for_a_plain_word_is_what_the_normaliser_makes_of_it(token):
    word = np.empty(LONGEST_WORD, dtype=np.uint32)
    size = _plain_word(code_points(token.lower()), word)
    assert not size or token_words(token) == ["".join(map(chr, word[:size]))]


def test_words_letters_and_known_words_are_counted():
    counts = fresh().read(["The match, THE Wörter 12 ... привет"]).counts[0]
    assert counts[WORDS] == 5
    assert counts[KNOWN] == 4
    assert counts[LETTERS] == 23
    assert counts[FOREIGN_LETTERS] == 6


def test_what_is_forgotten_is_read_again(monkeypatch):
    expected = fresh().read(CHAT)
    monkeypatch.setattr(kernels, "TOKENS_KEPT", 5)
    monkeypatch.setattr(kernels, "CHARACTERS_AT_ONCE", 300)
    forgetful = fresh()
    again = forgetful.read(CHAT)
    assert np.array_equal(again.products, expected.products)
    assert np.array_equal(again.counts, expected.counts)


def test_what_was_cut_off_halfway_is_read_again(monkeypatch):
    """A worker's time limit may strike between numbering new tokens and making their rows."""
    kernel = fresh()
    kernel.read(CHAT[:5])

    def struck(_):
        raise TimeoutError

    odd = [*CHAT, "see you at 5ive"]

    with monkeypatch.context() as patched:
        patched.setattr(kernels, "read_words", struck)
        with pytest.raises(TimeoutError):
            kernel.read(odd)
    assert np.array_equal(kernel.read(odd).products, fresh().read(odd).products)


def test_code_that_may_not_be_written_beside_is_compiled_all_the_same():
    """Without any place for a cache; numba is told to look in none that fits."""
    code = "from scoring.words import read_words; print(read_words(['hello']).counts[0, 3])"
    nowhere = os.environ | {"NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"}
    done = subprocess.run([sys.executable, "-c", code], env=nowhere, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("5", 0), done.stderr


def test_several_threads_may_read_at_once():
    shared, expected = fresh(), fresh().read(CHAT).products
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shared.read(CHAT).products, range(8)))
    assert all(np.array_equal(one, expected) for one in found)


def test_a_word_whose_hash_is_that_of_another_is_still_its_own(monkeypatch):
    kernel = fresh()
    kernel.read(["second", "third"])
    hash_of_second = kernel._table[0, HASH - ROW]
    kernel = fresh()
    kernel.read(["eleven"])
    kernel._slots[:] = 0
    kernel._table[0, HASH - ROW] = hash_of_second
    assert np.array_equal(kernel.read(["second"]).products, fresh().read(["second"]).products)
