"""Fits the conversation head: the evidence of messages, the stage over it, and the calibration.

Everything after the weights is fitted on evidence from weights that had not seen the conversation, and the
calibration on logits of which neither stage had seen it; both by author-disjoint folds. The head is the folds' mean.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scoring.compiled import GRAMS
from scoring.features import Matrix, divisors
from scoring.fitting_examples import read_examples
from scoring.fitting_linear import Column, balance, distinction, fit_column, narrowed, rarity, skeletons_first
from scoring.fitting_stage import fit_stage
from scoring.training_data import Progress, TrainingData, TrainingError

CONVERSATION_C = 1.0
# Generated text has few words, whose rarity is its grammar's doing (docs/adr/0014).
GENERATED_C = 0.5
# How much examples count: those as brought, their copies in odd spelling, single messages that were marked.
MISSPELT_WEIGHT, MESSAGE_WEIGHT = 1.0, 0.55
AS_BROUGHT, MISSPELT, SINGLE_MESSAGES = 0, 1, 2
NEGATIVE_MESSAGES, LEAST_SHARE = 30_000, 0.05
# Beyond so many messages they are sampled, so that they do not grow with the corpus.
MOST_MARKED, MOST_UNMARKED = 60_000, 60_000
# Features of all chosen conversations together; more than that is not held in memory at once: 8 bytes each are kept,
# and a fit takes 30 more while it runs.
MOST_FEATURES = 40_000_000
HARD_SHARE = 0.3


@dataclass(frozen=True)
class Fitted:
    """The conversation head: its column, the `classifier` part of a header, and what is said of the course.

    `logits` and `probabilities` [n] are those of conversations, `unseen` [n], by parts that had not seen them.
    """

    column: Column
    header: dict[str, Any]
    logits: np.ndarray
    probabilities: np.ndarray
    unseen: np.ndarray
    course: str


@dataclass(frozen=True)
class _Chosen:
    """Examples in memory: rows of features with label, fold and group.

    Groups: 0 conversations as brought, 1 their copies in odd spelling, 2 single messages.
    """

    counts: Matrix
    labels: np.ndarray
    folds: np.ndarray
    groups: np.ndarray
    generated: bool

    def weights(self, chosen: np.ndarray) -> np.ndarray:
        """Conversations count alike whatever their label, as they will arrive; single messages are balanced, and
        generated text.
        """
        share = np.array([1.0, MISSPELT_WEIGHT, MESSAGE_WEIGHT])
        groups = self.groups[chosen]
        balanced = balance(self.labels[chosen], groups)
        return np.where(self.generated | (groups == SINGLE_MESSAGES), balanced, 1.0) * share[groups]


def fit_conversations(
    data: TrainingData,
    fitting: np.ndarray,
    *,
    seed: int,
    generated: bool = False,
    progress: Progress | None = None,
) -> Fitted:
    """Fit on the labelled conversations of a mask, [C] bool; `generated` where a grammar wrote them."""
    fitting = fitting & (data.labels >= 0)
    check_labels(data, fitting)
    examples = _chosen(data, fitting, seed=seed, generated=generated)
    folds = np.unique(data.folds[fitting])
    columns = {}
    for number, fold in enumerate(folds.tolist(), start=1):
        _tell(progress, f"conversation head, part {number} of {folds.size}", (number - 1) / folds.size)
        columns[fold] = _column(examples, examples.folds != fold, seed=seed)
    plain = _judged(data, fitting & data.plain)
    read = read_examples(data, plain, columns)
    stage = fit_stage(read, data.labels[plain], data.folds[plain], data.sources[plain])
    column = _mean_column(list(columns.values()))
    header = stage.header(column.scale)
    return Fitted(column, header, stage.logits, stage.probabilities, np.flatnonzero(plain), stage.course)


def _mean_column(columns: list[Column]) -> Column:
    """Return the mean of the folds' weights.

    A last fit on everything would weigh more than those that stage and calibration were fitted to, and be too sure.
    """
    return narrowed(np.mean([column.numbers * column.scale for column in columns], axis=0))


def _judged(data: TrainingData, plain: np.ndarray) -> np.ndarray:
    """Those that are long enough to be judged; all, where those alone would not do."""
    judged = plain & data.judged
    folds = np.unique(data.folds[plain])
    enough = all(len(set(data.labels[judged & (data.folds == fold)])) == 2 for fold in folds)
    return judged if enough else plain


def _tell(progress: Progress | None, sentence: str, share: float) -> None:
    if progress:
        progress(sentence, share)


def check_labels(data: TrainingData, chosen: np.ndarray) -> None:
    """Raise TrainingError unless there are two folds or more and each holds both labels."""
    plain = chosen & data.plain
    folds = np.unique(data.folds[plain])
    if len(folds) < 2 or any(len(set(data.labels[plain & (data.folds == fold)])) < 2 for fold in folds):
        raise TrainingError(
            "The corpus is too small, or its authors hang together too much, to keep authors apart: "
            "a fold lacks conversations of one label. Bring more conversations of both kinds."
        )


def _column(examples: _Chosen, chosen: np.ndarray, *, seed: int) -> Column:
    rare = rarity(examples.counts, chosen & (examples.groups < SINGLE_MESSAGES))
    if examples.generated:
        rare = skeletons_first(rare)
    else:
        rare = rare * distinction(examples.counts, examples.labels, chosen & (examples.groups == AS_BROUGHT))
    counts = examples.counts[np.flatnonzero(chosen)]
    return fit_column(
        counts,
        examples.labels[chosen],
        examples.weights(chosen),
        rare,
        c=GENERATED_C if examples.generated else CONVERSATION_C,
        seed=seed,
        faint=examples.groups[chosen] == MISSPELT,
    )


def _chosen(data: TrainingData, fitting: np.ndarray, *, seed: int, generated: bool) -> _Chosen:
    """Take what fits into memory: all, or else all positive and a sample of the others with the hardest of the rest."""
    sizes = _feature_counts(data, fitting)
    if sizes.sum() <= MOST_FEATURES:
        return _in_memory(data, fitting, seed=seed, generated=generated)
    sample = _sampled(data, fitting, sizes, MOST_FEATURES * (1 - HARD_SHARE), seed=seed)
    first = _in_memory(data, sample, seed=seed, generated=generated)
    column = _column(first, np.ones(first.labels.size, dtype=bool), seed=seed)
    del first
    rest = np.flatnonzero(fitting & ~sample & (data.labels == 0))
    order = rest[np.argsort(-_whole_evidence(data, column)[rest], kind="stable")]
    hard = order[np.cumsum(sizes[order]) <= MOST_FEATURES * HARD_SHARE]
    chosen = sample.copy()
    chosen[hard] = True
    return _in_memory(data, chosen, seed=seed, generated=generated)


def _sampled(
    data: TrainingData, fitting: np.ndarray, sizes: np.ndarray, most: float, *, seed: int
) -> np.ndarray:
    """Take positive conversations up to half of what fits, then benign ones, each in a random order."""
    order = np.random.default_rng(seed).permutation(np.flatnonzero(fitting))
    chosen = np.zeros(fitting.size, dtype=bool)
    positive = order[data.labels[order] == 1]
    positive = positive[np.cumsum(sizes[positive]) <= most / 2]
    benign = order[data.labels[order] == 0]
    benign = benign[np.cumsum(sizes[benign]) <= most - sizes[positive].sum()]
    chosen[positive] = chosen[benign] = True
    return chosen


def _feature_counts(data: TrainingData, fitting: np.ndarray) -> np.ndarray:
    """Return about how many different features each conversation has, [C], from how many it has in all."""
    sizes = np.zeros(fitting.size)
    for block in data.spool.blocks():
        grams = np.bincount(block.owners, block.counts[:, GRAMS], minlength=block.conversation_ends.size)
        # Counted on chat: of 2,000 features 1,400 are different, of 20,000 about 8,000.
        sizes[block.conversations] = 4.2 * np.maximum(grams, 1) ** 0.765
    return np.where(fitting, sizes, 0.0)


def _whole_evidence(data: TrainingData, column: Column) -> np.ndarray:
    evidence = np.zeros(data.labels.size)
    for block in data.spool.blocks():
        size = block.conversation_ends.size
        products = np.bincount(block.owners, block.products(column.numbers[:, None])[:, 0], minlength=size)
        grams = np.bincount(block.owners, block.counts[:, GRAMS], minlength=size)
        evidence[block.conversations] = products / divisors(grams)
    return evidence


def _in_memory(data: TrainingData, chosen: np.ndarray, *, seed: int, generated: bool) -> _Chosen:
    """Chosen conversations in their order, then single messages of them, so that blocks make no difference."""
    whole, single = [], []
    rng = np.random.default_rng(seed)
    for block in data.spool.blocks():
        own = np.flatnonzero(chosen[block.conversations])
        numbers = own + block.first_conversation
        if own.size:
            groups = data.misspelt[numbers].astype(int)
            matrix = block.conversation_matrix(own)
            whole.append(_Chosen(matrix, data.labels[numbers], data.folds[numbers], groups, generated))
        if own.size and data.annotated[numbers].any():
            single.append(_marked_messages(data, block, numbers, rng, generated))
    return _together([*whole, *single], generated=generated)


def _together(parts: list[_Chosen], *, generated: bool) -> _Chosen:
    counts = sparse.vstack([part.counts for part in parts], format="csr")
    counts.indices, counts.indptr = counts.indices.astype(np.int32), counts.indptr.astype(np.int32)
    return _Chosen(
        counts,
        np.concatenate([part.labels for part in parts]).astype(int),
        np.concatenate([part.folds for part in parts]),
        np.concatenate([part.groups for part in parts]),
        generated,
    )


def _marked_messages(
    data: TrainingData, block: Any, numbers: np.ndarray, rng: np.random.Generator, generated: bool
) -> _Chosen:
    """Messages of annotated conversations as examples: 1 for one marked in a positive conversation, else 0."""
    conversations = block.owners + block.first_conversation
    rows = np.flatnonzero(
        np.isin(conversations, numbers[data.annotated[numbers]]) & (block.counts[:, GRAMS] > 0)
    )
    marked = np.zeros(block.message_ends.size, dtype=bool)
    marked[block.marks[:, 0]] = True
    labels = (marked & (data.labels[conversations] == 1))[rows]
    taken = rng.random(rows.size) < np.where(labels, *_shares(data))
    rows, labels = rows[taken], labels[taken]
    return _Chosen(
        block.message_matrix(rows),
        labels.astype(int),
        data.folds[conversations[rows]],
        np.full(rows.size, 2),
        generated,
    )


def _shares(data: TrainingData) -> tuple[float, float]:
    """Return which share of marked messages and of others are examples."""
    others = max(NEGATIVE_MESSAGES / max(1, data.messages), LEAST_SHARE)
    return (
        min(1.0, MOST_MARKED / max(1, data.marked_messages)),
        min(1.0, others, MOST_UNMARKED / max(1, data.annotated_messages)),
    )
