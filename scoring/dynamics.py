"""The course of a conversation in constant size: who writes how much, how fast, when, and after what gaps.

A summary of a run of messages and one of the run that follows merge into the summary of both. All sums are whole
numbers, so any split of a conversation into runs gives the very same summary, to the bit. It holds no text and no
account's name (a short digest instead, which tells an account again to whoever knows its name), no declared age and
no other fact about an account. The state is under 2 KB for any length and number of accounts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scoring.compiled_course import FIRST_NUMBER
from scoring.dynamics_accounts import Accounts, account_keys
from scoring.dynamics_facts import Message
from scoring.dynamics_form import parts_of
from scoring.dynamics_refusals import Refusals, is_question
from scoring.dynamics_sentences import account_sentences, refusal_sentence, time_sentences, trend_sentence
from scoring.dynamics_times import Times, gap, is_pause, moment
from scoring.dynamics_trend import Trend

# The lowest and the highest value that each feature can take; its meaning stands where it is computed.
RANGES: dict[str, tuple[float, float]] = {
    "message_share": (0.0, 1.0),
    "word_share": (0.0, 1.0),
    "initiation_share": (0.0, 1.0),
    "reply_latency": (0.0, 14.4),
    "burstiness": (-1.0, 1.0),
    "night_share": (0.0, 1.0),
    "question_ratio": (0.0, 1.0),
    "question_difference": (-1.0, 1.0),
    "escalation_slope": (-8.0, 8.0),
    "longest_gap": (0.0, 24.92),
    "sittings": (0.0, 24.0),
    "persistence": (0.0, 1.0),
}


class Dynamics(NamedTuple):
    """The course of a run of `messages` messages, of which the first has the number `first` in its conversation."""

    first: int = 1
    messages: int = 0
    accounts: Accounts = Accounts()
    times: Times = Times()
    trend: Trend = Trend()
    refusals: Refusals = Refusals()

    @classmethod
    def of(
        cls,
        turns: Sequence[Message],
        words: Sequence[int] | None = None,
        evidence: Sequence[float] | None = None,
        first: int = 1,
    ) -> "Dynamics":
        """Summarise consecutive messages in the order of receipt.

        `words` is the number of words of each message (by default of parts between blanks), `evidence` what the
        conversation head reads in each (nan where it reads nothing), `first` the number, from 1, of the first of them
        in the conversation. Raises ValueError where lengths differ or `first` is under 1.
        """
        if not turns:
            return cls()
        _check_lengths(len(turns), words, evidence)
        if first < 1:
            raise ValueError("Messages are numbered from 1.")
        return cls._of(turns, words, evidence, first)

    @classmethod
    def _of(
        cls,
        turns: Sequence[Message],
        words: Sequence[int] | None,
        evidence: Sequence[float] | None,
        first: int,
    ) -> "Dynamics":
        texts, sent = [turn.text for turn in turns], [turn.sent_at for turn in turns]
        keys, moments = account_keys([turn.sender for turn in turns]), [moment(at) for at in sent]
        counts = [len(text.split()) for text in texts] if words is None else list(map(int, words))
        questions = [is_question(text) for text in texts]
        between = list(map(gap, moments, moments[1:]))
        return cls(
            first,
            len(turns),
            Accounts.of(keys, counts, questions, [False, *map(is_pause, between)]),
            Times.of(sent, moments, between, keys),
            Trend() if evidence is None else Trend.of(evidence, first),
            Refusals.of(keys, texts, questions),
        )

    @classmethod
    def from_course(cls, course: np.ndarray, messages: int) -> "Dynamics":
        """Read what the compiled loops summed up of so many messages, [COURSE] int64 as `compiled_course` says."""
        if not course[FIRST_NUMBER]:
            return cls()
        return cls(int(course[FIRST_NUMBER]), messages, *parts_of(course))

    def merge(self, later: "Dynamics") -> "Dynamics":
        """Return the course of both runs; associative, with `Dynamics()` as identity.

        Raises ValueError where `later` does not begin with the message that follows this run.
        """
        if not later.messages or not self.messages:
            return self if self.messages else later
        if later.first != self.first + self.messages:
            raise ValueError("Only a run of messages that follows directly can be merged.")
        before, after = self.refusals.tail[-1].account, later.refusals.head[0].account
        is_opening = is_pause(gap(self.times.last_at, later.times.first_at))
        return Dynamics(
            first=self.first,
            messages=self.messages + later.messages,
            accounts=self.accounts.merge(later.accounts, opener=after if is_opening else None),
            times=self.times.merge(later.times, is_reply=before != after),
            trend=self.trend.merge(later.trend),
            refusals=self.refusals.merge(later.refusals),
        )

    def features(self, *, language: str = "en") -> dict[str, float | None]:
        """Return the features named in `RANGES`, each rising with what its name says, or None for too little.

        `language` is the tag of the conversation's language; persistence is None where it is not English. Where a
        source has no times, all that rests on them is None. That says something of the source, not of the
        conversation, so a classifier should put a neutral value in place and not learn from the lack.
        """
        accounts, times = self.accounts, self.times
        return {
            "message_share": accounts.message_share(),
            "word_share": accounts.word_share(),
            "initiation_share": accounts.initiation_share(),
            "reply_latency": times.reply_latency(),
            "burstiness": times.burstiness(),
            "night_share": times.night_share(),
            "question_ratio": accounts.question_ratio(),
            "question_difference": accounts.question_difference(),
            "escalation_slope": self.trend.slope(),
            "longest_gap": times.longest_gap(),
            "sittings": times.sittings(accounts.openings),
            "persistence": self.refusals.persistence() if self._refusals_are_read(language) else None,
        }

    def _refusals_are_read(self, language: str) -> bool:
        return language.lower().split("-")[0] == "en" and len(self.accounts.rows) > 1

    def sentences(self, *, language: str = "en") -> tuple[str, ...]:
        """Return the course in plain words, a fact a sentence; nothing of what there is too little for."""
        if not self.messages:
            return ()
        refusals = [refusal_sentence(self.refusals)] if self._refusals_are_read(language) else []
        found = [
            *account_sentences(self.accounts),
            *time_sentences(self.times, self.accounts.openings),
            trend_sentence(self.trend),
            *refusals,
        ]
        return tuple(sentence for sentence in found if sentence)


def _check_lengths(messages: int, *given: Sequence[float] | None) -> None:
    for each in given:
        if each is not None and len(each) != messages:
            raise ValueError(f"{messages:,} messages need as many counts of words and as much evidence.")
