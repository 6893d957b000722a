"""Generates the neutral sample corpus: labelled conversations from a small grammar, the same for the same
seed.

Positive conversations spread several mild signals over ordinary small talk; benign ones hold small talk and
situations that share words with the signals, and now and then one signal alone. Lengths, hours, tempo, groups
and habits of writing are drawn alike for both labels. A model trained on this is for demonstration: it shows
that the path works and says nothing about real conversations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Literal

from scoring.sample_course import Course, Line, Piece, benign_course, positive_course
from scoring.sample_grammar import TRAIN, Grammar
from scoring.sample_grammar_far import FAR
from scoring.sample_grammar_held_out import HELD_OUT
from scoring.sample_phrases import one_of

Split = Literal["train", "held_out", "far"]

GRAMMARS: dict[str, Grammar] = {"train": TRAIN, "held_out": HELD_OUT, "far": FAR}
FIRST_ACCOUNT = {"train": 1_000_000, "held_out": 500_000_000, "far": 700_000_000}
MOST_ACCOUNTS = 6
FIRST_DAY = datetime(2026, 3, 2)  # noqa: DTZ001 - each conversation has a zone of its own
DAYS = 120
# Hours by the clock in which a sitting begins; the same for both labels, so that the hour tells nothing.
HOURS = (7, 8, 12, 13, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 22)
# Hours from UTC; half of the platforms send UTC.
ZONES = (0, 0, 0, 0, 0, 0, 0, -8, -6, -5, -3, 1, 2, 9)
MINOR_BANDS = ("10-12", "13-15", "13-15", "16-17")
ADULT_BANDS = ("18-24", "25-34", "35-44", "45-54")

_SHORTENED = {"you are": "ur", "are you": "r u", "you": "u", "because": "cos", "please": "pls", "okay": "k"}
_LONG_FORM = re.compile(rf"\b({'|'.join(_SHORTENED)})\b", re.IGNORECASE)
_LONG_WORD = re.compile(r"\w{4,}")


def generate(*, seed: int, count: int, share_positive: float, split: Split) -> Iterator[dict[str, Any]]:
    """Yield `count` conversations in the labelled form; number `i` depends on seed, split and share alone.

    The splits share no wording of a behaviour and no account: `held_out` says it in other phrases, `far` in
    idioms that have few words in common with the phrases for training. `share_positive` is the chance from 0 to
    1 that a conversation is positive; raises ValueError outside that.
    """
    if not 0 <= share_positive <= 1:
        raise ValueError("share_positive must lie between 0 and 1.")
    for index in range(count):
        rng = Random(f"artemis-sample:{seed}:{split}:{index}")  # noqa: S311 - reproducible, not secret
        yield _conversation(rng, index, positive=rng.random() < share_positive, seed=seed, split=split)


def _conversation(rng: Random, index: int, *, positive: bool, seed: int, split: Split) -> dict[str, Any]:
    course = (positive_course if positive else benign_course)(rng, GRAMMARS[split])
    accounts = _accounts(rng, course.roles, index, split)
    identifier = f"sample-{split}-{seed}-{index:06d}"
    messages, spans = _written(rng, identifier, accounts, course)
    return {
        "id": identifier,
        "label": int(positive),
        "language": "en",
        "source": f"artemis-sample/{split}",
        "messages": messages,
        "authors": {account.name: account.role for account in accounts},
        "spans": spans,
        "groups": {a.name: {"age_band": a.age_band, "native_speaker": a.native} for a in accounts},
    }


@dataclass(frozen=True)
class _Account:
    """One writer: its name, what it is declared to be, and its habits of spelling."""

    name: str
    role: str
    age_band: str
    native: bool
    lower: bool
    shortens: bool
    slips: float

    def write(self, rng: Random, text: str) -> str:
        if self.shortens:
            text = _LONG_FORM.sub(lambda form: _SHORTENED[form[0].lower()], text)
        if self.lower:
            text = text.lower().rstrip(".")
        if not self.slips:
            return text
        return _LONG_WORD.sub(lambda word: self._slip(rng, word[0]), text)

    def _slip(self, rng: Random, word: str) -> str:
        """Exchange two inner letters, as often as this writer does."""
        if rng.random() >= self.slips:
            return word
        place = rng.randrange(1, len(word) - 2)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _accounts(rng: Random, roles: tuple[str, ...], index: int, split: Split) -> tuple[_Account, ...]:
    """New accounts; the first writer of a few neighbouring conversations is now and then the same account."""
    base = FIRST_ACCOUNT[split] + MOST_ACCOUNTS * index
    shared = base - MOST_ACCOUNTS * (index % 4) if rng.random() < 0.15 else base
    numbers = (shared, *range(base + 1, base + len(roles)))
    return tuple(_account(rng, f"u{number}", role) for number, role in zip(numbers, roles, strict=True))


def _account(rng: Random, name: str, role: str) -> _Account:
    return _Account(
        name=name,
        role=role,
        age_band=one_of(rng, MINOR_BANDS if role == "possible_minor" else ADULT_BANDS),
        native=rng.random() < 0.85,
        lower=rng.random() < 0.35,
        shortens=rng.random() < 0.2,
        slips=one_of(rng, (0, 0, 0.01, 0.03)),
    )


def _written(
    rng: Random, identifier: str, accounts: tuple[_Account, ...], course: Course
) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    messages: list[dict[str, str]] = []
    spans: list[dict[str, Any]] = []
    for number, (line, sent_at) in enumerate(
        zip(course.lines, _times(rng, course.lines), strict=True), start=1
    ):
        account, message = accounts[line.speaker], f"{identifier}-{number}"
        text, found = _spelt(rng, account, line.pieces)
        messages.append({"id": message, "sender": account.name, "sent_at": sent_at, "text": text})
        spans += [
            {"message": message, "start": start, "end": end, "characteristic": key}
            for start, end, key in found
        ]
    return messages, spans


def _spelt(
    rng: Random, account: _Account, pieces: tuple[Piece, ...]
) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans = "", []
    for words, key in pieces:
        written = account.write(rng, words)
        if key:
            spans.append((len(text), len(text) + len(written), key))
        text += written
    return text, spans


def _times(rng: Random, lines: tuple[Line, ...]) -> list[str]:
    """Times of sending in the conversation's zone: sittings of quick replies, hours or days between them.

    A long message takes longer to write.
    """
    zone = one_of(rng, ZONES)
    now = (FIRST_DAY + timedelta(days=rng.randrange(DAYS), seconds=_second_of_day(rng))).replace(
        tzinfo=timezone(timedelta(hours=zone)) if zone else UTC
    )
    tempo, left, times = one_of(rng, (8, 20, 45, 90)), rng.randrange(6, 40), []
    for line in lines:
        now += timedelta(seconds=2 + len(line.pieces[0][0]) // 8 + round(rng.expovariate(1 / tempo)))
        times.append(now.isoformat().replace("+00:00", "Z"))
        left -= 1
        if left <= 0:
            left = rng.randrange(6, 40)
            now = _next_sitting(rng, now)
    return times


def _next_sitting(rng: Random, now: datetime) -> datetime:
    """Later on the same day, or on one of the next days."""
    if rng.random() < 0.2:
        return now + timedelta(seconds=rng.randrange(1_200, 10_800))
    day = (now + timedelta(days=one_of(rng, (1, 1, 1, 2, 5)))).replace(hour=0, minute=0, second=0)
    return day + timedelta(seconds=_second_of_day(rng))


def _second_of_day(rng: Random) -> int:
    return one_of(rng, HOURS) * 3600 + rng.randrange(3600)
