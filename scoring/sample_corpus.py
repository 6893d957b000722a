"""Generates the neutral sample corpus: labelled conversations from a small grammar, the same for the same seed.

Positive conversations spread several mild signals over ordinary small talk; benign ones hold small talk and
situations that share words with the signals, and now and then one signal alone. A model trained on this is for demonstration:
it shows that the path works and says nothing about real conversations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from scoring.sample_grammar import TRAIN, Grammar
from scoring.sample_grammar_held_out import HELD_OUT

Split = Literal["train", "held_out"]
Piece = tuple[str, str | None]
Line = tuple[str, tuple[Piece, ...]]

GRAMMARS: dict[str, Grammar] = {"train": TRAIN, "held_out": HELD_OUT}
FIRST_ACCOUNT = {"train": 1000, "held_out": 500_000}
FIRST_DAY = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 120
SHORTEST, LONGEST, TYPICAL = 5, 300, 22
MINOR_BANDS = ("10-12", "13-15", "13-15", "16-17")
ADULT_BANDS = ("18-24", "25-34", "35-44", "45-54")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SHORTENED = (("you are", "ur"), ("are you", "r u"), ("you", "u"), ("because", "cos"), ("please", "pls"), ("okay", "k"))


def generate(*, seed: int, count: int, share_positive: float, split: Split) -> Iterator[dict[str, Any]]:
    """Yield `count` conversations in the labelled form; number `i` depends on seed, split and share alone.

    `share_positive` is the chance from 0 to 1 that a conversation is positive. Raises ValueError outside that.
    """
    if not 0 <= share_positive <= 1:
        raise ValueError("share_positive must lie between 0 and 1.")
    for index in range(count):
        rng = Random(f"artemis-sample:{seed}:{split}:{index}")
        yield _conversation(rng, index, positive=rng.random() < share_positive, seed=seed, split=split)


def _conversation(rng: Random, index: int, *, positive: bool, seed: int, split: Split) -> dict[str, Any]:
    grammar = GRAMMARS[split]
    target = round(min(LONGEST, max(SHORTEST, rng.lognormvariate(0, 0.95) * TYPICAL)))
    if positive:
        roles, lines = ("subject", "possible_minor"), _positive_lines(rng, grammar, target)
    else:
        roles, lines = _benign_lines(rng, grammar, target)
    identifier = f"sample-{split}-{seed}-{index:06d}"
    return _record(rng, identifier, _accounts(rng, roles, index, split), lines[:LONGEST], label=int(positive), split=split)


def _positive_lines(rng: Random, grammar: Grammar, target: int) -> list[Line]:
    signals = max(2, min(16, round(rng.gauss(3 + target / 16, 1.2)), target // 2))
    blocks = [_signal_block(rng, grammar, key) for key in _some_keys(rng, grammar, signals)]
    if rng.random() < 0.4:
        scenario = rng.choice(grammar.scenarios)
        blocks.append(_exchange(rng, grammar, rng.choice(scenario.exchanges), first="possible_minor", second="subject"))
    return _woven(rng, grammar, blocks, target, ("subject", "possible_minor"))


def _some_keys(rng: Random, grammar: Grammar, count: int) -> list[str]:
    """Distinct behaviours before any is repeated, in no fixed order."""
    keys = list(grammar.signals)
    rng.shuffle(keys)
    return (keys * (1 + count // len(keys)))[:count]


def _benign_lines(rng: Random, grammar: Grammar, target: int) -> tuple[tuple[str, str], list[Line]]:
    kind = rng.random()
    if kind < 0.25:
        roles, blocks = rng.choice((("other", "other"), ("possible_minor", "possible_minor"))), []
    else:
        scenario = rng.choice(grammar.scenarios)
        roles = scenario.roles
        chosen = rng.choices(scenario.exchanges, k=max(2, min(12, target // 4)))
        blocks = [_exchange(rng, grammar, lines, first="first", second="second") for lines in chosen]
    if rng.random() < 0.3:
        blocks.append(_signal_block(rng, grammar, rng.choice(list(grammar.signals)), first="first", second="second"))
    return roles, _woven(rng, grammar, blocks, target, ("first", "second"))


def _woven(rng: Random, grammar: Grammar, blocks: list[list[Line]], target: int, speakers: tuple[str, str]) -> list[Line]:
    """Fill up with small talk until the length is reached, then shuffle the exchanges into one course."""
    course = list(blocks)
    while sum(map(len, course)) < target:
        first, second = rng.sample(speakers, 2)
        course.append(_exchange(rng, grammar, rng.choice(grammar.small_talk), first=first, second=second))
    rng.shuffle(course)
    return [line for block in course for line in block]


def _exchange(rng: Random, grammar: Grammar, lines: tuple[str, ...], *, first: str, second: str) -> list[Line]:
    speakers = (first, second)
    return [(speakers[i % 2], ((_say(rng, grammar, line), None),)) for i, line in enumerate(lines)]


def _signal_block(
    rng: Random, grammar: Grammar, key: str, *, first: str = "subject", second: str = "possible_minor"
) -> list[Line]:
    sentence = _say(rng, grammar, rng.choice(grammar.signals[key]))
    lead, tail = rng.choice(grammar.leads), rng.choice(grammar.tails)
    if lead and not sentence.startswith(("I ", "I'", "You")):
        sentence = sentence[0].lower() + sentence[1:]
    said: Line = (first, tuple(piece for piece in ((lead, None), (sentence, key), (tail, None)) if piece[0]))
    return [said, _answer(rng, grammar, second)]


def _answer(rng: Random, grammar: Grammar, speaker: str) -> Line:
    if rng.random() < 0.35:
        return speaker, ((_say(rng, grammar, rng.choice(grammar.reluctant)), "victim_signals"),)
    return speaker, ((_say(rng, grammar, rng.choice(grammar.replies)), None),)


def _say(rng: Random, grammar: Grammar, template: str) -> str:
    while found := _CHOICE.search(template):
        template = template[: found.start()] + rng.choice(found[1].split("|")) + template[found.end() :]
    sentence = _SLOT.sub(lambda slot: rng.choice(grammar.slots[slot[1]]), template)
    return sentence[0].upper() + sentence[1:]


@dataclass
class _Account:
    """One writer: its name, what it is declared to be, and its habits of spelling."""

    name: str
    role: str
    age_band: str
    lower: bool
    shortens: bool
    slips: float
    native: bool = field(default=True)

    def write(self, rng: Random, text: str) -> str:
        if self.shortens:
            for long, short in _SHORTENED:
                text = re.sub(rf"\b{long}\b", short, text, flags=re.IGNORECASE)
        if self.lower:
            text = text.lower().replace(".", "") if not text.isspace() else text
        return re.sub(r"\w{4,}", lambda word: _slip(rng, word[0]) if rng.random() < self.slips else word[0], text)


def _slip(rng: Random, word: str) -> str:
    place = rng.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _accounts(rng: Random, roles: tuple[str, str], index: int, split: Split) -> tuple[_Account, _Account]:
    """Two writers; the first of a few neighbouring conversations is now and then the same account."""
    base = FIRST_ACCOUNT[split] + 2 * index
    shared = base - 2 * (index % 4) if rng.random() < 0.15 else base
    return _account(rng, f"u{shared}", roles[0]), _account(rng, f"u{base + 1}", roles[1])


def _account(rng: Random, name: str, role: str) -> _Account:
    bands = MINOR_BANDS if role == "possible_minor" else ADULT_BANDS
    return _Account(
        name, role, rng.choice(bands), lower=rng.random() < 0.35, shortens=rng.random() < 0.2,
        slips=rng.choice((0, 0, 0.01, 0.03)), native=rng.random() < 0.85,
    )  # fmt: skip


def _record(
    rng: Random, identifier: str, accounts: tuple[_Account, _Account], lines: list[Line], *, label: int, split: Split
) -> dict[str, Any]:
    by_speaker = {"subject": accounts[0], "first": accounts[0], "possible_minor": accounts[1], "second": accounts[1]}
    messages, spans = [], []
    for number, ((speaker, pieces), sent_at) in enumerate(zip(lines, _times(rng, len(lines)), strict=True), start=1):
        account, message = by_speaker[speaker], f"{identifier}-{number}"
        text, found = _written(rng, account, pieces)
        spans += [{"message": message, "start": start, "end": end, "characteristic": key} for start, end, key in found]
        messages.append({"id": message, "sender": account.name, "sent_at": sent_at, "text": text})
    return {
        "id": identifier, "label": label, "language": "en", "source": f"artemis-sample/{split}", "messages": messages,
        "authors": {account.name: account.role for account in accounts}, "spans": spans,
        "groups": {a.name: {"age_band": a.age_band, "native_speaker": a.native} for a in accounts},
    }  # fmt: skip


def _written(rng: Random, account: _Account, pieces: tuple[Piece, ...]) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans = "", []
    for words, key in pieces:
        written = account.write(rng, words)
        if key:
            spans.append((len(text), len(text) + len(written), key))
        text += written
    return text, spans


def _times(rng: Random, count: int) -> list[str]:
    """Times of sending with a zone, in sittings by day with quick replies, and gaps of a day or more between them."""
    now = FIRST_DAY + timedelta(days=rng.randrange(DAYS), seconds=rng.randrange(14 * 3600, 20 * 3600))
    tempo, left, times = rng.choice((8, 20, 45, 90)), rng.randrange(8, 40), []
    for _ in range(count):
        times.append(now.isoformat().replace("+00:00", "Z"))
        now += timedelta(seconds=2 + round(rng.expovariate(1 / tempo)))
        left -= 1
        if left <= 0:
            left = rng.randrange(8, 40)
            next_day = (now + timedelta(days=rng.choice((1, 1, 1, 2, 5)))).replace(hour=0, minute=0, second=0)
            now = next_day + timedelta(seconds=rng.randrange(14 * 3600, 20 * 3600))
    return times
