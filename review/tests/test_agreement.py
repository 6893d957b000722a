"""Krippendorff's alpha against the reliability tables that its author published, and its bootstrap interval.

Tables: Krippendorff 2011, “Computing Krippendorff's Alpha-Reliability”, A (binary), B (nominal) and C (missing values).
A row is an observer, a column a unit, a dot a value that is missing.
"""

import pytest

from review.agreement import LEAST_UNITS, agreement, alpha_of, count_values

BINARY = ("0100000010", "1110010000")
NOMINAL = ("aabbdcccedda", "babbbccceddd")
MISSING = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def units_of(table: tuple[str, ...]) -> list[str]:
    return ["".join(column).replace(".", "") for column in zip(*table, strict=True)]


@pytest.mark.parametrize(
    ("table", "published"), [(BINARY, 0.095), (NOMINAL, 0.692), (MISSING, 0.743)], ids=["A", "B", "C"]
)
def test_published_tables(table: tuple[str, ...], published: float):
    assert agreement(units_of(table)).alpha == pytest.approx(published, abs=0.0005)


def test_what_was_judged_once_counts_for_nothing():
    told = agreement(units_of(MISSING))
    assert (told.units, told.judgements) == (11, 40)
    assert agreement([*units_of(MISSING), "1", ""]) == told


def test_the_order_of_raters_changes_nothing():
    backwards = [unit[::-1] for unit in units_of(MISSING)]
    assert agreement(backwards).alpha == pytest.approx(agreement(units_of(MISSING)).alpha)


def test_all_alike_is_1_and_systematic_disagreement_is_below_0():
    assert agreement(["aa", "bb", "aa"]).alpha == 1
    assert (agreement(["ab", "ba", "ab"]).alpha or 0) < 0


@pytest.mark.parametrize("units", [[], ["a", "b"], ["aa", "aa"]])
def test_nothing_is_said_where_nothing_can_be(units: list[str]):
    told = agreement(units)
    assert (told.alpha, told.lower, told.upper) == (None, None, None)


def test_no_interval_for_few_units():
    few = agreement(["aa", "bb", "ab"])
    assert few.alpha is not None
    assert (few.lower, few.upper) == (None, None)
    assert few.units < LEAST_UNITS


def test_the_interval_holds_alpha_and_narrows_as_units_come():
    units = units_of(NOMINAL)
    one, ten = agreement(units), agreement(units * 10)
    assert one.lower is not None and one.upper is not None and ten.lower is not None and ten.upper is not None
    assert one.lower < (one.alpha or 0) < one.upper
    assert ten.upper - ten.lower < 0.5 * (one.upper - one.lower)


def test_the_interval_is_the_same_each_time_and_differs_by_seed():
    units = units_of(NOMINAL) * 3
    assert agreement(units) == agreement(units)
    assert agreement(units, seed=2).lower != agreement(units).lower


def test_alpha_by_its_definition():
    units = [*units_of(NOMINAL), "112", "13", "4455"]
    assert alpha_of(count_values(units)) == pytest.approx(_by_definition(units))


def _by_definition(units: list[str]) -> float:
    """Disagreement among pairs within units over that among all pairs, written out."""
    values = [value for unit in units for value in unit]
    total = len(values)
    observed = sum(sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in units) / total
    expected = sum(a != b for a in values for b in values) / (total * (total - 1))
    return 1 - observed / expected
