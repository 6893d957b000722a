"""What the page of an evaluation is built from: sections of sentences, figures, charts and tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scoring.evaluation_format import (
    NONE,
    Figure,
    count,
    count_interval,
    interval_of,
    rate,
    share,
    shown,
)

WIDE = 5


@dataclass(frozen=True)
class Cell:
    """What stands in a table: words, and under them smaller words, mostly the interval."""

    words: str
    note: str = ""


@dataclass(frozen=True)
class Column:
    label: str
    numeric: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of cells under their columns."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    @property
    def lines(self) -> list[list[tuple[Cell, Column]]]:
        """Each cell with its column, for alignment."""
        return [list(zip(row, self.columns, strict=True)) for row in self.rows]

    @property
    def is_wide(self) -> bool:
        """Whether it needs the whole width of the page."""
        return len(self.columns) > WIDE


@dataclass(frozen=True)
class Stat:
    """One main figure with its interval and what it was counted over."""

    label: str
    number: str
    interval: str = ""
    over: str = ""


@dataclass(frozen=True)
class Picture:
    """A chart (safe SVG) with its title, and the numbers behind it."""

    title: str
    svg: str
    table: Table


@dataclass
class Section:
    """One part of the page; `key` names it in links."""

    key: str
    title: str
    lead: str = ""
    stats: list[Stat] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def columns(first: str, *others: str) -> list[Column]:
    """A column of words and columns of numbers."""
    return [Column(first, numeric=False), *(Column(label) for label in others)]


def words(text: object) -> Cell:
    return Cell(NONE if text is None else str(text))


def number(value: float | None) -> Cell:
    return Cell(count(value))


def figure(own: Figure | None) -> Cell:
    """A share with its interval; a dash where there is none."""
    return Cell(shown(own), interval_of(own))


def counted_figure(own: Figure | None) -> Cell:
    """A share with its interval and its counts."""
    if not own or own.get("value") is None:
        return Cell(NONE)
    return Cell(shown(own), f"{interval_of(own)}, {own['part']:,} of {own['whole']:,}")


def rate_figure(own: Figure | None) -> Cell:
    """A small rate as one in so many, with its counts and the upper end of its interval."""
    if not own or own.get("value") is None:
        return Cell(NONE)
    note = f"up to {rate(own['upper'])}" if own.get("upper") is not None else ""
    counts = f"{own['part']:,} of {own['whole']:,}" if "part" in own else ""
    return Cell(rate(own["value"]), ", ".join(part for part in (counts, note) if part))


def part_right(own: Figure | None) -> Cell:
    """A precision, small ones as one right flag in so many."""
    if not own or own.get("value") is None:
        return Cell(NONE)
    return Cell(rate(own["value"]), f"{rate(own['lower'])} – {rate(own['upper'])}")


def count_figure(own: Figure | None) -> Cell:
    """A number of cases with its interval."""
    return (
        Cell(count(own["value"]), count_interval(own)) if own and own.get("value") is not None else Cell(NONE)
    )


def share_cell(value: float | None) -> Cell:
    return Cell(share(value))


def stat(label: str, own: Figure, over: str = "") -> Stat:
    """A main figure; where there is none, its reason stands in place of the interval."""
    return Stat(label, shown(own), interval_of(own) or str(own.get("why", "")), over)


def reasons(*figures: dict[str, Any]) -> list[str]:
    """The reasons of figures that do not exist, each once."""
    return list(dict.fromkeys(str(own["why"]) for own in figures if own.get("why")))
