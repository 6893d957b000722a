"""Marks in a revealed text: what the machine's rating rests on, and what people annotated."""

from dataclasses import dataclass
from itertools import pairwise

from review.models import Annotation
from review.opting_out import HIGH
from scoring.characteristics import BY_KEY
from scoring.explanation import strongest_spans
from scoring.models import MessageRating
from scoring.registry import model_of

LEVELS = ((HIGH, "high"), (0.33, "medium"), (0.0, "low"))
MOST_CHARACTERISTICS = 3
RAISED = "the machine: raised the score"


@dataclass(frozen=True)
class Mark:
    """A half-open place in the text as it was sent."""

    start: int
    end: int
    label: str
    level: str


def level_of(share: float) -> str:
    return next((word for floor, word in LEVELS if share >= floor), "low")


def label_of(key: str) -> str:
    return BY_KEY[key].label if key in BY_KEY else key.replace("_", " ")


def marks_on(text: str, annotations: list[Annotation], rating: MessageRating | None) -> list[Mark]:
    """`rating` is that of a flagged turn; of others the machine has nothing to say."""
    return [*_of_people(text, annotations, rating), *_of_the_machine(text, rating)]


def parts_of(text: str, marks: list[Mark]) -> list[dict[str, str]]:
    """The text, cut wherever a mark begins or ends; the strongest mark gives a part its level."""
    cuts = sorted({0, len(text), *(place for mark in marks for place in (mark.start, mark.end))})
    parts = []
    for start, end in pairwise(cuts):
        here = [mark for mark in marks if mark.start <= start and end <= mark.end]
        labels = ", ".join(dict.fromkeys(mark.label for mark in here))
        parts.append({"text": text[start:end], "level": _strongest(here), "label": labels})
    return parts


def _of_people(text: str, annotations: list[Annotation], rating: MessageRating | None) -> list[Mark]:
    """As strong as the machine rated the same; “medium” where it saw nothing of the kind."""
    ratings = rating.ratings if rating else {}
    return [
        Mark(
            start=one.start,
            end=min(one.end, len(text)),
            label=label_of(one.characteristic),
            level=level_of(ratings[one.characteristic]) if one.characteristic in ratings else "medium",
        )
        for one in annotations
        if one.start is not None
        and one.end is not None
        and one.start < len(text)
        and one.characteristic
        and not hasattr(one, "superseded_by")
    ]


def _of_the_machine(text: str, rating: MessageRating | None) -> list[Mark]:
    """The words that raised each of the strongest characteristics, by the model that rated them; where a flagged turn
    has none, those that raised the score."""
    model = model_of(rating.model_id) if rating else None
    if rating is None or model is None:
        return []
    if not rating.ratings:
        return [Mark(span.start, span.end, RAISED, "low") for span in strongest_spans(model, text)]
    strongest = sorted(rating.ratings, key=lambda key: -rating.ratings[key])[:MOST_CHARACTERISTICS]
    return [
        Mark(span.start, span.end, f"the machine: {label_of(key)}", level_of(rating.ratings[key]))
        for key in strongest
        if key in model.rater.keys
        for span in strongest_spans(model, text, key)
    ]


def _strongest(marks: list[Mark]) -> str:
    levels = {mark.level for mark in marks}
    return next((word for _, word in LEVELS if word in levels), "")
