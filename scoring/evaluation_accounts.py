"""Measures whether the right account and the right lines are named, as PAN-2012 asks in its two problems.

An account is named when a conversation of its is flagged and it gave the larger positive contribution there
(problem 1, F0.5). Named with it are its messages that raised the score (problem 2, F3).
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from scoring.evaluation_estimates import Figure, drawn_figure, f_beta_draws, f_beta_of_counts, share_figure
from scoring.evaluation_estimates import ratio as ratio_of
from scoring.evaluation_facts import Facts
from scoring.evaluation_resampling import Resampling
from scoring.evaluation_scoring import Judged
from scoring.pipeline import Model, Scored

# Marks that say something of the possible minor, not of a line that a subject account wrote.
OF_THE_MINOR = frozenset({"victim_signals", "self_harm_risk"})
ACCOUNT_BETA, LINE_BETA = 0.5, 3
NO_AUTHORS = "not available: the corpus has no authors, and no list of subject accounts was given"
NO_LINES = "not available: the corpus has no spans, and no list of lines was given"

Lines = frozenset[tuple[str, str]]


class Named:
    """The account of each conversation that would be named, and counts of its lines; accounts are numbered."""

    def __init__(self, size: int, lines: Lines | None = None) -> None:
        self.accounts: dict[str, int] = {}
        self.subjects: set[int] = set()
        self.writes_in: dict[int, int] = {}
        self.named = np.full(size, -1, dtype=np.int64)
        self.has_authors = np.zeros(size, dtype=bool)
        self.has_lines = np.zeros(size, dtype=bool)
        self.line_counts = np.zeros((size, 3), dtype=np.int64)
        self.lines = lines

    def add(self, judged: Judged, model: Model) -> None:
        named = strongest_account(judged.scored, {turn.id: turn.sender for turn in judged.turns})
        if named is not None:
            self.named[judged.index] = self._number(named, judged.index)
        self._take_roles(judged)
        self._take_lines(judged, named)

    def _number(self, account: str, conversation: int) -> int:
        number = self.accounts.setdefault(account, len(self.accounts))
        self.writes_in.setdefault(number, conversation)
        return number

    def _take_roles(self, judged: Judged) -> None:
        roles = judged.record.get("authors")
        if roles is None:
            return
        self.has_authors[judged.index] = True
        for account, role in roles.items():
            if role == "subject":
                self.subjects.add(self._number(account, judged.index))

    def _take_lines(self, judged: Judged, named: str | None) -> None:
        """Keep how many lines would be named, how many of these are true, and how many true ones there are."""
        true = self._true_lines(judged)
        if true is None:
            return
        senders = {turn.id: turn.sender for turn in judged.turns}
        raised = {
            message.id
            for message in judged.scored.messages
            if message.contribution > 0 and senders[message.id] == named
        }
        self.has_lines[judged.index] = True
        self.line_counts[judged.index] = len(raised & true), len(raised), len(true)

    def _true_lines(self, judged: Judged) -> set[str] | None:
        if self.lines is not None:
            return {turn.id for turn in judged.turns if _line_of(turn.id) in self.lines}
        spans = judged.record.get("spans")
        if spans is None:
            return None
        return {span["message"] for span in spans if span["characteristic"] not in OF_THE_MINOR}

    def end(self, model: Model) -> None:
        """Nothing is held back."""


def _line_of(message: str) -> tuple[str, str]:
    """`pan2012:<conversation>:<line>`, as the reader of PAN-2012 names messages."""
    _, _, rest = message.partition(":")
    conversation, _, line = rest.rpartition(":")
    return conversation, line


def strongest_account(scored: Scored, senders: Mapping[str, str]) -> str | None:
    """Return the account whose messages together raised the score most; None where none did."""
    sums: dict[str, float] = defaultdict(float)
    for message in scored.messages:
        sums[senders[message.id]] += message.contribution
    best = max(sums, key=lambda account: sums[account], default=None)
    return best if best is not None and sums[best] > 0 else None


def account_figures(
    named: Named, flagged: np.ndarray, facts: Facts, scope: np.ndarray, resampling: Resampling
) -> dict[str, Any]:
    """Return precision, recall, F1 and F0.5 of the accounts named in the flagged conversations of `scope`
    whose accounts have roles.
    """
    usable = scope & named.has_authors
    if not named.subjects:
        return {"why": NO_AUTHORS}
    guessed = np.unique(named.named[usable & flagged & (named.named >= 0)]).tolist()
    counts = np.zeros((facts.size, 3))
    for account in guessed:
        counts[named.writes_in[account], 1] += 1
        counts[named.writes_in[account], 0] += account in named.subjects
    for account in named.subjects:
        counts[named.writes_in[account], 2] += 1
    return {"conversations": int(usable.sum())} | _figures(counts, resampling, ACCOUNT_BETA)


def line_figures(
    named: Named, flagged: np.ndarray, scope: np.ndarray, resampling: Resampling
) -> dict[str, Any]:
    """Return precision, recall, F1 and F3 of the lines named in the flagged conversations of `scope`."""
    usable = scope & named.has_lines
    if not usable.any():
        return {"why": NO_LINES}
    counts = named.line_counts * usable[:, None]
    counts[~flagged, :2] = 0
    return {"conversations": int(usable.sum())} | _figures(counts, resampling, LINE_BETA)


def _figures(counts: np.ndarray, resampling: Resampling, beta: float) -> dict[str, Figure]:
    """Figures of [N, 3] counts: true ones named, all named, all true ones."""
    true, guessed, all_true = counts.sum(axis=0).astype(int).tolist()
    drawn = resampling.sums(counts)
    groups = resampling.touched(counts).tolist()
    return {
        "precision": share_figure(true, guessed, groups[1], lambda: ratio_of(drawn[:, 0], drawn[:, 1])),
        "recall": share_figure(true, all_true, groups[2], lambda: ratio_of(drawn[:, 0], drawn[:, 2])),
        "f1": _f_beta(true, guessed, all_true, drawn, 1),
        "f_beta": _f_beta(true, guessed, all_true, drawn, beta) | {"beta": beta},
    }


def _f_beta(true: int, guessed: int, all_true: int, drawn: np.ndarray, beta: float) -> Figure:
    value = f_beta_of_counts(true, guessed, all_true, beta)
    return drawn_figure(value or 0.0, f_beta_draws(drawn[:, 0], drawn[:, 1], drawn[:, 2], beta))
