"""What a platform sends is stored whole, once, encrypted and recorded."""

import json
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import Licensee
from licensees.onboarding import suspend
from licensees.policies import NotAccepting
from scoring.evidence import open_identity
from scoring.ingest import accept
from scoring.models import Conversation, Message, Participant
from scoring.tests.sending import (
    Platform,
    at,
    conversation,
    everything,
    evidence,
    incoming,
    message,
    texts_of,
)
from tests.factories import accounts_in
from tests.people import TESTS


def _entries() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(verb=Verb.CONVERSATIONS_ACCEPTED).order_by("at"))


def test_a_conversation_is_stored_whole(platform: Platform):
    answer = platform.send(conversation("c/1", messages=3, kind="group", language="en-GB"))

    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "conversations": [
            {
                "id": "c/1",
                "url": "/api/v1/conversations/c/1",
                "messages_accepted": 3,
                "messages_duplicate": 0,
            }
        ],
    }
    row = Conversation.objects.get()
    assert (row.licensee, row.external_id, row.kind, row.language) == (
        platform.key.licensee,
        "c/1",
        "group",
        "en-GB",
    )
    assert (row.revision, row.scored_revision, row.message_count) == (1, 0, 3)
    assert row.first_message_at == datetime.fromisoformat(at(1))
    assert row.last_message_at == datetime.fromisoformat(at(3))
    assert list(row.messages.values_list("external_id", "number", "sender__position")) == [
        ("m1", 1, 0),
        ("m2", 2, 1),
        ("m3", 3, 0),
    ]
    assert accounts_in(row) == ["u0", "u1"]
    assert texts_of("c/1")[2] == "A neutral remark about the weather, number 3"


def test_a_text_is_nowhere_in_clear(platform: Platform):
    platform.send(conversation(messages=[message(1, text="A quiet word")]))

    assert b"quiet" not in bytes(Message.objects.get().text_sealed)
    assert "quiet" not in json.dumps(everything(), default=repr)


def test_what_was_not_said_has_its_default(platform: Platform):
    platform.send(conversation())

    row = Conversation.objects.get()
    assert (row.kind, row.language) == ("direct", "")
    assert set(row.participants.values_list("declared_age_band", flat=True)) == {"unknown"}


def test_the_same_ids_again_change_nothing(platform: Platform):
    platform.send(conversation(messages=3))
    before = everything()

    answer = platform.send(conversation(messages=3))

    assert answer.status_code == 202
    assert answer.json()["conversations"][0] | {"url": ""} == {
        "id": "c1",
        "url": "",
        "messages_accepted": 0,
        "messages_duplicate": 3,
    }
    assert everything() == before


def test_later_messages_are_additions(platform: Platform):
    platform.send(conversation(messages=2))
    Conversation.objects.update(scored_revision=1, scoring_attempts=4)
    before = timezone.now()

    answer = platform.send(conversation(messages=[message(2), message(3), message(4, sender="u7")]))

    counts = answer.json()["conversations"][0]
    assert (counts["messages_accepted"], counts["messages_duplicate"]) == (2, 1)
    row = Conversation.objects.get()
    assert (row.revision, row.scored_revision, row.message_count, row.scoring_attempts) == (2, 1, 4, 0)
    assert row.score_after >= before
    assert row.last_message_at == datetime.fromisoformat(at(4))
    assert list(row.messages.values_list("number", "sender__position"))[2:] == [(3, 0), (4, 2)]
    assert accounts_in(row)[2:] == ["u7"]


def test_an_earlier_message_that_comes_late_keeps_the_order_of_receipt(platform: Platform):
    platform.send(conversation(messages=[message(5)]))
    platform.send(conversation(messages=[message(1)]))

    assert list(Message.objects.values_list("external_id", "number")) == [("m5", 1), ("m1", 2)]
    assert Conversation.objects.get().first_message_at == datetime.fromisoformat(at(1))


def test_items_for_the_same_conversation_are_handled_in_order(platform: Platform):
    first = conversation(messages=[message(1)])
    second = conversation(messages=[message(2), message(1)])

    answer = platform.send(first, second)

    assert [one["messages_accepted"] for one in answer.json()["conversations"]] == [1, 1]
    assert list(Message.objects.values_list("external_id", "number")) == [("m1", 1), ("m2", 2)]
    assert Conversation.objects.get().revision == 1


def test_the_trail_holds_one_entry_a_call_with_ids_counts_and_digests_only(platform: Platform):
    platform.send(conversation("secret-name-1", messages=3), conversation("secret-name-2", messages=2))

    [entry] = _entries()
    rows = list(Conversation.objects.order_by("pk"))
    assert entry.actor == f"key:{platform.key.pk}"
    assert entry.licensee_id == platform.key.licensee_id
    assert entry.payload["messages"] == 5
    assert entry.payload["conversations"] == [
        {"id": rows[0].pk, "messages": 3, "revision": 1},
        {"id": rows[1].pk, "messages": 2, "revision": 1},
    ]
    assert len(entry.payload["digest"]) == 64
    assert "secret-name" not in entry.entry
    assert "weather" not in entry.entry


def test_two_licensees_may_use_the_same_ids(platform: Platform, other_platform: Platform):
    platform.send(conversation())
    other_platform.send(conversation(messages=1))

    counts = dict(Conversation.objects.values_list("licensee__slug", "message_count"))
    assert counts == {"northwind": 2, "lakeside": 1}


def test_a_mixed_batch_says_what_became_of_each(platform: Platform):
    platform.send(conversation("known"))
    changed = conversation("known", messages=[message(1, text="Something else")])
    faulty = conversation("faulty", messages=[message(1), message(2, sent_at="yesterday")])

    answer = platform.send(conversation("good"), changed, faulty)

    assert answer.status_code == 207
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (1, 2)
    assert [one["status"] for one in body["conversations"]] == [202, 409, 422]
    assert body["conversations"][0]["messages_accepted"] == 2
    assert body["conversations"][1]["errors"][0]["pointer"] == "/conversations/1/messages/0"
    assert body["conversations"][2]["errors"] == [
        {
            "pointer": "/conversations/2/messages/1/sent_at",
            "detail": "Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z.",
        }
    ]
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {"known", "good"}
    assert "Something else" not in texts_of("known")


def test_nothing_is_stored_of_rejected_items(platform: Platform):
    before = everything()
    answer = platform.send(conversation("a", messages=[message(1, id="")]), conversation("b", kind="loud"))

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [
        "/conversations/0/messages/0/id",
        "/conversations/1/kind",
    ]
    assert everything() == before


def test_a_new_conversation_that_contradicts_itself_leaves_nothing(platform: Platform):
    before = everything()
    answer = platform.send(conversation(messages=[message(1), message(1, text="Something else")]))

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/conversations/0/messages/1"
    assert everything() == before


def test_conflicts_and_faults_together_are_invalid(platform: Platform):
    platform.send(conversation("known"))
    before = everything()

    changed = conversation("known", messages=[message(1, text="Something else")])
    answer = platform.send(changed, conversation("faulty", messages=None))

    assert answer.status_code == 422
    assert everything() == before


def test_a_message_cannot_change_its_sender_or_its_time(platform: Platform):
    platform.send(conversation())
    before = everything()

    other_sender = platform.send(conversation(messages=[message(1, sender="u1", edited_at=at(9))]))
    other_time = platform.send(conversation(messages=[message(1, sent_at=at(3), edited_at=at(9))]))

    assert other_sender.json()["errors"] == [
        {
            "pointer": "/conversations/0/messages/0/sender",
            "detail": "This message is already known from another sender. Give each message an id of its own.",
        }
    ]
    assert other_time.json()["errors"] == [
        {
            "pointer": "/conversations/0/messages/0/sent_at",
            "detail": "This message is already known with another sent_at, which an edit cannot change.",
        }
    ]
    assert (other_sender.status_code, other_time.status_code) == (409, 409)
    assert everything() == before


def test_facts_of_participants_are_kept_and_brought_up_to_date(platform: Platform):
    known = {
        "id": "u1",
        "declared_age_band": "13_15",
        "display_name": "Kim",
        "facts": {"locale": "en", "level": 3},
    }
    platform.send(conversation(participants=[{"id": "u9"}, known]))
    later = {"id": "u1", "account_created_at": at(-9000), "facts": {"level": 4}}
    answer = platform.send(conversation(messages=[], participants=[later]))

    assert answer.status_code == 202
    assert accounts_in(Conversation.objects.get()) == ["u9", "u1", "u0"]
    person = Participant.objects.get(position=1)
    assert person.declared_age_band == "13_15"
    assert person.account_created_at == datetime.fromisoformat(at(-9000))
    row = Conversation.objects.select_related("data_key").get()
    assert open_identity(row, person) == {"display_name": "Kim", "facts": {"locale": "en", "level": 4}}
    assert b"Kim" not in bytes(person.identity_sealed or b"")
    assert row.revision == 2
    assert len(_entries()) == 2


def test_facts_that_are_known_already_change_nothing(platform: Platform):
    item = conversation(
        kind="group",
        language="en",
        participants=[
            {"id": "u0", "declared_age_band": "adult", "display_name": "Kim", "facts": {"level": 3}}
        ],
    )
    platform.send(item)
    before = everything()

    assert platform.send(item).status_code == 202
    assert platform.send(conversation(participants=[{"id": "u0"}])).status_code == 202
    assert everything() == before


def test_text_may_be_any_unicode(platform: Platform):
    texts = ["", "\x00", "\ud83d", "a\u202eb", "e\u0301", "👩‍👩‍👧", "\udc00\ud800", "\n\t"]
    items = [message(number, text=text) for number, text in enumerate(texts, start=1)]

    assert platform.send(conversation(messages=items)).status_code == 202
    assert texts_of() == texts
    assert platform.send(conversation(messages=items)).json()["conversations"][0]["messages_duplicate"] == 8


def test_a_licensee_suspended_since_its_key_was_checked_accepts_nothing(northwind: Licensee, otto):
    suspend(licensee_id=northwind.pk, by=otto, reason="Contract ended")
    before = everything()

    with pytest.raises(NotAccepting, match=r"This licensee is suspended: nothing is accepted\."):
        accept(licensee=northwind, items=[incoming()], by=TESTS)
    assert everything() == before


def test_a_message_may_have_no_time_in_a_corpus(northwind: Licensee):
    item = incoming(messages=1)
    [one] = item.messages
    timeless = type(item)(id="c1", messages=(type(one)(id="m1", sender="u0", sent_at=None, text="Hello"),))

    assert accept(licensee=northwind, items=[timeless], by=TESTS)[0].messages_accepted == 1
    assert accept(licensee=northwind, items=[timeless], by=TESTS)[0].messages_duplicate == 1
    assert Conversation.objects.get().first_message_at is None


@pytest.mark.parametrize("known", [0, 1], ids=["new", "known"])
def test_a_hundred_messages_take_as_many_queries_as_one(northwind: Licensee, known: int):
    # The first call of a licensee makes the key of its index.
    accept(licensee=northwind, items=[incoming("before")], by=TESTS)
    counts = []
    for size in (1, 100):
        external_id = f"c{size}"
        accept(licensee=northwind, items=[incoming(external_id, messages=2)] * known, by=TESTS)
        item = incoming(external_id, messages=size, first=3)
        with CaptureQueriesContext(connection) as queries:
            accept(licensee=northwind, items=[item], by=TESTS)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 16


def test_a_hundred_conversations_take_as_many_queries_as_one(northwind: Licensee):
    # The first call of a licensee makes the key of its index.
    accept(licensee=northwind, items=[incoming("before")], by=TESTS)
    counts = []
    for size in (1, 100):
        items = [incoming(f"{size}-{number}") for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            accept(licensee=northwind, items=items, by=TESTS)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_doorbell_is_rung_after_the_commit_and_only_for_news(
    northwind: Licensee, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as first:
        accept(licensee=northwind, items=[incoming()], by=TESTS)
    with django_capture_on_commit_callbacks() as again:
        accept(licensee=northwind, items=[incoming()], by=TESTS)

    assert (len(first), len(again)) == (1, 0)


def test_no_items_are_no_act(northwind: Licensee):
    before = evidence()
    assert accept(licensee=northwind, items=[], by=TESTS) == []
    assert evidence() == before
