"""Writes figures of an evaluation card as a person reads them: shares without a leading nought, small rates as one
in so many.
"""

from typing import Any

Figure = dict[str, Any]

NONE = "—"
SMALL = 0.01
LARGE = 0.1


def shown(figure: Figure | None) -> str:
    """Write a share such as .934, or a dash where there is none."""
    return share(figure["value"]) if figure and figure.get("value") is not None else NONE


def interval_of(figure: Figure | None) -> str:
    """Write the interval such as .90–.96, or nothing."""
    if not figure or figure.get("lower") is None or figure.get("upper") is None:
        return ""
    return f"{share(figure['lower'])}–{share(figure['upper'])}"


def share(value: float | None) -> str:
    """Write a number from 0 to 1 with three or four digits after the point."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    if abs(value) >= 0.9995:
        return f"{value:.2f}"
    if 0 < value < 0.0005:
        return "<.0005"
    digits = 3 if abs(value) >= SMALL else 4
    return f"{value:.{digits}f}".replace("0.", ".", 1)


def rate(value: float | None) -> str:
    """Write a small rate as one in so many, a large one as a share; 0 stays 0."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    return f"1 in {count(1 / value)}" if value < LARGE else share(value)


def count(value: float | None) -> str:
    """Write a number of things: small ones with a digit after the point, large ones rounded to three digits."""
    if value is None:
        return NONE
    if value >= 1_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.0f}" if value >= 100 or value == round(value) else f"{value:.2g}"


def count_interval(figure: Figure | None) -> str:
    """Write the interval of a count."""
    if not figure or figure.get("lower") is None:
        return ""
    return f"{count(figure['lower'])}–{count(figure['upper'])}"
