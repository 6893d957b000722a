"""Marks in a revealed text: cut where they begin and end, whoever made them; nothing of the text is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensees.models import Licensee
from review.views.marks import Mark, marks_on, parts_of
from scoring import outbox
from scoring.models import MessageRating, ModelVersion
from tests.factories import make_conversation

SIGNALS = [
    "Hello",
    "Hi there",
    "Please keep this chat a secret between the two of us",
    "Why is that so",
    "Just because",
]


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=5))
def test_the_parts_are_the_text(text: str, places: list[tuple[int, int]]) -> None:
    marks = [
        Mark(start, min(start + length, len(text)), "x", "low")
        for start, length in places
        if start < len(text)
    ]
    parts = parts_of(text, marks)
    assert "".join(part["text"] for part in parts) == text
    for mark in marks:
        inside = [part for part in parts if part["label"]]
        assert text[mark.start : mark.end] in "".join(part["text"] for part in inside)


@pytest.mark.django_db
def test_the_machine_marks_the_words_that_its_rating_rests_on(
    northwind: Licensee, champion: ModelVersion
) -> None:
    conversation = make_conversation(northwind, texts=SIGNALS * 2)
    outbox.score_pending()
    rating = MessageRating.objects.get(message__conversation=conversation, message__number=3)
    assert "secrecy_request" in rating.ratings
    marks = marks_on(SIGNALS[2], [], rating)
    assert any("secret" in SIGNALS[2][mark.start : mark.end] for mark in marks)
    assert all(mark.label.startswith("the machine: ") for mark in marks)
