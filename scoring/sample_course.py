"""Lays out the course of one sample conversation from a grammar: who says what in which order, with the
signals marked.
"""

import re
from dataclasses import dataclass
from random import Random

from scoring.sample_grammar import Grammar
from scoring.sample_phrases import one_of, say
from scoring.sample_scenario import Scenario

SHORTEST, LONGEST, TYPICAL, SPREAD = 4, 500, 21, 1.05
SUBJECT, MINOR = 0, 1
MOST_SIGNALS = 16
SHARE_OF_GROUPS = 0.02
MOST_FURTHER = 4

_ASKS = re.compile(
    r"(can|could|would|will|should|shall|may|do|does|did|is there|are you|have you|has|have we|who|what|which|where|"
    r"when|how|why|any|ever|was it)\b",
    re.IGNORECASE,
)

Piece = tuple[str, str | None]


@dataclass(frozen=True)
class Line:
    """One message to be: the number of its writer and its pieces, each with the characteristic that it shows
    or None.
    """

    speaker: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Course:
    """The roles of the writers, by number, and what they write in order."""

    roles: tuple[str, ...]
    lines: tuple[Line, ...]


def positive_course(rng: Random, grammar: Grammar) -> Course:
    """Several different signals, in no fixed order, between small talk of every kind that benign
    conversations have.
    """
    target = _length(rng)
    signals = max(2, min(MOST_SIGNALS, round(rng.gauss(3 + target / 16, 1.2)), target // 2))
    blocks = [_signal(rng, grammar, key, (SUBJECT, MINOR)) for key in _some_keys(rng, grammar, signals)]
    if rng.random() < 0.5:
        blocks += _situation(rng, grammar, one_of(rng, grammar.scenarios), (MINOR, SUBJECT), most=2)
    roles = _in_company(rng, ("subject", "possible_minor"))
    return Course(roles, _woven(rng, grammar, blocks, target, len(roles)))


def benign_course(rng: Random, grammar: Grammar) -> Course:
    """Small talk, mostly around one situation that shares words with signals; now and then one signal on its
    own.
    """
    target = _length(rng)
    blocks: list[list[Line]] = []
    role = one_of(rng, ("other", "possible_minor"))
    roles: tuple[str, ...] = (role, role)
    if rng.random() < 0.75:
        scenario = one_of(rng, grammar.scenarios)
        roles = scenario.roles
        blocks = _situation(rng, grammar, scenario, (0, 1), most=max(2, min(12, target // 3)))
    roles = _in_company(rng, roles)
    if rng.random() < 0.3:
        pair = rng.sample(range(len(roles)), 2)
        blocks.append(_signal(rng, grammar, one_of(rng, list(grammar.signals)), (pair[0], pair[1])))
    return Course(roles, _woven(rng, grammar, blocks, target, len(roles)))


def _length(rng: Random) -> int:
    return round(min(LONGEST, max(SHORTEST, rng.lognormvariate(0, SPREAD) * TYPICAL)))


def _in_company(rng: Random, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Now and then there are others who write, whatever the conversation is about."""
    if rng.random() >= SHARE_OF_GROUPS:
        return roles
    return roles + tuple(
        one_of(rng, ("other", "possible_minor")) for _ in range(rng.randrange(1, MOST_FURTHER + 1))
    )


def _some_keys(rng: Random, grammar: Grammar, count: int) -> list[str]:
    """Distinct behaviours before any is repeated."""
    keys = list(grammar.signals)
    rng.shuffle(keys)
    return (keys * (1 + count // len(keys)))[:count]


def _situation(
    rng: Random, grammar: Grammar, scenario: Scenario, pair: tuple[int, int], *, most: int
) -> list[list[Line]]:
    exchanges = rng.sample(scenario.exchanges, k=min(most, len(scenario.exchanges)))
    return [_framed_exchange(rng, grammar, lines, pair) for lines in exchanges]


def _woven(
    rng: Random, grammar: Grammar, blocks: list[list[Line]], target: int, writers: int
) -> tuple[Line, ...]:
    """Fill up until the length is reached, shuffle the exchanges, open with a greeting and close with a
    parting.
    """
    opening = (
        _exchange(rng, grammar, one_of(rng, grammar.greetings), _pair(rng, writers))
        if rng.random() < 0.6
        else []
    )
    closing = (
        _exchange(rng, grammar, one_of(rng, grammar.partings), _pair(rng, writers))
        if rng.random() < 0.4
        else []
    )
    course, talkative = list(blocks), rng.random()
    while sum(map(len, course)) + len(opening) + len(closing) < target:
        course.append(_filler(rng, grammar, _pair(rng, writers), talkative))
    rng.shuffle(course)
    lines = [line for block in (opening, *course, closing) for line in block]
    return tuple(lines[:LONGEST])


def _pair(rng: Random, writers: int) -> tuple[int, int]:
    first, second = rng.sample(range(writers), 2)
    return first, second


def _framed_exchange(
    rng: Random, grammar: Grammar, lines: tuple[str, ...], pair: tuple[int, int]
) -> list[Line]:
    """As often as not with the openings and endings that signals have, so that these tell nothing."""
    first, *rest = _exchange(rng, grammar, lines, pair)
    if rng.random() < 0.5:
        first = Line(first.speaker, _framed(rng, grammar, first.pieces[0][0], None))
    return [first, *rest]


def _filler(rng: Random, grammar: Grammar, pair: tuple[int, int], talkative: float) -> list[Line]:
    """Remarks, remarks with the answers that signals also get, or small talk."""
    if rng.random() < talkative:
        if rng.random() < 0.2:
            answer = say(rng, one_of(rng, grammar.replies), grammar.slots)
            return [Line(pair[0], _remark(rng, grammar)), Line(pair[1], ((answer, None),))]
        return [Line(speaker, _remark(rng, grammar)) for speaker in pair]
    return _exchange(rng, grammar, one_of(rng, grammar.small_talk), pair)


def _remark(rng: Random, grammar: Grammar) -> tuple[Piece, ...]:
    """One to three everyday sentences with the same openings and endings that signals have."""
    sentences = [
        _sentence(say(rng, one_of(rng, grammar.everyday), grammar.slots))
        for _ in range(one_of(rng, (1, 1, 2, 3)))
    ]
    return _framed(rng, grammar, " ".join(sentences), None)


def _sentence(words: str) -> str:
    return words + ("?" if _ASKS.match(words) else ".")


def _exchange(rng: Random, grammar: Grammar, lines: tuple[str, ...], pair: tuple[int, int]) -> list[Line]:
    return [Line(pair[i % 2], ((say(rng, line, grammar.slots), None),)) for i, line in enumerate(lines)]


def _signal(rng: Random, grammar: Grammar, key: str, pair: tuple[int, int]) -> list[Line]:
    said = _framed(rng, grammar, say(rng, one_of(rng, grammar.signals[key]), grammar.slots), key)
    return [Line(pair[0], said), Line(pair[1], _answer(rng, grammar))]


def _framed(rng: Random, grammar: Grammar, words: str, key: str | None) -> tuple[Piece, ...]:
    lead, tail = one_of(rng, grammar.leads), one_of(rng, grammar.tails)
    if lead and words[:2] not in ("I ", "I'"):
        words = words[0].lower() + words[1:]
    return tuple(piece for piece in ((lead, None), (words, key), (tail, None)) if piece[0])


def _answer(rng: Random, grammar: Grammar) -> tuple[Piece, ...]:
    if rng.random() < 0.35:
        return ((say(rng, one_of(rng, grammar.reluctant), grammar.slots), "victim_signals"),)
    return ((say(rng, one_of(rng, grammar.replies), grammar.slots), None),)
