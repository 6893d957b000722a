"""Two calls at once, each in a real transaction: never two of anything, never a deadlock, never a lost message."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from random import Random

import pytest
from django.db import connection, connections, transaction

from licensees.models import Licensee
from scoring.incoming import IncomingConversation, Outcome, Status
from scoring.ingest import accept
from scoring.models import Conversation, DataKey, IndexKey, Message, Participant
from scoring.tests.sending import Platform, conversation, everything, incoming
from tests.people import TESTS

pytestmark = pytest.mark.django_db(transaction=True)


def evidence_keys() -> int:
    """All but the one of the index of accounts, which concurrent calls share."""
    index = IndexKey.objects.get()
    return DataKey.objects.exclude(pk=index.data_key_id).count()


def _accept(licensee: Licensee, items: Sequence[IncomingConversation]) -> list[Outcome]:
    try:
        return accept(licensee=licensee, items=items, by=TESTS)
    finally:
        connections.close_all()


def _at_once(calls: Sequence[Callable[[], list[Outcome]]]) -> list[list[Outcome]]:
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], list[Outcome]]) -> list[Outcome]:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        waiting: list[Future[list[Outcome]]] = [pool.submit(run, call) for call in calls]
        return [one.result(timeout=60) for one in waiting]


def test_two_calls_never_make_the_same_conversation_twice(northwind: Licensee):
    for round_ in range(10):
        item = incoming(f"c{round_}", messages=20)
        outcomes = _at_once([lambda item=item: _accept(northwind, [item])] * 4)

        counts = sorted((one.messages_accepted, one.messages_duplicate) for [one] in outcomes)
        assert counts == [(0, 20), (0, 20), (0, 20), (20, 0)]
    assert Conversation.objects.count() == evidence_keys() == 10
    assert (Message.objects.count(), Participant.objects.count()) == (200, 20)
    assert set(Conversation.objects.values_list("revision", flat=True)) == {1}


def test_messages_of_two_calls_get_numbers_without_a_gap(northwind: Licensee):
    accept(licensee=northwind, items=[incoming(messages=2)], by=TESTS)
    _at_once(
        [
            lambda first=first: _accept(northwind, [incoming(messages=30, first=first)])
            for first in (100, 200, 300, 400)
        ]
    )

    numbers = list(Message.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 123))
    row = Conversation.objects.get()
    assert (row.message_count, row.revision) == (122, 5)


def test_calls_that_name_the_same_conversations_in_any_order_do_not_deadlock(northwind: Licensee):
    random = Random(4)
    names = [f"c{number:02}" for number in range(24)]
    accept(licensee=northwind, items=[incoming(name) for name in names[::3]], by=TESTS)

    def call(first: int) -> Callable[[], list[Outcome]]:
        chosen = random.sample(names, k=16)
        items = [incoming(name, messages=3, first=first) for name in chosen]
        return lambda: _accept(northwind, items)

    for round_ in range(6):
        outcomes = _at_once([call(1000 * round_ + 100 * number) for number in range(1, 6)])
        assert {one.status for answers in outcomes for one in answers} == {Status.ACCEPTED}
    for row in Conversation.objects.prefetch_related("messages"):
        assert [one.number for one in row.messages.all()] == list(range(1, row.message_count + 1))
    assert evidence_keys() == Conversation.objects.count() == 24


def test_a_call_that_is_undone_leaves_the_conversation_to_the_one_that_waited(northwind: Licensee):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            accept(licensee=northwind, items=[incoming(messages=5)], by=TESTS)
            waiting = pool.submit(_accept, northwind, [incoming(messages=7)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            transaction.set_rollback(True)
        [outcome] = waiting.result(timeout=30)

    assert (outcome.messages_accepted, outcome.messages_duplicate) == (7, 0)
    assert (Conversation.objects.count(), evidence_keys(), Message.objects.count()) == (1, 1, 7)


def test_a_conversation_that_lost_the_race_leaves_no_key_behind(northwind: Licensee):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            accept(licensee=northwind, items=[incoming(messages=5)], by=TESTS)
            waiting = pool.submit(_accept, northwind, [incoming(messages=7)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        [outcome] = waiting.result(timeout=30)

    assert (outcome.messages_accepted, outcome.messages_duplicate) == (2, 5)
    assert (Conversation.objects.count(), evidence_keys(), Message.objects.count()) == (1, 1, 7)


def test_a_scorer_that_holds_a_conversation_is_waited_for(northwind: Licensee):
    accept(licensee=northwind, items=[incoming()], by=TESTS)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Conversation.objects.select_for_update().get()
            waiting = pool.submit(_accept, northwind, [incoming(messages=4)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            Conversation.objects.update(scored_revision=1)
        [outcome] = waiting.result(timeout=30)

    assert outcome.messages_accepted == 2
    row = Conversation.objects.get()
    assert (row.revision, row.scored_revision) == (2, 1)


def test_a_platform_is_told_to_come_again_when_the_database_is_too_slow(platform: Platform):
    platform.send(conversation())
    before = everything()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Conversation.objects.select_for_update().get()
            held.set()
            done.wait(timeout=30)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        holding = pool.submit(hold)
        held.wait(timeout=30)
        cursor.execute("SET statement_timeout = '300ms'")
        answer = platform.send(conversation(messages=5))
        cursor.execute("RESET statement_timeout")
        done.set()
        holding.result()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["detail"] == (
        "The database did not answer in time. Nothing was half-done: send the same request again."
    )
    assert everything() == before
