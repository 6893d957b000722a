"""The charts of an evaluation card, each as one SVG string: one hue, labelled directly; a table stands behind each."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from scoring.evaluation_format import count, share
from scoring.figures_axes import Axis, Chart, Point, count_axis, framed, share_axis, tag

Figure = dict[str, Any]

BAR_LEFT, BAR_RIGHT, BAR_ROW, BAR_TOP = 112, 256, 26, 8


def precision_recall_curve(
    points: Sequence[dict[str, float]], marks: Sequence[tuple[str, Figure, Figure]]
) -> str:
    """Draw precision over recall; `marks` are operating points: label, precision, recall."""
    chart = Chart(
        "precision-recall",
        "Precision over recall",
        "How many flags are right, for each share of the positive conversations that is found.",
        share_axis("recall"),
        share_axis("precision"),
    )
    chart.line([(point["recall"], point["precision"]) for point in _by(points, "recall")])
    _mark(chart, [(label, recall, precision) for label, precision, recall in marks], below=True)
    return chart.svg()


def low_false_rates(
    points: Sequence[dict[str, float]], benign: int, marks: Sequence[tuple[str, Figure, Figure]]
) -> str:
    """Draw recall over the false-positive rate on a logarithmic axis that begins where one conversation of
    `benign` counts; `marks` are operating points: label, false-positive rate, recall.
    """
    low = 10.0 ** floor(log10(1 / max(benign, 10)))
    steps = [10.0**power for power in range(round(log10(low)), 1)]
    across = Axis(low, 1, "false-positive rate", [(step, _power(step)) for step in steps], logarithmic=True)
    chart = Chart(
        "low-false-rates",
        "Recall at low false-positive rates",
        "What share of the positive conversations is found while few benign ones are flagged. "
        f"Rates under 1 in {benign:,} were not measured.",
        across,
        share_axis("recall"),
    )
    chart.line(_steps([(point["false_rate"], point["recall"]) for point in _by(points, "false_rate")]))
    _mark(chart, marks, below=False)
    return chart.svg()


def _power(step: float) -> str:
    return "1" if step == 1 else f"1 in {count(1 / step)}"


def _steps(points: Sequence[Point]) -> list[Point]:
    """Between two points the lower recall holds."""
    stepped: list[Point] = []
    for x, y in points:
        if stepped:
            stepped.append((x, stepped[-1][1]))
        stepped.append((x, y))
    return stepped


def _by(points: Sequence[dict[str, float]], key: str) -> list[dict[str, float]]:
    return sorted(points, key=lambda point: (point[key], point["recall"]))


def _mark(chart: Chart, marks: Sequence[tuple[str, Figure, Figure]], *, below: bool) -> None:
    """Dots at operating points with their labels, on the side where there is room."""
    for number, (label, across, up) in enumerate(marks):
        x, y = across.get("value"), up.get("value")
        if x is None or y is None:
            continue
        chart.dot(x, y)
        is_right = chart.across.place(x) > 0.6
        lowered = (0.11 + 0.09 * number) if below else (0.1 + 0.09 * number)
        chart.words(x, max(y - lowered, 0.02), label, anchor="end" if is_right else "start")


def reliability_diagram(bins: Sequence[dict[str, Any]]) -> str:
    """Draw the share that came true over the mean probability of each bin, with intervals and counts."""
    chart = Chart(
        "reliability",
        "Reliability",
        "Of conversations with about the same probability, the share that was positive. On the diagonal both agree.",
        share_axis("probability given"),
        share_axis("share positive, and how many conversations"),
    )
    chart.line([(0, 0), (1, 1)], "guide")
    for own in bins:
        positive = own["positive"]
        if positive.get("lower") is not None:
            chart.whisker(own["predicted"], positive["lower"], positive["upper"])
    for number, own in enumerate(bins):
        value = own["positive"]["value"]
        chart.dot(own["predicted"], value)
        _count_label(chart, own["predicted"], own["positive"], own["conversations"], first=number == 0)
    return chart.svg()


def _count_label(chart: Chart, x: float, positive: Figure, conversations: int, *, first: bool) -> None:
    """Over the whisker's end, or under it where there is no room."""
    top = positive["upper"] if positive.get("upper") is not None else positive["value"]
    low = positive["lower"] if positive.get("lower") is not None else positive["value"]
    anchor = "start" if first else "end" if x > 0.9 else "middle"
    chart.words(x, top if top < 0.9 else max(low - 0.1, 0), count(conversations), anchor=anchor, kind="tick")


def warned_by_message(curve: Sequence[dict[str, Any]], median_length: float) -> str:
    """Draw the share of conversations warned of by each message, positive and benign."""
    longest = max(float(curve[-1]["message"]), 10.0)
    chart = Chart(
        "early",
        "Warned of by each message",
        f"The share of conversations in which a warning stands, by the number of messages read. "
        f"Half of the positive conversations have {median_length:g} messages or fewer.",
        count_axis("messages read", longest),
        share_axis("share warned of"),
    )
    for key, kind, words in (("positive", "line", "positive"), ("benign", "line-2", "benign")):
        own = [(float(point["message"]), point[key]) for point in curve if point[key] is not None]
        if own:
            chart.line(_steps([(0, 0), *own]), kind)
            chart.words(own[-1][0], min(own[-1][1], 0.92), words, anchor="end")
    return chart.svg()


@dataclass(frozen=True)
class Bar:
    """One bar: its label, the share with interval, and what stands beside the number."""

    label: str
    figure: Figure
    note: str = ""


def bars(key: str, title: str, description: str, rows: Sequence[Bar]) -> str:
    """Draw shares as horizontal bars from 0 to 1 with their intervals and numbers."""
    height = BAR_TOP + BAR_ROW * len(rows) + 4
    parts = [part for number, row in enumerate(rows) for part in _bar(row, BAR_TOP + BAR_ROW * number)]
    return framed(key, title, description, height, parts)


def _bar(row: Bar, top: float) -> list[str]:
    middle, value = top + BAR_ROW / 2, row.figure.get("value")
    base = middle + 4
    parts = [tag("text", "label", row.label, x=BAR_LEFT - 8, y=base, text_anchor="end")]
    if value is None:
        return [*parts, tag("text", "tick", row.note or "—", x=BAR_LEFT, y=base)]
    for kind, length in (("track", _length(1)), ("bar", _length(value))):
        parts.append(tag("rect", kind, x=BAR_LEFT, y=top + 6, width=length, height=BAR_ROW - 12))
    if row.figure.get("lower") is not None:
        start, end = (BAR_LEFT + _length(row.figure[end]) for end in ("lower", "upper"))
        parts.append(tag("line", "whisker", x1=start, x2=end, y1=middle, y2=middle))
    parts.append(tag("text", "label", share(value), x=BAR_RIGHT + 8, y=base))
    return [*parts, tag("text", "tick", row.note, x=BAR_RIGHT + 44, y=base)]


def _length(value: float) -> float:
    return (BAR_RIGHT - BAR_LEFT) * min(max(value, 0.0), 1.0)
