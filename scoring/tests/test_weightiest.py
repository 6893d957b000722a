"""The messages that weighed most are found by reading a few rows, however long the conversation is."""

import json
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from licensees.models import Licensee
from scoring.models import Conversation, Message, MessageRating, ModelVersion, Participant, Score
from tests.factories import make_conversation

LENGTH = 10_000


@pytest.fixture
def long_one(transactional_db: None, northwind: Licensee, owner_connection: psycopg.Connection) -> Score:
    model = ModelVersion.objects.create(name="hand-set", digest="ab" * 32)
    _rated(northwind, model, external_id="another", length=1_000)
    conversation = _rated(northwind, model, external_id="long", length=LENGTH)
    for table in ("scoring_message", "scoring_messagerating"):
        owner_connection.execute(f"ANALYZE {table}")
    return Score.objects.create(
        conversation=conversation,
        revision=1,
        message_count=LENGTH,
        model=model,
        probability=0.9,
        band="high",
        threshold=0.7,
        imminent_threshold=0.9,
        whole_factor=1.0,
        window_factor=0.5,
        window_first=400,
        window_last=449,
        peaks={"77": 3.0},
    )


def _rated(licensee: Licensee, model: ModelVersion, *, external_id: str, length: int) -> Conversation:
    conversation = make_conversation(licensee, texts=[], external_id=external_id)
    sender = Participant.objects.get(conversation=conversation, position=0)
    messages = Message.objects.bulk_create(
        Message(
            conversation=conversation,
            external_id=f"m{n}",
            sender=sender,
            number=n,
            text_sealed=b"",
            content_digest=b"",
        )
        for n in range(1, length + 1)
    )
    MessageRating.objects.bulk_create(
        MessageRating(
            message=one,
            conversation=conversation,
            model=model,
            evidence=(7 * one.number) % 1_000 - 500,
            weight=9,
        )
        for one in messages
    )
    return conversation


def _rows_read(plan: dict[str, Any]) -> int:
    below = sum(map(_rows_read, plan.get("Plans", [])))
    touched = (
        plan["Actual Rows"]
        + plan.get("Rows Removed by Filter", 0)
        + plan.get("Rows Removed by Join Filter", 0)
    )
    return int(touched * plan["Actual Loops"]) + below


def test_a_few_rows_of_ten_thousand_are_read(long_one: Score):
    found = MessageRating.objects.candidates(long_one, 10)
    with transaction.atomic(), connection.cursor() as cursor:
        # The tables of a test fit into a hundred pages, so reading them wholly looks cheap.
        cursor.execute("SET LOCAL enable_seqscan = off")
        (plan,) = json.loads(found.explain(analyze=True, format="json"))
    assert _rows_read(plan["Plan"]) < 500


def test_they_are_those_that_reading_all_finds(long_one: Score):
    every = MessageRating.objects.weighed_by(long_one).values_list(
        "message__number", "message__external_id", "contribution"
    )
    assert len(every) == LENGTH
    by_weight = sorted(every, key=lambda row: (-abs(row[2]), row[0]))
    found = MessageRating.objects.weightiest(long_one, count=10)
    assert [abs(weight) for *_, weight in found] == [abs(weight) for *_, weight in by_weight[:10]]
