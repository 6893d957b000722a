"""Says in plain words why a conversation was rated as it was: messages, characteristics, exact places, and
what spoke against.

Contributions are the score itself, split exactly; nothing here is estimated afterwards. No sentence quotes
the text (it is masked until a moderator asks for it) and none judges a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring.abstention import REASONS
from scoring.characteristics import BY_KEY, level
from scoring.features import LONGEST_WORD, divisors, located_buckets
from scoring.pipeline import MessageRating, Model, Scored, Turn
from scoring.text import normalise

MOST_MESSAGES = 10
MOST_SPANS = 3
SMALLEST_SHARE = 0.15
WORDS_TO_CHOOSE_FROM = 4
CLEAR = 0.5

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open place in the original text and how much of a head's sum stands there, in log-odds."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Reason:
    """One message that raised the score; `share` is its part, from 0 to 1, of all that raised it."""

    id: str
    contribution: float
    share: float
    characteristics: tuple[tuple[str, float], ...]
    spans: tuple[Span, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RatedCharacteristic:
    """A characteristic of the conversation in words."""

    key: str
    label: str
    rating: float
    level: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a case page says about a score; `reasons` from the strongest message down, ten at
    most.
    """

    summary: str
    reasons: tuple[Reason, ...]
    characteristics: tuple[RatedCharacteristic, ...]
    against: tuple[str, ...]


def explain(model: Model, scored: Scored, turns: Sequence[Turn]) -> Explanation:
    """Explain the result that `model` gave for `turns`; both must be those of the scoring."""
    if scored.abstained is not None:
        return Explanation(f"Not judged. {REASONS[scored.abstained]}", (), (), ())
    reasons = _reasons(model, scored, turns)
    return Explanation(
        summary=_summary(scored, reasons),
        reasons=reasons,
        characteristics=tuple(_in_words(key, rating) for key, rating in scored.characteristics),
        against=_against(scored),
    )


def _in_words(key: str, rating: float) -> RatedCharacteristic:
    return RatedCharacteristic(key, BY_KEY[key].label, rating, level(rating))


def _reasons(model: Model, scored: Scored, turns: Sequence[Turn]) -> tuple[Reason, ...]:
    raised = sum(message.contribution for message in scored.messages if message.contribution > 0)
    texts = {turn.id: turn.text for turn in turns}
    strongest = sorted(scored.messages, key=lambda message: -message.contribution)[:MOST_MESSAGES]
    return tuple(
        _reason(model, message, texts[message.id], message.contribution / raised)
        for message in strongest
        if message.contribution > 0
    )


def _reason(model: Model, message: MessageRating, text: str, share: float) -> Reason:
    clear = tuple(
        sorted(((k, r) for k, r in message.ratings.items() if r >= CLEAR), key=lambda pair: -pair[1])
    )
    spans = strongest_spans(model, text, clear[0][0] if clear else None)
    return Reason(message.id, message.contribution, share, clear, spans, _why(clear, share))


def _why(clear: tuple[tuple[str, float], ...], share: float) -> str:
    gave = f"it gave {share:.0%} of what raised the score"
    if not clear:
        return f"No single characteristic stands out, but {gave}: its wording is nearer to the positive examples."
    named = " and ".join(
        f"“{BY_KEY[key].label}” ({level(rating)}, {rating:.2f})" for key, rating in clear[:2]
    )
    return f"Read as {named}; {gave}."


def _summary(scored: Scored, reasons: tuple[Reason, ...]) -> str:
    clear = [BY_KEY[key].label for key, rating in scored.characteristics if rating >= CLEAR]
    named = (
        f"Clearest: {', '.join(f'“{label}”' for label in clear[:3])}."
        if clear
        else "No characteristic is clear."
    )
    held = sum(reason.share for reason in reasons)
    count = f"{len(reasons)} of {_messages(len(scored.messages))} gave {held:.0%} of what raised the score."
    return f"Probability {scored.probability:.2f}. {count} {named}"


def _against(scored: Scored) -> tuple[str, ...]:
    """What a reader should weigh on the other side, each a sentence; empty where there is nothing."""
    lowered = [message.contribution for message in scored.messages if message.contribution < 0]
    clear = [key for key, rating in scored.characteristics if rating >= CLEAR]
    found = []
    if lowered:
        found.append(
            f"{_messages(len(lowered))} lowered the score, by {-sum(lowered):.1f} in log-odds together."
        )
    if len(clear) == 1:
        found.append(
            f"Only one characteristic is clear, “{BY_KEY[clear[0]].label}”; alone it is common in ordinary chat."
        )
    if not clear:
        found.append("No characteristic is clear or strong.")
    return tuple(found)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def strongest_spans(model: Model, text: str, key: str | None = None) -> tuple[Span, ...]:
    """Return the places of a text that raised one head the most, three at most, in the order of the text.

    `key` names a trained characteristic; None is the conversation head. The weights of all words sum exactly
    to the product of the message's vector with the head's weights; a span is a run of words that stand out
    most from the message's mean.
    """
    normalised = normalise(text)
    places, weights = word_weights(normalised.text, model, _column(model, key))
    raised = float(weights[weights > 0].sum())
    spans = []
    for first, last in _best_runs(weights):
        weight = float(weights[first : last + 1].sum())
        if weight >= SMALLEST_SHARE * raised:
            start, end = normalised.original_span(places[first][0], places[last][1])
            spans.append(Span(start, end, weight))
    return tuple(sorted(spans, key=lambda span: span.start))


def _column(model: Model, key: str | None) -> int:
    if key is not None and key not in model.rater.keys:
        raise ValueError(f"The model has no head for {key}.")
    return 0 if key is None else 1 + model.rater.keys.index(key)


def word_weights(text: str, model: Model, column: int) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Split a normalised text's product with one head over its words: their places, and weights in log-odds.

    A pair of words counts for half with each.
    """
    places = _word_places(text)
    weights = np.zeros(len(places))
    located = located_buckets([text[start:end] for start, end in places])
    if located:
        buckets, first, last = np.array(located).T
        scale = model.classifier.scale if column == 0 else float(model.rater.scales[column - 1])
        values = model.weights[buckets, column] * scale / float(divisors(np.array([len(located)]))[0])
        np.add.at(weights, first, values / 2)
        np.add.at(weights, last, values / 2)
    return places, weights


def _word_places(text: str) -> list[tuple[int, int]]:
    """Return where each word of a normalised text stands, cut where it is over 64 characters long."""
    return [
        (start, min(start + LONGEST_WORD, found.end()))
        for found in _WORD.finditer(text)
        for start in range(found.start(), found.end(), LONGEST_WORD)
    ]


def _best_runs(weights: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and last word of up to three separate runs that stand out most from the mean of all
    words.
    """
    left = weights - (weights.mean() if weights.size >= WORDS_TO_CHOOSE_FROM else 0.0)
    runs: list[tuple[int, int]] = []
    for _ in range(MOST_SPANS):
        first, last, total = _best_run(left)
        if total <= 0:
            break
        runs.append((first, last))
        left[first : last + 1] = -np.inf
    return runs


def _best_run(weights: np.ndarray) -> tuple[int, int, float]:
    """Return the run with the highest sum (Kadane's algorithm); the sum is 0 where no word raises it."""
    best, start, running = (0, 0, 0.0), 0, 0.0
    for place, weight in enumerate(weights.tolist()):
        if running <= 0:
            start, running = place, 0.0
        running += weight
        if running > best[2]:
            best = (start, place, running)
    return best
