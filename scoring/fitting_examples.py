"""Reads conversations as the stage over the evidence sees them: a few numbers of each, block by block."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from scoring.classifier import Noise, readings_of, whole_divisor
from scoring.compiled import GRAMS, WORDS
from scoring.features import divisors
from scoring.fitting_linear import Column
from scoring.state import WINDOW, ConversationState, window_value
from scoring.training_data import TrainingData
from scoring.training_spool import Block, messages_of

# Rounding must not hide a message that exceeds the threshold by a hair.
HAIR = 1e-9


@dataclass(frozen=True)
class Examples:
    """Conversations as the stage sees them, each number [n]: sums of `evidence`, already scaled, of `grams` and of
    `words` over all messages, the readings `windows` and `peaks`; and their `course` [n, F].
    """

    evidence: np.ndarray
    grams: np.ndarray
    words: np.ndarray
    windows: np.ndarray
    peaks: np.ndarray
    noise: Noise
    course: np.ndarray
    course_names: tuple[str, ...]

    def readings(self, power: float) -> np.ndarray:
        """Return whole, window and peak of each, [n, 3]."""
        divisor = np.array([whole_divisor(grams, power) for grams in self.grams.tolist()])
        return np.column_stack([self.evidence / divisor, self.windows, self.peaks])


def read_examples(data: TrainingData, chosen: np.ndarray, columns: Mapping[int, Column]) -> Examples:
    """Read the conversations of a mask [C], each by the column that had not seen its fold; noise is that of benign
    messages.
    """
    noise = _noise(data, chosen, columns)
    found = [_read_block(read, noise) for read in _blocks(data, chosen, columns)]
    evidence, grams, words, windows, peaks = (np.concatenate(part) for part in zip(*found, strict=True))
    return Examples(evidence, grams, words, windows, peaks, noise, data.course_of(chosen), data.course_names)


@dataclass(frozen=True)
class _ReadBlock:
    """A block as read: of M messages `products` [M], `scales` [M] and `grams` [M]; which conversations are `chosen`."""

    block: Block
    products: np.ndarray
    scales: np.ndarray
    chosen: np.ndarray
    is_benign: np.ndarray

    @property
    def grams(self) -> np.ndarray:
        return self.block.counts[:, GRAMS]

    @property
    def vectors(self) -> np.ndarray:
        """The evidence of each message alone, [M]."""
        return self.scales * (self.products / divisors(self.grams))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over the messages of each chosen conversation."""
        size = self.block.conversation_ends.size
        return np.bincount(self.block.owners, values, minlength=size)[self.chosen]


def _blocks(data: TrainingData, chosen: np.ndarray, columns: Mapping[int, Column]) -> Iterator[_ReadBlock]:
    weights = np.column_stack([column.numbers for column in columns.values()])
    scales = np.array([column.scale for column in columns.values()])
    places = np.zeros(int(data.folds.max()) + 1, dtype=np.int64)
    places[list(columns)] = np.arange(len(columns))
    for block in data.spool.blocks():
        own = np.flatnonzero(chosen[block.conversations])
        if own.size:
            column = places[data.folds[block.conversations]][block.owners]
            products = block.products(weights)[np.arange(column.size), column]
            benign = data.labels[block.conversations] == 0
            yield _ReadBlock(block, products, scales[column], own, benign)


def _noise(data: TrainingData, chosen: np.ndarray, columns: Mapping[int, Column]) -> Noise:
    """Mean and deviation over messages, summed by conversation first, so that blocks make no difference."""
    counts, sums, squares = [], [], []
    for read in _blocks(data, chosen, columns):
        vectors, holds = read.vectors, read.grams > 0
        benign = read.is_benign[read.chosen]
        counts.append(read.sums(holds)[benign])
        sums.append(read.sums(np.where(holds, vectors, 0.0))[benign])
        squares.append(read.sums(np.where(holds, vectors**2, 0.0))[benign])
    count, total, square = (float(np.concatenate(part).sum()) for part in (counts, sums, squares))
    mean = total / count
    return Noise(mean, float(np.sqrt(max(square / count - mean**2, 0.0))))


def _read_block(read: _ReadBlock, noise: Noise) -> tuple[np.ndarray, ...]:
    """Return evidence, grams, words, windows and peaks of the chosen conversations of a block."""
    products, grams = read.sums(read.products), read.sums(read.grams).astype(np.int64)
    words = read.sums(read.block.counts[:, WORDS])
    scales = read.scales[read.block.conversation_ends[read.chosen] - 1]
    windows, peaks = scales * window_value(products, grams), np.zeros(read.chosen.size)
    for place in np.flatnonzero(_is_long_or_peaked(read, noise)).tolist():
        own, scale = int(read.chosen[place]), float(scales[place])
        known = np.zeros(read.products.size, dtype=np.int64)
        state = ConversationState.of(messages_of(read.block, own, read.products[:, None], known))
        _, windows[place], peaks[place] = readings_of(state, scale, 1.0, noise)
    return scales * products, grams, words, windows, peaks


def _is_long_or_peaked(read: _ReadBlock, noise: Noise) -> np.ndarray:
    """Whether a chosen conversation is longer than a window, or a message of it exceeds the threshold; of others the
    window is all of it and the peak 0.
    """
    size = read.block.conversation_ends.size
    messages = np.bincount(read.block.owners, read.grams > 0, minlength=size).astype(np.int64)
    found, places = np.unique(messages, return_inverse=True)
    thresholds = np.array([noise.threshold(count) for count in found.tolist()])[places]
    exceeds = (read.grams > 0) & (read.vectors > thresholds[read.block.owners] - HAIR)
    return (read.sums(exceeds) > 0) | (messages[read.chosen] >= WINDOW)
