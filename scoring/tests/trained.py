"""A small model, trained once for all tests of the technique; nothing here touches a database."""

from functools import cache
from typing import Any

from scoring.pipeline import Model, Turn
from scoring.sample_corpus import generate
from scoring.training import DEMONSTRATION_SEED, train, train_demonstration

SEED = 11


@cache
def small_corpus() -> tuple[dict[str, Any], ...]:
    return tuple(generate(seed=SEED, count=480, share_positive=0.5, split="train"))


@cache
def small_model() -> Model:
    return train(small_corpus(), seed=SEED, name="small", demonstration=True)[0]


@cache
def demonstration_model() -> Model:
    """The model that ships; training it takes half a minute."""
    return train_demonstration()[0]


@cache
def demonstration_positives() -> tuple[dict[str, Any], ...]:
    """The positive conversations of the corpus that its figures are measured on."""
    records = generate(seed=DEMONSTRATION_SEED, count=400, share_positive=0.3, split="held_out")
    return tuple(record for record in records if record["label"] == 1)


@cache
def held_out() -> tuple[tuple[int, tuple[Turn, ...]], ...]:
    """Label and turns of conversations in phrases that the model has not seen."""
    records = generate(seed=SEED, count=60, share_positive=0.4, split="held_out")
    return tuple((record["label"], turns_of(record)) for record in records)


def turns_of(record: dict[str, Any]) -> tuple[Turn, ...]:
    return tuple(Turn(m["id"], m["sender"], None, m["text"]) for m in record["messages"])
