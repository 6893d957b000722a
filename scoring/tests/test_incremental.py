"""A new message costs what it adds, and the score is the same as if the whole conversation were read again."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from licensees.models import Licensee
from scoring import outbox, registry
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.ingest import accept
from scoring.key_providers import EvidenceUnreadable
from scoring.models import (
    Conversation,
    ConversationState,
    DataKey,
    Message,
    MessageRating,
    ModelVersion,
    Score,
)
from scoring.pipeline import Model
from scoring.sample_corpus import generate
from scoring.tests.sending import BEGAN_AT, Platform, at, conversation, message
from scoring.tests.states import stored_state, turns_of
from scoring.unread import with_states
from tests.factories import make_conversation
from tests.people import TESTS

# Rows that scoring one new message may touch, all tables and indexes together; in a flagged conversation, as this one
# is, they include the window, the peaks and the strongest messages, which its page shows (`scoring.weights`).
SMALL_AMOUNT = 500


def texts() -> Iterator[str]:
    """Neutral remarks without end, from the sample corpus."""
    for record in generate(seed=3, count=10_000, share_positive=0.4, split="held_out"):
        yield from (one["text"] for one in record["messages"])


def drafts(numbers: range, said: Iterator[str]) -> list[dict[str, Any]]:
    return [message(number, text=next(said)) for number in numbers]


def check_equal_to_the_whole(row: Conversation, version: ModelVersion, model: Model) -> None:
    turns = turns_of(row)
    expected, score = model.score(turns), Score.objects.filter(conversation=row).latest("revision")
    assert score.message_count == len(turns)
    assert stored_state(row, version) == expected.state
    assert score.abstained == (expected.abstained or "")
    assert score.probability == pytest.approx(expected.probability, abs=1e-9)
    assert score.logit == pytest.approx(expected.logit, abs=1e-9)
    weighed = MessageRating.objects.weighed_by(score).order_by("message__number")
    given = list(weighed.values_list("contribution", flat=True))
    assert given == pytest.approx([one.contribution for one in expected.messages], abs=1e-9)
    assert score.base + sum(given) == pytest.approx(score.logit, abs=1e-9)


# --- Equal to the whole ------------------------------------------------------------------------


def test_post_by_post_is_the_whole_at_every_step(
    platform: Platform, champion: ModelVersion, sample_model: Model
):
    chance, said, count = random.Random(4), texts(), 0
    for _ in range(14):
        size = chance.choice([1, 1, 2, 3, 20])
        platform.send(conversation(messages=drafts(range(count + 1, count + size + 1), said)))
        count += size
        assert outbox.score_pending() == 1
        row = Conversation.objects.get()
        score = Score.objects.get(revision=row.revision)
        assert MessageRating.objects.count() == count
        if score.probability is not None:
            check_equal_to_the_whole(row, champion, sample_model)
    assert score.probability is not None
    assert Score.objects.filter(abstained="too_short").exists(), (
        "it began with too little, and went on from there"
    )


def test_only_what_is_new_is_opened(
    platform: Platform, champion: ModelVersion, monkeypatch: pytest.MonkeyPatch
):
    opened: list[int] = []
    original = outbox.pieces

    def counting(*arguments: Any) -> Iterator[Any]:
        for pk, piece in original(*arguments):
            opened.append(len(piece.turns))
            yield pk, piece

    monkeypatch.setattr(outbox, "pieces", counting)
    said = texts()
    for numbers in (range(1, 31), range(31, 33), range(33, 33)):
        platform.send(conversation(messages=drafts(numbers, said), participants=[{"id": f"p{numbers}"}]))
        outbox.score_pending()
    assert opened == [30, 2, 0]


def test_a_rewritten_message_is_read_with_all_the_others_once_more(
    platform: Platform, champion: ModelVersion, sample_model: Model
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    before = MessageRating.objects.get(message__number=3).evidence
    platform.send(conversation(messages=[message(3, text=next(said), edited_at=at(90))]))
    outbox.score_pending()
    check_equal_to_the_whole(Conversation.objects.get(), champion, sample_model)
    assert MessageRating.objects.get(message__number=3).evidence != before
    platform.send(conversation(messages=drafts(range(31, 33), said)))
    outbox.score_pending()
    check_equal_to_the_whole(Conversation.objects.get(), champion, sample_model)


def test_a_very_long_conversation_is_read_in_parts(
    platform: Platform, champion: ModelVersion, sample_model: Model, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("scoring.unread.MESSAGES_AT_ONCE", 7)
    monkeypatch.setattr("scoring.outbox.MESSAGES_AT_ONCE", 7)
    platform.send(conversation(messages=drafts(range(1, 51), texts())))
    platform.send(conversation("c2", messages=drafts(range(1, 4), texts())))
    assert outbox.score_pending() == 2
    check_equal_to_the_whole(Conversation.objects.get(external_id="c1"), champion, sample_model)


def test_a_language_that_the_model_was_not_evaluated_on_is_found_from_a_state_too(
    platform: Platform, champion: ModelVersion, sample_model: Model
):
    finnish = "Huomenna menemme metsään poimimaan marjoja ja kävelemme järven ympäri"
    platform.send(conversation(messages=[message(number, text=finnish) for number in range(1, 9)]))
    outbox.score_pending()
    platform.send(conversation(messages=[message(9, text=finnish)]))
    outbox.score_pending()
    assert sample_model.score(turns_of(Conversation.objects.get())).abstained == "unsupported_language"
    assert list(Score.objects.values_list("abstained", flat=True)) == ["unsupported_language"] * 2


# --- What it costs -----------------------------------------------------------------------------


LARGE = ["enable_seqscan", "enable_sort"]


@contextmanager
def rows_touched() -> Iterator[dict[str, int]]:
    """Counts of PostgreSQL itself, for this transaction: rows read from tables, found by indexes, written.

    No table is read from end to end or sorted meanwhile: with one conversation the planner would, with many not.
    """
    found: dict[str, int] = {}
    before = _statistics()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, 'off', true) FROM unnest(%s::text[]) name", [LARGE])
    yield found
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(name, 'on', true) FROM unnest(%s::text[]) name", [LARGE])
    for table, count in _statistics().items():
        if count != before.get(table, 0):
            found[table] = count - before.get(table, 0)


def _statistics() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) + n_tup_ins + n_tup_upd + n_tup_del"
            "  FROM pg_stat_xact_user_tables WHERE relname LIKE 'scoring_%'"
        )
        return dict(cursor.fetchall())


def test_a_new_message_in_a_conversation_of_ten_thousand_touches_a_few_rows(
    transactional_db: None,
    platform: Platform,
    champion: ModelVersion,
    sample_model: Model,
    owner_connection: psycopg.Connection,
):
    said, length = texts(), 10_000
    for first in range(1, length, 2_500):
        platform.send(conversation(messages=drafts(range(first, first + 2_500), said)))
    outbox.score_pending()
    for table in ("scoring_message", "scoring_messagerating"):
        owner_connection.execute(f"ANALYZE {table}")
    with transaction.atomic(), rows_touched() as touched, CaptureQueriesContext(connection) as queries:
        platform.send(conversation(messages=drafts(range(length + 1, length + 2), said)))
        assert outbox.score_pending() == 1
    assert sum(touched.values()) < SMALL_AMOUNT, touched
    assert len(queries) < 60
    check_equal_to_the_whole(Conversation.objects.get(), champion, sample_model)


# --- Another champion --------------------------------------------------------------------------


def test_a_new_champion_reads_the_whole_once_and_ratings_never_mix(
    platform: Platform, champion: ModelVersion, sample_model: Model, other_model: Model, adam: User
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    other = registry.register(model=other_model, name="other", card={}, by=TESTS)
    registry.promote(model_id=other.pk, by=adam)
    assert set(MessageRating.objects.values_list("model", flat=True)) == {champion.pk}
    for count in (31, 32):
        platform.send(conversation(messages=drafts(range(count, count + 1), said)))
        outbox.score_pending()
        assert set(MessageRating.objects.values_list("model", flat=True)) == {other.pk}
        check_equal_to_the_whole(Conversation.objects.get(), other, other_model)
    registry.roll_back(model_id=other.pk, by=adam)
    platform.send(conversation(messages=drafts(range(33, 34), said)))
    outbox.score_pending()
    assert set(MessageRating.objects.values_list("model", flat=True)) == {champion.pk}
    check_equal_to_the_whole(Conversation.objects.get(), champion, sample_model)


def test_a_worker_with_the_former_champion_stores_nothing_over_the_new_ones_evidence(
    platform: Platform, champion: ModelVersion, other_model: Model, adam: User
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    former = outbox.Scorers.of_now()
    platform.send(conversation(messages=drafts(range(31, 32), said)))
    slow = outbox.lease_pending(limit=1)
    platform.send(conversation(messages=drafts(range(32, 33), said)))
    quick = with_states(outbox.lease_pending(limit=1), former.versions)
    other = registry.register(model=other_model, name="other", card={}, by=TESTS)
    registry.promote(model_id=other.pk, by=adam)

    outbox.score(slow, outbox.Scorers.of_now())
    outbox._score_chunk(quick, former)

    assert Score.objects.latest("revision").revision == 2
    assert set(MessageRating.objects.values_list("model", flat=True)) == {other.pk}
    Conversation.objects.update(score_after=timezone.now())
    outbox.score_pending()
    check_equal_to_the_whole(Conversation.objects.get(), other, other_model)


# --- What a state is ---------------------------------------------------------------------------


def test_a_state_holds_no_text_and_no_account(platform: Platform, champion: ModelVersion):
    platform.send(conversation(messages=drafts(range(1, 31), texts())))
    outbox.score_pending()
    data = stored_state(Conversation.objects.get(), champion).to_bytes().lower()
    names = {turn.sender for turn in turns_of(Conversation.objects.get())}
    words = {word for turn in turns_of(Conversation.objects.get()) for word in turn.text.lower().split()}
    assert [word for word in names | words if len(word) > 3 and word.encode() in data] == []


def test_a_state_goes_with_its_conversations_key(platform: Platform, champion: ModelVersion):
    platform.send(conversation(messages=drafts(range(1, 31), texts())))
    outbox.score_pending()
    DataKey.objects.update(wrapped=None, destroyed_at=timezone.now())
    with pytest.raises(EvidenceUnreadable, match="destroyed"):
        stored_state(Conversation.objects.get(), champion)


def test_a_state_goes_with_its_conversation(northwind: Licensee, champion: ModelVersion):
    row = make_conversation(northwind)
    outbox.score_pending()
    assert ConversationState.objects.count() == 1
    Score.objects.all().delete()
    row.delete()
    assert not ConversationState.objects.exists()


@pytest.mark.parametrize("damage", [b"", b"\x00" * 40])
def test_a_state_that_cannot_be_read_costs_reading_the_whole_again(
    platform: Platform, champion: ModelVersion, sample_model: Model, damage: bytes
):
    said = texts()
    platform.send(conversation(messages=drafts(range(1, 31), said)))
    outbox.score_pending()
    ConversationState.objects.update(data=damage)
    platform.send(conversation(messages=drafts(range(31, 32), said)))
    outbox.score_pending()
    check_equal_to_the_whole(Conversation.objects.get(), champion, sample_model)


# --- At once -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_four_workers_lose_nothing_while_messages_keep_arriving(
    northwind: Licensee, champion: ModelVersion, sample_model: Model
):
    posted, names = Event(), [f"c{number}" for number in range(6)]

    def post() -> None:
        chance, said, counts = random.Random(9), texts(), dict.fromkeys(names, 0)
        try:
            for _ in range(120):
                name, size = chance.choice(names), chance.choice([1, 1, 2, 5])
                numbers = range(counts[name] + 1, counts[name] + size + 1)
                accept(licensee=northwind, items=[_incoming(name, numbers, said)], by=TESTS)
                counts[name] += size
        finally:
            posted.set()
            connection.close()

    def work() -> None:
        try:
            while outbox.score_pending(limit=2) or not posted.is_set():
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        running = [pool.submit(post), *(pool.submit(work) for _ in range(4))]
        for one in running:
            one.result()
    Conversation.objects.update(score_after=timezone.now())
    while outbox.score_pending():
        pass

    assert not Conversation.objects.exclude(scored_revision=F("revision")).exists()
    assert MessageRating.objects.count() == Message.objects.count()
    for row in Conversation.objects.all():
        check_equal_to_the_whole(row, champion, sample_model)


def _incoming(name: str, numbers: range, said: Iterator[str]) -> IncomingConversation:
    return IncomingConversation(
        id=name,
        messages=tuple(
            IncomingMessage(
                id=f"m{number}",
                sender=f"u{number % 2}",
                sent_at=BEGAN_AT + timedelta(minutes=number),
                text=next(said),
            )
            for number in numbers
        ),
    )
