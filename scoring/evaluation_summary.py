"""The few figures of an evaluation card that a terminal shows."""

from collections.abc import Iterator
from typing import Any

from scoring.evaluation_format import interval_of, shown


def summary_of(card: dict[str, Any]) -> Iterator[str]:
    """Yield lines with the main figures of the card, warnings first."""
    yield from (f"Note: {sentence}" for sentence in card["warnings"])
    for scope in card["scopes"]:
        yield f"{scope['title'].capitalize()}: {scope['judged']:,} judged, {scope['positive']:,} positive."
        for point in scope["points"]:
            yield f"  flagged at {point['label']}: {_main(point['left_out'])}"
        area, error = scope["curves"]["pr_auc"], scope["calibration"]["ece"]
        yield f"  area under precision and recall {_figure(area)}, calibration error {_figure(error)}"
    for source in card["sources"]:
        found = _figure(source["at_recall_90"])
        yield f"False flags at recall .90, {source['source']}: {found}, n = {source['judged']:,}."
    if "why" not in card["accounts"]:
        own = card["accounts"]
        official = card["evaluated"]["pan2012"]
        source = f" (PAN-2012: {official})" if official else ""
        figures = (("precision", own["precision"]), ("recall", own["recall"]), ("F0.5", own["f_beta"]))
        yield f"Accounts named{source}: {', '.join(f'{name} {_figure(each)}' for name, each in figures)}"


def _main(figures: dict[str, Any]) -> str:
    names = (("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("f05", "F0.5"))
    return ", ".join(f"{words} {_figure(figures[key])}" for key, words in names)


def _figure(figure: dict[str, Any]) -> str:
    interval = interval_of(figure)
    return f"{shown(figure)} ({interval})" if interval else shown(figure)
