"""The geometry of the overview's charts: numbers in, places in a box of 100 by 40 or of 100 wide out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 100.0, 40.0
GAP = 0.2  # of a bar's slot
SEAM = 0.3  # between the parts of a stacked bar


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    title: str
    inner_y: float = HEIGHT
    inner_height: float = 0.0


@dataclass(frozen=True)
class Columns:
    """Bars over time, a line over them or a part within them; `ticks` stand at the top, the middle and the bottom."""

    columns: tuple[Column, ...]
    line: str
    ticks: tuple[str, str, str]


@dataclass(frozen=True)
class Part:
    x: float
    width: float
    kind: str
    title: str


def columns(
    shown: Sequence[float],
    titles: Sequence[str],
    *,
    line: Sequence[float] = (),
    within: Sequence[float] = (),
) -> Columns:
    """Bars of `shown` from 0 up; `line` goes through the middles of their slots, `within` is a part of each."""
    top = round_top(max([*shown, *line], default=0))
    slot = WIDTH / max(1, len(shown))
    bars = tuple(
        Column(
            x=round((place + GAP / 2) * slot, 2),
            width=round((1 - GAP) * slot, 2),
            title=titles[place],
            **_tall(value / top, ""),
            **_tall((within[place] if within else 0) / top, "inner_"),
        )
        for place, value in enumerate(shown)
    )
    points = [
        (round((place + 0.5) * slot, 2), _tall(value / top, "")["y"]) for place, value in enumerate(line)
    ]
    path = " ".join(f"{'L' if number else 'M'}{x:g} {y:g}" for number, (x, y) in enumerate(points))
    return Columns(bars, path, (f"{top:,}", f"{top // 2:,}", "0"))


def round_top(value: float) -> int:
    """The even round number at or over the value where the axis ends."""
    if value <= 2:
        return 2
    unit = 10 ** int(log10(value))
    steps = (1, 2, 3, 4, 5, 6, 8, 10) if unit > 1 else (2, 4, 6, 8, 10)
    return int(next(unit * step for step in steps if unit * step >= ceil(value)))


def stacked(
    values: Sequence[float], kinds: Sequence[str], titles: Sequence[str], *, top: float
) -> list[Part]:
    """The parts of one horizontal bar whose full width is `top`; parts of nothing are left out."""
    parts, x = [], 0.0
    for value, kind, title in zip(values, kinds, titles, strict=True):
        width = WIDTH * value / top if top else 0.0
        if value:
            parts.append(Part(round(x, 2), round(max(width - SEAM, 0.4), 2), kind, title))
        x += width
    return parts


def _tall(share: float, prefix: str) -> dict[str, float]:
    height = round(HEIGHT * min(share, 1.0), 2)
    return {f"{prefix}y": round(HEIGHT - height, 2), f"{prefix}height": height}
