"""Puts into words what a score rests on, what spoke against it, and why it is not surer: from figures, never from text.

No sentence quotes a message and none judges a person.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scoring.abstention import LARGE_KNOWN_SHARE, Amount
from scoring.characteristics import BY_KEY, READ_KEYS, level
from scoring.classifier import AMOUNT
from scoring.dynamics_sentences import percent
from scoring.evaluation import BINS
from scoring.state import WINDOW

CLEAR = 0.5
FEW_MESSAGES = 10
FEW_WORDS = 100
FAMILIAR = 0.8
NEAR = 0.1
ALONE = 0.6
WORTH_SAYING = 0.1  # log-odds
ENOUGH = 20  # conversations of an evaluation

WITHOUT_EVALUATION = "No evaluation of this model is kept, so nobody knows how often this number comes true."
DEMONSTRATION = (
    "The model is a demonstration, trained on generated text only. "
    "Its numbers say nothing about real conversations."
)


@dataclass(frozen=True, slots=True)
class WeighedTurn:
    """One message: its number from 1, its id, what it added in log-odds, and its ratings from 0 to 1."""

    number: int
    id: str
    contribution: float
    ratings: Mapping[str, float]

    @property
    def clear(self) -> tuple[tuple[str, float], ...]:
        """The characteristics that are clear or strong here, the strongest first."""
        found = [(key, rating) for key, rating in self.ratings.items() if rating >= CLEAR and key in BY_KEY]
        return tuple(sorted(found, key=lambda pair: -pair[1]))


@dataclass(frozen=True, slots=True)
class Totals:
    """All messages of a score summed up: `raised` and `lowered` (not over 0) in log-odds, and how many did either."""

    raised: float = 0.0
    lowered: float = 0.0
    raising: int = 0
    lowering: int = 0


@dataclass(frozen=True, slots=True)
class Reliability:
    """What an evaluation found near a probability: of `conversations`, the share that was positive, with its interval.

    `positive_of_all` is the share of positive ones in that evaluation; `share` is None where no conversation got about
    this probability.
    """

    conversations: int
    share: float | None
    lower: float | None
    upper: float | None
    positive_of_all: float


def reliability_of(bins: Sequence[Mapping[str, Any]] | None, probability: float) -> Reliability | None:
    """Find a probability among the bins of equal width in an evaluation card; None where there are none."""
    if not bins:
        return None
    judged = sum(row["conversations"] for row in bins)
    of_all = sum(row["conversations"] * row["positive"]["value"] for row in bins) / judged
    for row in bins:
        if _bin(row["predicted"]) == _bin(probability):
            share = row["positive"]
            return Reliability(
                row["conversations"], share["value"], share.get("lower"), share.get("upper"), of_all
            )
    return Reliability(0, None, None, None, of_all)


def _bin(probability: float) -> int:
    return min(int(probability * BINS), BINS - 1)


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known of one judged score, whether it is fresh or was stored; an explanation is made of nothing else.

    `base` is the log-odds before any message counts; `turns` are those that raised it most, strongest first;
    `threshold` that for a flag, where there is one; `window` the first and last message of the strongest passage;
    `amount` of text, `parts` (what amount and course gave, in log-odds) and `course` (sentences) where they were kept;
    `trained` the characteristics that the model can rate.
    """

    probability: float
    base: float
    messages: int
    characteristics: tuple[tuple[str, float], ...]
    turns: tuple[WeighedTurn, ...]
    totals: Totals
    threshold: float | None = None
    window: tuple[int, int] = (0, 0)
    amount: Amount | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    trained: Collection[str] | None = None
    demonstration: bool = False
    reliability: Reliability | None = None
    course: tuple[str, ...] = ()

    @property
    def clear(self) -> tuple[str, ...]:
        """The characteristics that are clear or strong in the conversation, the strongest first."""
        rated = sorted(self.characteristics, key=lambda pair: -pair[1])
        return tuple(key for key, rating in rated if rating >= CLEAR)

    def share(self, turn: WeighedTurn) -> float:
        """A message's part, from 0 to 1, of all that raised the score."""
        return turn.contribution / self.totals.raised if self.totals.raised > 0 else 0.0


def summary(basis: Basis) -> str:
    """Say in one line what the number is, how few messages made it, and what they read like."""
    held = sum(map(basis.share, basis.turns))
    gave = f"{len(basis.turns):,} of {messages(basis.messages)} gave {percent(held)} of what raised it."
    named = ", ".join(map(_quoted, basis.clear[:3]))
    clearest = f"Clearest: {named}." if named else "No characteristic is clear."
    first, last = basis.window
    passage = f" Turns {first:,} to {last:,} weighed most." if last > 0 and basis.messages > WINDOW else ""
    return f"Probability {basis.probability:.2f}. {gave} {clearest}{passage}"


def why(turn: WeighedTurn, share: float) -> str:
    """Say what one message was read as and how much it weighed."""
    gave = f"it gave {percent(share)} of what raised the score"
    if not turn.clear:
        return f"No single characteristic stands out, but {gave}: its wording is nearer to the positive examples."
    named = " and ".join(f"{_quoted(key)} ({level(rating)}, {rating:.2f})" for key, rating in turn.clear[:2])
    return f"Read as {named}; {gave}."


def against(basis: Basis) -> Iterator[str]:
    """Say what a reader should weigh on the other side; nothing where there is nothing."""
    yield from _lowered(basis)
    yield from _few_reasons(basis)
    if basis.turns and basis.totals.raising > 1 and basis.share(basis.turns[0]) >= ALONE:
        held = percent(basis.share(basis.turns[0]))
        yield f"Turn {basis.turns[0].number:,} alone gave {held} of what raised the score."
    known = known_share(basis.amount)
    if known is not None and known < FAMILIAR:
        yield f"The model knows only {percent(known)} of the words; it weighs the others by their spelling alone."
    yield from _parts(basis.parts)


def _lowered(basis: Basis) -> Iterator[str]:
    raised, lowered = basis.totals.raised, -basis.totals.lowered
    if basis.totals.lowering:
        counted = f"{messages(basis.totals.lowering)} lowered the score; together they"
        yield f"{counted} took back {_of_what_raised(lowered, raised)}."
    if basis.base < 0:
        yield f"Every conversation starts low; that took back {_of_what_raised(-basis.base, raised)}."


def _of_what_raised(lowered: float, raised: float) -> str:
    return f"{percent(lowered / raised)} of what raised it" if lowered < raised else "all that raised it"


def _few_reasons(basis: Basis) -> Iterator[str]:
    if not basis.clear:
        yield "No characteristic is clear or strong."
    if len(basis.clear) == 1:
        yield f"Only one characteristic is clear, {_quoted(basis.clear[0])}; alone it is common in ordinary chat."
    if basis.totals.raising == 1:
        yield "Only one message raised the score."


def _parts(parts: Mapping[str, float]) -> Iterator[str]:
    if parts.get(AMOUNT, 0.0) <= -WORTH_SAYING:
        yield "The amount of text spoke against: conversations of this length are less often positive."
    if sum(value for name, value in parts.items() if name != AMOUNT) <= -WORTH_SAYING:
        yield "The course of the conversation spoke against: who wrote how much, how fast and when."


def known_share(amount: Amount | None) -> float | None:
    """Return the share of words that the model saw in training, or None where it was not kept."""
    return amount.known_words / amount.words if amount and amount.words else None


def how_sure(basis: Basis) -> Iterator[str]:
    """Say how often such a number came true, and what keeps it from being surer."""
    yield reliable(basis.reliability)
    if basis.demonstration:
        yield DEMONSTRATION
    yield from _near(basis)
    yield from _short(basis)
    yield from _language(basis.amount)
    yield from _not_rated(basis.trained)


def reliable(found: Reliability | None) -> str:
    """Say what an evaluation of the model found among conversations with about this number."""
    if found is None:
        return WITHOUT_EVALUATION
    if found.share is None or found.conversations < ENOUGH:
        got = conversations(found.conversations) if found.conversations else "no conversation"
        return f"In the evaluation {got} got about this number: too few to say how often it comes true."
    counted = conversations(found.conversations)
    if found.lower is not None and found.upper is not None:
        counted = f"{100 * found.lower:.0f} to {100 * found.upper:.0f}, from {counted}"
    return (
        f"Of 100 conversations that got about this number in the evaluation, about {100 * found.share:.0f} were "
        f"positive ({counted}). There {percent(found.positive_of_all)} of all were; where fewer are, the number comes "
        "true less often."
    )


def _near(basis: Basis) -> Iterator[str]:
    if basis.threshold is None:
        return
    distance = round(abs(basis.probability - basis.threshold), 2)
    if distance >= NEAR:
        return
    place = (
        f"{distance:.2f} {'over' if basis.probability >= basis.threshold else 'under'}" if distance else "at"
    )
    flag = f"the threshold for a flag, {basis.threshold:.2f}"
    yield f"The probability lies {place} {flag}; a few messages may move it across."


def _short(basis: Basis) -> Iterator[str]:
    words = basis.amount.words if basis.amount else None
    if words is not None and words < FEW_WORDS:
        yield f"The conversation is short: {messages(basis.messages)} with {words:,} words."
    elif basis.messages < FEW_MESSAGES:
        yield f"The conversation is short: {messages(basis.messages)}."


def _language(amount: Amount | None) -> Iterator[str]:
    known = known_share(amount)
    if known is None:
        return
    if known >= LARGE_KNOWN_SHARE:
        yield f"The language was checked in one way only: the model knows {percent(known)} of the words."
    else:
        yield "Few of the words are known, and a second check did not find another language either."


def _not_rated(trained: Collection[str] | None) -> Iterator[str]:
    missing = [_quoted(key) for key in READ_KEYS if trained is not None and key not in trained]
    if missing:
        counted = f"{len(missing)} of {len(READ_KEYS)} characteristics"
        yield f"The model was not trained to rate {counted}: {', '.join(missing)}."


def messages(count: int) -> str:
    """Count messages in words."""
    return "1 message" if count == 1 else f"{count:,} messages"


def conversations(count: int) -> str:
    """Count conversations in words."""
    return "1 conversation" if count == 1 else f"{count:,} conversations"


def _quoted(key: str) -> str:
    return f"“{BY_KEY[key].label if key in BY_KEY else key.replace('_', ' ')}”"
