"""The frame of a small chart as SVG: scales, grid, labels, and the title and description that are read aloud.

Colours and type are classes of `evaluation.css`. Every text is escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import log10

WIDTH, HEIGHT = 360, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 20, 40

Point = tuple[float, float]
Tick = tuple[float, str]


def tag(name: str, kind: str, words: str | None = None, **attributes: float | str) -> str:
    """Return one SVG element of the class `chart__kind`, its words escaped; `text_anchor` becomes text-anchor."""
    written = "".join(
        f' {key.replace("_", "-")}="{value if isinstance(value, str) else f"{value:.4g}"}"'
        for key, value in attributes.items()
    )
    start = f'<{name} class="chart__{kind}"{written}'
    return f"{start}/>" if words is None else f"{start}>{escape(words)}</{name}>"


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`; on a logarithmic axis both are over 0 and smaller values stand at `low`."""

    low: float
    high: float
    label: str
    ticks: Sequence[Tick]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value stands, from 0 to 1."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (value - self.low) / (self.high - self.low)


def share_axis(label: str) -> Axis:
    """An axis for a share, from 0 to 1."""
    return Axis(0, 1, label, [(0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1, "1")])


def count_axis(label: str, high: float) -> Axis:
    """An axis from 0 to `high` with round steps."""
    step = _round_step(high / 4)
    return Axis(0, high, label, [(step * n, f"{step * n:,.0f}") for n in range(int(high / step) + 1)])


def _round_step(least: float) -> float:
    unit = 10 ** int(log10(max(least, 1)))
    return float(next(unit * times for times in (1, 2, 5, 10) if unit * times >= least))


@dataclass
class Chart:
    """Layers are drawn in the order in which they are added; `key` makes the ids of one page differ."""

    key: str
    title: str
    description: str
    across: Axis
    up: Axis
    layers: list[str] = field(default_factory=list)

    def x(self, value: float) -> float:
        return LEFT + self.across.place(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.up.place(value) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[Point], kind: str = "line") -> None:
        """Join points; `kind` is a class: line, line-2 (second series) or guide."""
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self.layers.append(tag("polyline", kind, points=path))

    def dot(self, x: float, y: float) -> None:
        self.layers.append(tag("circle", "dot", cx=self.x(x), cy=self.y(y), r=3.5))

    def whisker(self, x: float, low: float, high: float) -> None:
        """A vertical interval."""
        place = self.x(x)
        self.layers.append(tag("line", "whisker", x1=place, x2=place, y1=self.y(low), y2=self.y(high)))

    def words(self, x: float, y: float, words: str, *, anchor: str = "start", kind: str = "label") -> None:
        """Write at a value, a little above it and, unless in its middle, a little beside it."""
        beside = {"start": 7, "end": -7}.get(anchor, 0)
        place = {"x": self.x(x) + beside, "y": self.y(y) - 6}
        self.layers.append(tag("text", kind, words, **place, text_anchor=anchor))

    def svg(self) -> str:
        return framed(self.key, self.title, self.description, HEIGHT, [*self._frame(), *self.layers])

    def _frame(self) -> list[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = [
            tag("text", "axis", self.across.label, x=right, y=HEIGHT - 4, text_anchor="end"),
            tag("text", "axis", self.up.label, x=LEFT, y=TOP - 9),
        ]
        for value, words in self.up.ticks:
            y = self.y(value)
            parts.append(tag("line", "grid", x1=LEFT, x2=right, y1=y, y2=y))
            parts.append(tag("text", "tick", words, x=LEFT - 6, y=y + 3.5, text_anchor="end"))
        for value, words in self.across.ticks:
            x = self.x(value)
            parts.append(tag("line", "grid", x1=x, x2=x, y1=bottom, y2=bottom + 4))
            parts.append(tag("text", "tick", words, x=x, y=bottom + 16, text_anchor="middle"))
        return parts


def framed(key: str, title: str, description: str, height: float, parts: Sequence[str]) -> str:
    """Return the SVG around its parts, named for those who do not see it."""
    own = escape(key)
    named = f'role="img" aria-labelledby="{own}-title {own}-desc"'
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" {named}>'
    titles = (
        f'<title id="{own}-title">{escape(title)}</title><desc id="{own}-desc">{escape(description)}</desc>'
    )
    return head + titles + "".join(parts) + "</svg>"
