"""What is kept of a long conversation's weights is what its ratings say, and costs what is new."""

import random
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import User
from licensees.models import Licensee, Policy
from scoring import outbox, registry
from scoring.explanation_words import Totals
from scoring.models import Conversation, ConversationWeights, MessageRating, ModelVersion, Score
from scoring.pipeline import Model
from scoring.tests.sending import Platform, at, conversation, message
from scoring.tests.test_incremental import drafts, rows_touched, texts
from scoring.weighing import WEIGHED, Weighing, facts, weighing_of
from tests.people import TESTS

FEW_ROWS = 700  # a window, its peaks and the strongest of the others, in messages and ratings; not 5,000


@pytest.fixture(autouse=True)
def all_flagged(northwind: Licensee) -> None:
    Policy.objects.create(licensee=northwind, flag_threshold=0.0001, imminent_threshold=0.9999)


@pytest.fixture
def soon_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.weights.LONG", 20)
    monkeypatch.setattr("scoring.weights.MOST_STRETCHES", 16)


def told(row: Conversation) -> Weighing:
    with connection.cursor() as cursor:
        cursor.execute(WEIGHED, facts(row.pk))
        return weighing_of(cursor.fetchone())


@contextmanager
def nothing_kept() -> Any:
    """As for a conversation that was scored before anything was kept."""
    with transaction.atomic():
        ConversationWeights.objects.all().delete()
        yield
        transaction.set_rollback(True)


def numbers(totals: Totals) -> list[float]:
    return [totals.raised, totals.lowered, totals.raising, totals.lowering]


def check_kept_is_what_the_ratings_say(row: Conversation) -> None:
    kept = Weighing.from_json(ConversationWeights.objects.get(conversation=row).told)
    assert told(row) == kept, "what is kept is what is read"
    with nothing_kept():
        read = told(row)
    assert (kept.flagged, kept.heaviest_sender_id) == (read.flagged, read.heaviest_sender_id)
    assert kept.strongest == pytest.approx(read.strongest)
    assert numbers(kept.totals) == pytest.approx(numbers(read.totals))
    assert [one.number for one in kept.turns] == [one.number for one in read.turns]
    assert [one.ratings for one in kept.turns] == [one.ratings for one in read.turns]
    score = Score.objects.newest_judged(row.pk)
    rated = MessageRating.objects.weighed_by(score).values_list("message__number", "contribution")
    firsts = [number for number, _ in kept.columns]
    for first, beyond, (_, shown) in zip(firsts, [*firsts[1:], 10**9], kept.columns, strict=True):
        highest = max(one for number, one in rated if first <= number < beyond)
        assert shown == pytest.approx(max(0.0, highest), abs=1e-5)


def test_what_is_kept_is_what_the_ratings_say_at_every_step(
    soon_long: None, platform: Platform, champion: ModelVersion
):
    chance, said, count, seen = random.Random(5), texts(), 0, 0
    for _ in range(16):
        size = chance.choice([1, 2, 7, 30])
        platform.send(conversation(messages=drafts(range(count + 1, count + size + 1), said)))
        count += size
        outbox.score_pending()
        if ConversationWeights.objects.filter(messages=count).exists():
            check_kept_is_what_the_ratings_say(Conversation.objects.get())
            seen += 1
    assert seen > 8 and count > 100
    assert len(told(Conversation.objects.get()).columns) <= 16


def test_a_rewritten_conversation_is_summed_up_anew_and_read_itself_until_then(
    soon_long: None, platform: Platform, champion: ModelVersion
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 41), said)))
    outbox.score_pending()
    before = ConversationWeights.objects.get()
    platform.send(conversation(messages=[message(3, text=next(said), edited_at=at(90))]))
    ConversationWeights.objects.update(told=before.told | {"flagged": 12_345})
    assert told(Conversation.objects.get()).flagged != 12_345
    outbox.score_pending()
    check_kept_is_what_the_ratings_say(Conversation.objects.get())


def test_another_champion_sums_up_anew(
    soon_long: None, platform: Platform, champion: ModelVersion, other_model: Model, adam: User
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 41), said)))
    outbox.score_pending()
    other = registry.register(model=other_model, name="other", card={}, by=TESTS)
    registry.promote(model_id=other.pk, by=adam)
    platform.send(conversation(messages=drafts(range(41, 43), said)))
    outbox.score_pending()
    assert ConversationWeights.objects.get().model == other
    check_kept_is_what_the_ratings_say(Conversation.objects.get())


def test_nothing_is_kept_of_a_short_one_nor_of_one_that_was_never_flagged(
    soon_long: None, platform: Platform, champion: ModelVersion, northwind: Licensee
):
    platform.send(conversation(messages=drafts(range(1, 20), texts())))
    outbox.score_pending()
    assert Score.objects.get().flagged
    Policy.objects.create(licensee=northwind, flag_threshold=0.9998, imminent_threshold=0.9999)
    platform.send(conversation("c2", messages=drafts(range(1, 41), texts())))
    outbox.score_pending()
    assert not Score.objects.latest("id").flagged
    assert not ConversationWeights.objects.exists()


def test_a_new_message_in_a_long_flagged_conversation_touches_few_rows(
    transactional_db: None, platform: Platform, champion: ModelVersion, owner_connection: psycopg.Connection
):
    said, length = texts(), 5_000
    for first in range(1, length, 2_500):
        platform.send(conversation(messages=drafts(range(first, first + 2_500), said)))
    outbox.score_pending()
    assert ConversationWeights.objects.filter(messages=length).exists()
    for table in ("scoring_message", "scoring_messagerating"):
        owner_connection.execute(f"ANALYZE {table}")
    with transaction.atomic(), rows_touched() as touched:
        platform.send(conversation(messages=drafts(range(length + 1, length + 2), said)))
        assert outbox.score_pending() == 1
    assert sum(touched.values()) < FEW_ROWS, touched
    check_kept_is_what_the_ratings_say(Conversation.objects.get())
