"""The small charts: where a value stands, what is escaped, and how numbers are written."""

import re

import pytest

from scoring.evaluation_format import count, rate, share
from scoring.figures_axes import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Chart, count_axis, share_axis
from scoring.figures_svg import (
    Bar,
    bars,
    low_false_rates,
    precision_recall_curve,
    reliability_diagram,
    warned_by_message,
)


def chart(across: Axis) -> Chart:
    return Chart("x", "title", "description", across, share_axis("share"))


def test_a_value_stands_where_its_axis_says():
    own = chart(share_axis("recall"))
    assert (own.x(0), own.x(1)) == (LEFT, WIDTH - RIGHT)
    assert (own.y(0), own.y(1)) == (HEIGHT - BOTTOM, TOP)
    assert own.x(0.5) == pytest.approx((LEFT + WIDTH - RIGHT) / 2)


def test_a_logarithmic_axis_gives_each_power_the_same_room_and_nought_its_start():
    axis = Axis(1e-4, 1, "rate", (), logarithmic=True)
    assert [axis.place(value) for value in (1e-4, 1e-2, 1)] == pytest.approx([0, 0.5, 1])
    assert axis.place(0) == 0


def test_counts_have_round_steps():
    assert [words for _, words in count_axis("messages", 130).ticks] == ["0", "50", "100"]
    assert [words for _, words in count_axis("messages", 9).ticks] == ["0", "5"]


def test_words_in_charts_are_escaped():
    svg = bars("key", "a < b", "c & d", [Bar("<b>", {"value": 0.5}, "of <3")])
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg
    assert '<title id="key-title">a &lt; b</title><desc id="key-desc">c &amp; d</desc>' in svg


def test_a_bar_is_as_long_as_its_share_and_a_missing_one_is_not_drawn():
    svg = bars(
        "key",
        "t",
        "d",
        [Bar("half", {"value": 0.5, "lower": 0.25, "upper": 0.75}), Bar("none", {"value": None})],
    )
    (track,) = set(re.findall(r'class="chart__track"[^>]*width="(\d+)"', svg))
    assert re.findall(r'class="chart__bar"[^>]*width="(\d+)"', svg) == [str(int(track) // 2)]
    assert svg.count("chart__whisker") == 1


def test_every_chart_draws_what_it_is_given():
    points = [
        {"threshold": 0.9, "recall": 0.5, "precision": 1.0, "false_rate": 0.0},
        {"threshold": 0.1, "recall": 1.0, "precision": 0.4, "false_rate": 0.1},
    ]
    mark = ("0.5", {"value": 0.5}, {"value": 0.9})
    assert precision_recall_curve(points, [mark]).count("chart__dot") == 1
    low = low_false_rates(points, 2_000, [mark])
    assert "1 in 10,000" in low
    assert "Rates under 1 in 2,000 were not measured." in low
    bins = [{"predicted": 0.2, "conversations": 7, "positive": {"value": 0.25, "lower": 0.1, "upper": 0.4}}]
    assert ">7</text>" in reliability_diagram(bins)
    curve = [{"message": 5, "positive": 0.5, "benign": None}]
    assert warned_by_message(curve, 30).count("polyline") == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (0.0001, "<.0005"),
        (0.0042, ".0042"),
        (0.9341, ".934"),
        (0.99996, "1.00"),
        (1, "1.00"),
        (None, "—"),
    ],
)
def test_shares_are_written_without_a_leading_nought(value: float | None, written: str):
    assert share(value) == written


def test_small_rates_are_written_as_one_in_so_many():
    assert [rate(value) for value in (0, 1 / 3_000, 0.02, 0.25)] == ["0", "1 in 3,000", "1 in 50", ".250"]
    assert [count(value) for value in (0, 3, 8.66, 144.2, 12_345)] == ["0", "3", "8.7", "144", "12,300"]
