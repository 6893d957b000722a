"""The geometry of the small charts: numbers in, places in a box of 100 by 40 out; templates/components draw them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

WIDTH, HEIGHT = 100.0, 40.0
GAP = 0.2  # of a bar's slot


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Bars:
    """One distribution as bars and another as a stepped line over them; `rows` are the same as a table."""

    bars: tuple[Bar, ...]
    outline: str
    first: str
    last: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Line:
    """One line over time with level lines behind it; parts without a value are left out."""

    path: str
    dots: tuple[tuple[float, float], ...]
    levels: tuple[float, ...]
    first: str
    last: str


def bars(labels: Sequence[str], shown: Sequence[float], beside: Sequence[float] | None = None) -> Bars:
    """Compare two distributions by their shares. Heights are square roots: most conversations lie in one bin."""
    shares, others = _shares(shown), _shares(beside or [])
    top = sqrt(max([*shares, *others], default=0.0)) or 1.0
    return Bars(
        bars=tuple(_bar(place, len(shares), sqrt(share) / top) for place, share in enumerate(shares)),
        outline=_steps([sqrt(share) / top for share in others]),
        first=labels[0],
        last=labels[-1],
        rows=tuple(
            (label, _percent(share), _percent(others[place]) if others else "–")
            for place, (label, share) in enumerate(zip(labels, shares, strict=True))
        ),
    )


def line(labels: Sequence[str], values: Sequence[float | None], levels: Sequence[float]) -> Line:
    """Draw values from 0 up; `levels` are drawn too and always within the box."""
    top = 1.15 * max([*levels, *(value for value in values if value is not None)], default=1.0)
    step = WIDTH / max(1, len(values) - 1)
    places = [
        (round(place * step, 2), _y(value, top)) for place, value in enumerate(values) if value is not None
    ]
    return Line(
        path=" ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(places)),
        dots=tuple(places),
        levels=tuple(_y(level, top) for level in levels),
        first=labels[0],
        last=labels[-1],
    )


def bin_labels(edges: Sequence[float]) -> list[str]:
    return [f"{lower:g}–{upper:g}" for lower, upper in pairwise(edges)]


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [max(0.0, count) / total if total > 0 else 0.0 for count in counts]


def _bar(place: int, of: int, height: float) -> Bar:
    slot, high = WIDTH / of, round(height * HEIGHT, 2)
    return Bar(round((place + GAP / 2) * slot, 2), round(HEIGHT - high, 2), round((1 - GAP) * slot, 2), high)


def _steps(heights: Sequence[float]) -> str:
    """A path along the tops of the bins, from the first to the last."""
    slot, parts = WIDTH / len(heights) if heights else 0.0, []
    for place, height in enumerate(heights):
        y = round(HEIGHT - height * HEIGHT, 2)
        parts.append(f"{'V' if place else 'M0 '}{y:g} H{round((place + 1) * slot, 2):g}")
    return " ".join(parts)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * value / top, 2)


def _percent(share: float) -> str:
    return f"{share:.1%}"
