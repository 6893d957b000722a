"""Resolves the phrases of the sample grammar: `[a|b]` is a choice, `{slot}` a word of that kind; choices may nest."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, TypeVar

_TOKEN = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")
_SPARE_BLANK = re.compile(r" +(?=[ .,?!]|$)")

# A phrase in parts: fixed text, the name of a slot (in a tuple of one), or a list of alternatives, each a phrase.
Phrase = list[Any]
Thing = TypeVar("Thing")


def say(rng: Random, template: str, slots: Mapping[str, tuple[str, ...]]) -> str:
    """Resolve a template, from left to right, and begin it with a capital."""
    said: list[str] = []
    _resolve(rng, _parsed(template), slots, said)
    words = _SPARE_BLANK.sub("", "".join(said))
    return words[0].upper() + words[1:]


def _resolve(rng: Random, phrase: Phrase, slots: Mapping[str, tuple[str, ...]], said: list[str]) -> None:
    for part in phrase:
        if isinstance(part, str):
            said.append(part)
        elif isinstance(part, tuple):
            said.append(one_of(rng, slots[part[0]]))
        else:
            _resolve(rng, one_of(rng, part), slots, said)


def one_of(rng: Random, things: Sequence[Thing]) -> Thing:
    """Choose one; quicker than Random.choice, which guards against a bias that is none here."""
    return things[int(rng.random() * len(things))]


@cache
def _parsed(template: str) -> Phrase:
    """Each template is taken apart once."""
    phrase: Phrase = []
    open_choices: list[tuple[Phrase, list[Phrase]]] = []
    for token in _TOKEN.findall(template):
        if token == "[":  # noqa: S105 - a bracket
            alternatives: list[Phrase] = [[]]
            phrase.append(alternatives)
            open_choices.append((phrase, alternatives))
            phrase = alternatives[0]
        elif token == "|" and open_choices:  # noqa: S105
            phrase = []
            open_choices[-1][1].append(phrase)
        elif token == "]":  # noqa: S105
            phrase, _ = open_choices.pop()
        else:
            phrase.append((token[1:-1],) if token.startswith("{") else token)
    return phrase
