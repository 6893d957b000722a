"""Small evaluations made by hand, for the tests of the figures; nothing here touches a database."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from scoring.evaluation_facts import Facts, FactsReader
from scoring.evaluation_resampling import Resampling
from scoring.evaluation_scoring import Judged, turns_of
from scoring.pipeline import MessageRating
from scoring.tests.trained import small_model


def record(
    number: int,
    label: int | None,
    *,
    senders: tuple[str, ...] = (),
    texts: Iterable[str] = ("hello",),
    **more,
):
    """A conversation in the labelled form whose senders are its own unless named."""
    senders = senders or (f"a{number}", f"b{number}")
    messages = [
        {"id": f"{number}-{place}", "sender": senders[place % len(senders)], "text": text}
        for place, text in enumerate(texts)
    ]
    return {"id": f"c{number}", "label": label, "language": "en", "messages": messages} | more


def judged(index: int, own: dict[str, Any], *messages: tuple[float, dict[str, float]]) -> Judged:
    """A conversation whose messages got these contributions and ratings, whatever a model would say of it."""
    turns = turns_of(own)
    given = tuple(MessageRating(turn.id, *one) for turn, one in zip(turns, messages, strict=True))
    scored = small_model().score(turns)
    # What each message gave is worked out when first asked; here it stands already.
    vars(scored)["messages"] = given
    return Judged(index, own, turns, scored)


def facts_of(
    records: Iterable[dict[str, Any]], *, files: Iterable[int] | None = None, folds: int = 2
) -> Facts:
    """The facts of records, all from one file unless `files` says otherwise."""
    reader, records = FactsReader(), list(records)
    for own, file in zip(records, files or [0] * len(records), strict=True):
        reader.add(file, own)
    return reader.finished(seed=1, folds=folds)


def labelled(*labels: int | None) -> Facts:
    """Facts of conversations with these labels and senders of their own."""
    return facts_of(record(number, label) for number, label in enumerate(labels))


def apart(size: int, *, seed: int = 1) -> Resampling:
    """Draws of conversations that share no sender."""
    return Resampling.of(np.arange(size), seed=seed)


def everything(facts: Facts) -> np.ndarray:
    return np.ones(facts.size, dtype=bool)


def written(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Write records as labelled JSON lines."""
    path.write_text("".join(json.dumps(own) + "\n" for own in records))
    return path
