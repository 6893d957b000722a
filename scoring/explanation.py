"""Says in plain words why a conversation was rated as it was: messages, characteristics, exact places, what spoke
against, and why the number is not surer.

Contributions are the score itself, split exactly; nothing here is estimated afterwards. No sentence quotes
the text (it is masked until a moderator asks for it) and none judges a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoring import explanation_words as words
from scoring.abstention import REASONS
from scoring.characteristics import BY_KEY, level
from scoring.explanation_words import Basis, Totals, WeighedTurn
from scoring.features import LONGEST_WORD, divisors, located_buckets
from scoring.pipeline import Model, Scored, Turn
from scoring.text import normalise

MOST_MESSAGES = 10
MOST_SPANS = 3
SMALLEST_SHARE = 0.15
WORDS_TO_CHOOSE_FROM = 4

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open place in the original text and how much of a head's sum stands there, in log-odds."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Reason:
    """One message that raised the score; `share` is its part, from 0 to 1, of all that raised it.

    `characteristics` are those clear in it; `spans` stand only where its text was given.
    """

    number: int
    id: str
    contribution: float
    share: float
    characteristics: tuple[tuple[str, float], ...]
    why: str
    spans: tuple[Span, ...] = ()

    @property
    def named(self) -> tuple["RatedCharacteristic", ...]:
        """Its characteristics in words."""
        return tuple(_in_words(key, rating) for key, rating in self.characteristics)


@dataclass(frozen=True, slots=True)
class RatedCharacteristic:
    """A characteristic of a conversation or a message in words."""

    key: str
    label: str
    rating: float
    level: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that a case page says about a score; `reasons` from the strongest message down, ten at most.

    `against` what spoke against it, `sure` how sure it is and why not surer, `course` who wrote how much and when:
    each a row of sentences.
    """

    summary: str
    reasons: tuple[Reason, ...] = ()
    characteristics: tuple[RatedCharacteristic, ...] = ()
    against: tuple[str, ...] = ()
    sure: tuple[str, ...] = ()
    course: tuple[str, ...] = ()


def explain(model: Model, scored: Scored, turns: Sequence[Turn]) -> Explanation:
    """Explain the result that `model` gave for `turns`, with spans; both must be those of the scoring."""
    basis = basis_of(model, scored)
    if basis is None:
        return Explanation(f"Not judged. {REASONS[scored.abstained or '']}")
    explanation = explain_basis(basis)
    reasons = tuple(
        replace(reason, spans=strongest_spans(model, turns[reason.number - 1].text, _strongest(reason)))
        for reason in explanation.reasons
    )
    return replace(explanation, reasons=reasons)


def _strongest(reason: Reason) -> str | None:
    return reason.characteristics[0][0] if reason.characteristics else None


def explain_basis(basis: Basis) -> Explanation:
    """Explain a judged score from what is known of it, without any text and so without spans."""
    return Explanation(
        summary=words.summary(basis),
        reasons=tuple(_reason(turn, basis.share(turn)) for turn in basis.turns),
        characteristics=tuple(_in_words(key, rating) for key, rating in basis.characteristics),
        against=tuple(words.against(basis)),
        sure=tuple(words.how_sure(basis)),
        course=basis.course,
    )


def _reason(turn: WeighedTurn, share: float) -> Reason:
    return Reason(turn.number, turn.id, turn.contribution, share, turn.clear, words.why(turn, share))


def _in_words(key: str, rating: float) -> RatedCharacteristic:
    label = BY_KEY[key].label if key in BY_KEY else key.replace("_", " ")
    return RatedCharacteristic(key, label, rating, level(rating))


def basis_of(model: Model, scored: Scored) -> Basis | None:
    """Return what is known of a fresh result, or None where the model abstained."""
    judged, state = scored.judgement, scored.state
    if judged.probability is None:
        return None
    turns = [
        WeighedTurn(number, message.id, message.contribution, message.ratings)
        for number, message in enumerate(scored.messages, start=1)
    ]
    raising = sorted((turn for turn in turns if turn.contribution > 0), key=lambda turn: -turn.contribution)
    lowered = [turn.contribution for turn in turns if turn.contribution < 0]
    raised = sum(turn.contribution for turn in raising)
    return Basis(
        probability=judged.probability,
        base=judged.base,
        messages=len(turns),
        characteristics=judged.characteristics,
        turns=tuple(raising[:MOST_MESSAGES]),
        totals=Totals(raised, sum(lowered), len(raising), len(lowered)),
        window=(judged.window_first, judged.window_last),
        amount=state.amount,
        parts=judged.course,
        trained=model.rater.keys,
        demonstration=model.demonstration,
        course=state.dynamics.sentences(language=model.languages[0]),
    )


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
