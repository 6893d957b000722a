"""Says in words what a training run saw, how well the model did on what it had not seen, and where to flag."""

from collections.abc import Iterator
from typing import Any

from scoring.evaluation_format import share

FIGURES = (
    ("precision", "precision"),
    ("recall", "recall"),
    ("f05", "F0.5"),
    ("pr_auc", "area under precision and recall"),
    ("brier", "Brier score"),
    ("calibration_error", "calibration error"),
)


def sentences_of(card: dict[str, Any]) -> Iterator[str]:
    """Yield lines about a model from the card of its training: counts, figures, thresholds."""
    yield _counts(card["corpus"])
    yield f"Fitted to {card['fitted_on']:,} conversations; course of the conversation {card['course']}."
    yield _figures(card)
    yield from _thresholds(card["thresholds"])
    heads = [key for key, own in card["heads"].items() if own["average_precision"] is not None]
    yield f"Characteristics that are rated: {', '.join(heads) or 'none, since too few messages are marked with one'}."


def _counts(counts: dict[str, int]) -> str:
    unlabelled = f", {counts['unlabelled']:,} without a label, left out" if counts["unlabelled"] else ""
    return (
        f"Read {counts['conversations']:,} conversations of {counts['authors']:,} accounts with "
        f"{counts['messages']:,} messages: {counts['positive']:,} positive, {counts['benign']:,} benign{unlabelled}."
    )


def _figures(card: dict[str, Any]) -> str:
    figures, abstained = card["figures_at_f05"], card["abstained"]
    if card["evaluated_on"] == "authors set aside":
        source = "conversations of accounts that were set aside before anything was fitted"
    else:
        source = "conversations of a separate corpus"
    left = f"; {abstained:,} more had too little text to judge" if abstained else ""
    found = ", ".join(f"{words} {share(figures[key])}" for key, words in FIGURES)
    return (
        f"Measured on {figures['conversations']:,} {source} ({figures['positive']:,} positive{left}), flagged from "
        f"{share(figures['threshold'])}: {found}."
    )


def _thresholds(thresholds: dict[str, float]) -> Iterator[str]:
    yield f"Suggested threshold for the highest F0.5, in which precision counts twice: {_exact(thresholds['f05'])}"
    for key, threshold in thresholds.items():
        if key.startswith("share_"):
            once = round(1 / float(key.removeprefix("share_")))
            yield f"Suggested threshold where 1 in {once:,} benign conversations may be reviewed: {_exact(threshold)}"


def _exact(threshold: float) -> str:
    """Write a threshold with so many digits that those close to 1 can be told apart."""
    return f"{threshold:.4f}" if threshold < 0.999 else f"{threshold:.6f}"
