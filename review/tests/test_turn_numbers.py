"""A number from outside is one that a turn may have, or none: nothing else, however it looks."""

import pytest

from review.turn_numbers import whole


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("007", 7), ("99999999", 99_999_999), ("", None), ("-1", None), ("1.0", None)],
)
def test_what_is_a_number(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    "text", ["²", "٣", "７", "1" * 9, "1\n2"], ids=["power", "arabic", "wide", "long", "lines"]
)
def test_what_python_or_people_might_take_for_one(text: str) -> None:
    assert whole(text) is None
