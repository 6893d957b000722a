"""Keeps a corpus on disk as numbers, block by block, so that training needs the memory of one block; no text is kept.

A block holds some twenty thousand messages as numbers of words, and the features of the words that occur in it.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import sparse

from scoring import compiled
from scoring.compiled import GRAMS, KNOWN
from scoring.features import BUCKETS, LONGEST_WORD, Matrix
from scoring.kernel import cut_words
from scoring.state import Messages
from scoring.text import text_tokens, tokens_words
from scoring.words import read_words

# A block ends with the conversation that reaches one of these.
MESSAGES_A_BLOCK, CHARACTERS_A_BLOCK = 20_000, 5_000_000


class _Numbers(dict[str, int]):
    """A number for each token or word, in the order in which they came."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


@dataclass(frozen=True)
class Block:
    """M messages of some conversations, of which the first has the number `first_conversation` in the corpus.

    `words` [w] numbers of words, `message_ends` [M] where those of each message end, `conversation_ends` [C] where the
    messages of each conversation end, `accounts` [M] uint64; `marks` [m, 2] message and number of a characteristic; the
    features of V words: `buckets`, `bucket_ends` [V], `word_keys` [V], `word_counts` [V, 5], `places` [V].
    """

    first_conversation: int
    words: np.ndarray
    message_ends: np.ndarray
    conversation_ends: np.ndarray
    accounts: np.ndarray
    marks: np.ndarray
    buckets: np.ndarray
    bucket_ends: np.ndarray
    word_keys: np.ndarray
    word_counts: np.ndarray
    places: np.ndarray

    @property
    def conversations(self) -> slice:
        """Which conversations of the corpus these are."""
        return slice(self.first_conversation, self.first_conversation + self.conversation_ends.size)

    @cached_property
    def owners(self) -> np.ndarray:
        """The conversation in this block that each message is of, [M]."""
        return np.repeat(np.arange(self.conversation_ends.size), _sizes(self.conversation_ends))

    @cached_property
    def _word_rows(self) -> Matrix:
        """The features of each word, [V, BUCKETS]."""
        return _csr(self.buckets, np.concatenate([[0], self.bucket_ends]), BUCKETS)

    @cached_property
    def _message_words(self) -> Matrix:
        """The words of each message, [M, V]."""
        return _csr(self.words, np.concatenate([[0], self.message_ends]), self.bucket_ends.size)

    @cached_property
    def _pairs(self) -> Matrix:
        """The pairs of each message, [M, BUCKETS]."""
        buckets, owners = np.empty(self.words.size, np.int64), np.empty(self.words.size, np.int64)
        filled = compiled.find_pairs(self.word_keys[self.words], self.message_ends, buckets, owners)
        ends = np.searchsorted(owners[:filled], np.arange(self.message_ends.size + 1))
        return _csr(buckets[:filled], ends, BUCKETS)

    @cached_property
    def counts(self) -> np.ndarray:
        """The counts of each message as the kernel gives them, [M, 5], but for the known words."""
        counts = np.asarray(self._message_words @ self.word_counts.astype(np.float64)).astype(np.int64)
        counts[:, GRAMS] += np.diff(self._pairs.indptr)
        return counts

    def known(self, vocabulary: np.ndarray) -> np.ndarray:
        """How many words of each message a vocabulary holds, [M]."""
        known = vocabulary[self.places] & (self.word_counts[:, compiled.WORDS] > 0)
        return np.asarray(self._message_words @ known.astype(np.float64)).astype(np.int64)

    def products(self, weights: np.ndarray) -> np.ndarray:
        """The products of all messages with weights, [BUCKETS, c] → [M, c] float64 of whole numbers."""
        weights = weights.astype(np.float64)
        return np.asarray(self._message_words @ (self._word_rows @ weights) + self._pairs @ weights)

    def message_matrix(self, chosen: np.ndarray) -> Matrix:
        """The counts of features of chosen messages, indices [m] → [m, BUCKETS]."""
        return _narrow(self._message_words[chosen] @ self._word_rows + self._pairs[chosen])

    def conversation_matrix(self, chosen: np.ndarray) -> Matrix:
        """The counts of features of chosen conversations, each all its messages together, [c] → [c, BUCKETS]."""
        rows = np.flatnonzero(np.isin(self.owners, chosen))
        owners = np.searchsorted(chosen, self.owners[rows])
        gather = sparse.csr_array(
            (np.ones(rows.size), (owners.astype(np.int32), np.arange(rows.size, dtype=np.int32))),
            shape=(chosen.size, rows.size),
        )
        return _narrow((gather @ self._message_words[rows]) @ self._word_rows + gather @ self._pairs[rows])

    def messages_of(self, conversation: int) -> slice:
        """Where the messages of a conversation of this block stand."""
        start = int(self.conversation_ends[conversation - 1]) if conversation else 0
        return slice(start, int(self.conversation_ends[conversation]))


def _sizes(ends: np.ndarray) -> np.ndarray:
    return np.diff(ends, prepend=0)


def _csr(columns: np.ndarray, pointers: np.ndarray, width: int) -> Matrix:
    parts = (np.ones(columns.size), columns.astype(np.int32), pointers.astype(np.int32))
    return sparse.csr_array(parts, shape=(pointers.size - 1, width))


def _narrow(matrix: Matrix) -> Matrix:
    """LIBLINEAR takes indices of 32 bits only; counts are small whole numbers, exact in 32 bits."""
    matrix.sum_duplicates()
    matrix.data = matrix.data.astype(np.float32)
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


class Spool:
    """Writes blocks to a folder of its own, which is gone when it is closed, and reads them back."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="artemis-training-")
        self._files: list[Path] = []
        self._conversations = 0
        self._begin()

    def _begin(self) -> None:
        self._numbers = _Numbers()
        self._tokens, self._token_ends = array("i"), array("q")
        self._conversation_ends = array("q")
        self._accounts, self._marks = array("Q"), array("q")
        self._characters = 0

    def add(self, texts: list[str], accounts: list[int], marks: list[tuple[int, int]]) -> None:
        """Add one conversation; `marks` are pairs of the place of a message and the number of a characteristic."""
        first = len(self._token_ends)
        for text in texts:
            self._tokens.extend(map(self._numbers.__getitem__, text_tokens(text)))
            self._token_ends.append(len(self._tokens))
            self._characters += len(text)
        self._accounts.extend(accounts)
        for place, key in marks:
            self._marks.extend((first + place, key))
        self._conversation_ends.append(len(self._token_ends))
        if len(self._token_ends) >= MESSAGES_A_BLOCK or self._characters >= CHARACTERS_A_BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what was added since the last block."""
        if not self._conversation_ends:
            return
        vocabulary, words, message_ends = self._words()
        found = read_words(vocabulary)
        parts = {
            "words": words,
            "message_ends": message_ends,
            "conversation_ends": np.array(self._conversation_ends, dtype=np.int64),
            "accounts": np.array(self._accounts, dtype=np.uint64),
            "marks": np.array(self._marks, dtype=np.int64).reshape(-1, 2),
            "buckets": found.buckets[: found.ends[-1] if found.ends.size else 0],
            "bucket_ends": found.ends,
            "word_keys": found.keys,
            "word_counts": found.counts,
            "places": found.places,
        }
        path = Path(self._folder.name) / f"{len(self._files):06d}.npz"
        np.savez(path, allow_pickle=False, first_conversation=np.int64(self._conversations), **parts)
        self._files.append(path)
        self._conversations += len(self._conversation_ends)
        self._begin()

    def _words(self) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Return the distinct words [V], and the words of all messages by number and where those of each end."""
        words, sizes = tokens_words(list(self._numbers))
        if len(max(words, key=len, default="")) > LONGEST_WORD:
            words, sizes = cut_words(words, sizes)
        vocabulary = _Numbers()
        numbers = np.fromiter(map(vocabulary.__getitem__, words), dtype=np.int32, count=len(words))
        starts = np.cumsum([0, *sizes])
        tokens = np.array(self._tokens, dtype=np.int64)
        counts = np.diff(starts)[tokens]
        ends = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(ends[-1]) + np.repeat(starts[tokens] - ends[:-1], counts)
        return list(vocabulary), numbers[places], ends[np.array(self._token_ends, dtype=np.int64)]

    def blocks(self) -> Iterator[Block]:
        """Read the blocks back, one at a time."""
        for path in self._files:
            with np.load(path, allow_pickle=False) as parts:
                values = {name: parts[name] for name in parts.files}
            yield Block(**values | {"first_conversation": int(values["first_conversation"])})

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()


def messages_of(block: Block, conversation: int, products: np.ndarray, known: np.ndarray) -> Messages:
    """Return one conversation's messages for its state; `products` [M, c] and `known` [M] are the block's."""
    part = block.messages_of(conversation)
    counts = block.counts[part].copy()
    counts[:, KNOWN] = known[part]
    return Messages.without_course(products[part], counts, block.accounts[part])
