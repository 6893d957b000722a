"""Messages become vectors: stateless, by message, and the parts of a vector can be traced to words."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from scoring.features import (
    BUCKETS,
    character_ngrams,
    chunk_places,
    chunks,
    count_matrix,
    gram_matrix,
    located_ngrams,
    message_vectors,
    ngrams,
)
from scoring.text import normalised_text

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("ab ,.")), max_size=120).map(normalised_text)


@given(TEXT)
def test_located_ngrams_are_the_ngrams(text):
    assert sorted(gram for gram, _, _ in located_ngrams(text)) == sorted(ngrams(text))


@given(TEXT)
def test_chunks_stand_where_they_say(text):
    assert [text[start:end] for start, end in chunk_places(text)] == chunks(text)


@given(TEXT)
def test_single_ngrams_sum_to_the_counts_of_the_text(text):
    together = (
        np.asarray(gram_matrix(ngrams(text)).sum(axis=0)).ravel() if ngrams(text) else np.zeros(BUCKETS)
    )
    assert np.array_equal(together, count_matrix([text]).toarray().ravel())


@given(st.lists(TEXT, max_size=6))
def test_a_message_has_the_same_vector_in_any_batch(texts):
    batch, weights = message_vectors(texts) if texts else (None, [])
    for place, text in enumerate(texts):
        alone, weight = message_vectors([text])
        assert np.array_equal(alone.toarray()[0], batch[[place]].toarray()[0])
        assert weight[0] == weights[place]


def test_character_ngrams_are_those_of_scikit_learn():
    reference = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    for word in ("a", "to", "home", "keyboards", "é?"):
        assert sorted(character_ngrams(word)) == sorted(reference(word))


def test_no_ngram_spans_two_messages():
    apart = set(ngrams("keep this")) | set(ngrams("quiet now"))
    across = set(ngrams("keep this quiet now")) - apart
    assert across == {"\tthis\tquiet"}


def test_a_short_message_weighs_less_than_a_sentence():
    vectors, _ = message_vectors(["ok", "are you coming to the match on saturday with the others"])
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    assert lengths[0] < 0.6 < 0.9 < lengths[1] < 1


def test_a_message_without_words_is_a_row_of_zeros():
    vectors, weights = message_vectors(["", " ", "hello"])
    assert weights.tolist()[:2] == [0, 0]
    assert vectors[[0, 1]].nnz == 0
