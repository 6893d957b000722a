"""What a message is read as: stateless, additive, blind to where a word stands; the plain definition itself."""

from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from scoring.features import (
    BUCKETS,
    WORD_BUCKETS,
    character_ngrams,
    chunks,
    count_matrix,
    key,
    located_buckets,
    message_words,
    skeleton,
    word_buckets,
)

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("ab ,.")), max_size=120)
WORD = st.text(st.characters(min_codepoint=33, max_codepoint=0x2000), min_size=1, max_size=20).filter(
    lambda word: not any(map(str.isspace, word))
)


@given(st.lists(st.from_regex("[a-z]{1,9}", fullmatch=True), min_size=1, max_size=6))
def test_character_ngrams_are_those_of_scikit_learn(words):
    theirs = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()(" ".join(words))
    ours = [gram for word in words for gram in character_ngrams(word)]
    assert sorted(ours) == sorted(theirs)


@given(TEXT)
def test_a_message_is_the_sum_of_its_words_and_pairs(text):
    words = message_words(text)
    located = located_buckets(words)
    alone = sorted(bucket for word in words for bucket in word_buckets(word))
    assert sorted(bucket for bucket, first, last in located if first == last) == alone
    assert all(bucket >= WORD_BUCKETS for bucket, first, last in located if first != last)
    assert count_matrix([text]).sum() == len(located)


@given(st.lists(TEXT, max_size=4))
def test_the_matrix_has_a_row_a_text(texts):
    matrix = count_matrix(texts)
    assert matrix.shape == (len(texts), BUCKETS)
    assert [matrix[[row]].sum() for row in range(len(texts))] == [count_matrix([t]).sum() for t in texts]


def test_a_skeleton_outlasts_swaps_dropped_vowels_and_doubled_letters():
    assert len({skeleton(word) for word in ("secret", "secrte", "scrt", "seccrett", "esrcet")}) == 1
    assert skeleton("secret") != skeleton("second")
    assert skeleton("aeiou") == 0


def test_a_word_of_vowels_stands_for_itself_beside_its_neighbours():
    assert key("a") != key("i") != 0
    assert key("secret") == key("scrt!")


def test_no_feature_crosses_a_message():
    together, apart = count_matrix(["one two three"]), count_matrix(["one two", "three"])
    assert together.sum() == apart.sum() + 1


@given(WORD)
def test_an_endless_word_is_cut_and_nothing_is_lost(word):
    assert "".join(chunks([word * 20])) == word * 20
    assert max(map(len, chunks([word * 20]))) <= 64
