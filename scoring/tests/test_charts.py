"""Charts: bars and lines start at nothing, and a table says the same."""

from scoring.charts import HEIGHT, WIDTH, bars, bin_labels, line


def test_the_highest_share_fills_the_box_and_the_others_are_square_roots():
    chart = bars(["a", "b"], [90, 10])
    assert [bar.height for bar in chart.bars] == [HEIGHT, round(HEIGHT / 3, 2)]
    assert all(bar.y + bar.height == HEIGHT for bar in chart.bars)
    assert chart.rows == (("a", "90.0%", "–"), ("b", "10.0%", "–"))


def test_the_other_distribution_is_a_stepped_line_of_the_same_scale():
    chart = bars(["a", "b"], [900, 100], [1, 1])
    assert chart.outline == "M0 10.19 H50 V10.19 H100"
    assert chart.rows[0] == ("a", "90.0%", "50.0%")


def test_nothing_counted_draws_nothing_and_breaks_nothing():
    chart = bars(["a", "b"], [0, 0])
    assert {bar.height for bar in chart.bars} == {0}
    assert chart.outline == ""


def test_a_line_keeps_its_levels_in_the_box_and_leaves_out_what_was_not_told():
    chart = line(["w1", "w2", "w3"], [0.05, None, 0.3], [0.1, 0.25])
    assert [x for x, _ in chart.dots] == [0, WIDTH]
    assert all(0 < y < HEIGHT for y in chart.levels)
    assert chart.path.startswith("M0 ") and " L100 " in chart.path
    assert line(["w1"], [None], [0.1]).path == ""


def test_bins_are_called_by_their_edges():
    assert bin_labels([0, 0.5, 1.0]) == ["0–0.5", "0.5–1"]
