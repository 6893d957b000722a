"""An edit keeps what was said before; a deletion keeps everything; an old delivery coming again is no news."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.evidence import open_texts
from scoring.incoming import IncomingConversation, IncomingMessage
from scoring.ingest import accept
from scoring.models import Conversation, Message, MessageRevision
from scoring.tests.sending import (
    BEGAN_AT,
    Platform,
    at,
    conversation,
    everything,
    evidence,
    message,
    texts_of,
)
from tests.people import TESTS

OTHER_TEXT = (
    "This message is already known with other text. If it was edited, send edited_at, later than that of the "
    "version before."
)


def _send(platform: Platform, **fields):
    return platform.send(conversation(messages=[message(1, **fields)]))


def _versions() -> list[tuple[int, str]]:
    """Every version of the first message, the newest last."""
    row = Conversation.objects.select_related("data_key").get()
    newest = row.messages.get(number=1)
    earlier = [
        Message(pk=one.version, external_id="m1", version=one.version, text_sealed=one.text_sealed)
        for one in newest.revisions.order_by("version")
    ]
    texts = open_texts(row, earlier)
    return [(one.version, texts[one.version]) for one in earlier] + [(newest.version, texts_of()[0])]


def test_an_edit_keeps_what_was_said_before(platform: Platform):
    _send(platform, text="First")
    received_at = Message.objects.get().received_at
    answer = _send(platform, text="Second", edited_at=at(5))

    assert answer.status_code == 202
    assert answer.json()["conversations"][0]["messages_accepted"] == 1
    assert _versions() == [(1, "First"), (2, "Second")]
    newest, before = Message.objects.get(), MessageRevision.objects.get()
    assert newest.edited_at == datetime.fromisoformat(at(5))
    assert (before.edited_at, before.received_at) == (None, received_at)
    row = Conversation.objects.get()
    assert (row.revision, row.message_count) == (2, 1)


def test_edits_follow_each_other_in_one_call_and_in_several(platform: Platform):
    edits = [
        message(1, text="A"),
        message(1, text="B", edited_at=at(2)),
        message(1, text="C", edited_at=at(3)),
    ]
    platform.send(conversation(messages=edits))
    assert _versions() == [(1, "A"), (2, "B"), (3, "C")]

    more = [message(1, text="D", edited_at=at(4)), message(1, text="E", edited_at=at(5))]
    platform.send(conversation(messages=more))
    assert _versions() == [(1, "A"), (2, "B"), (3, "C"), (4, "D"), (5, "E")]


def test_old_deliveries_coming_again_change_nothing(platform: Platform):
    story = [
        message(1, text="A"),
        message(1, text="B", edited_at=at(2)),
        message(1, text="A", edited_at=at(3)),
        message(1, text="", edited_at=at(3), deleted_at=at(4)),
    ]
    for step in story:
        assert platform.send(conversation(messages=[step])).status_code == 202
    before = everything()

    for step in story:
        assert platform.send(conversation(messages=[step])).status_code == 202
    answer = platform.send(conversation(messages=story))

    assert answer.json()["conversations"][0]["messages_duplicate"] == 4
    assert everything() == before


@pytest.mark.parametrize("edited_at", [None, at(5), at(4)], ids=["absent", "equal", "earlier"])
def test_other_text_without_a_later_edit_is_a_conflict(platform: Platform, edited_at: str | None):
    _send(platform, text="A", edited_at=at(5))
    before = everything()

    answer = _send(platform, text="B", edited_at=edited_at)

    assert answer.status_code == 409
    assert answer.json()["errors"] == [{"pointer": "/conversations/0/messages/0", "detail": OTHER_TEXT}]
    assert everything() == before


def test_nothing_of_a_conflicting_item_is_stored(platform: Platform):
    platform.send(conversation())
    before = everything()

    news = [message(8), message(1, text="Other"), message(9)]
    answer = platform.send(conversation(kind="public", participants=[{"id": "new"}], messages=news))

    assert answer.status_code == 409
    assert everything() == before


def test_a_conflicting_item_takes_no_other_item_with_it(platform: Platform):
    good = conversation(messages=[message(1, text="A")])
    bad = conversation(messages=[message(2), message(1, text="B")])
    late = conversation(messages=[message(3)])

    answer = platform.send(good, bad, late)

    assert answer.status_code == 207
    assert [one["status"] for one in answer.json()["conversations"]] == [202, 409, 202]
    assert list(Message.objects.values_list("external_id", "number")) == [("m1", 1), ("m3", 2)]


def test_a_deletion_keeps_the_text_as_evidence(platform: Platform):
    _send(platform, text="A")
    answer = _send(platform, text=None, deleted_at=at(7))

    assert answer.json()["conversations"][0]["messages_accepted"] == 1
    assert Message.objects.get().deleted_at == datetime.fromisoformat(at(7))
    assert texts_of() == ["A"]
    assert Conversation.objects.get().revision == 2


def test_a_deleted_message_stays_deleted(platform: Platform):
    _send(platform, text="A", deleted_at=at(7))
    before = everything()

    for fields in ({"text": "A"}, {"text": "A", "deleted_at": at(9)}, {"text": None, "deleted_at": at(9)}):
        assert _send(platform, **fields).status_code == 202
    assert everything() == before


def test_an_edit_and_a_deletion_may_come_together(platform: Platform):
    _send(platform, text="A")
    _send(platform, text="B", edited_at=at(5), deleted_at=at(6))

    assert _versions() == [(1, "A"), (2, "B")]
    assert Message.objects.get().deleted_at == datetime.fromisoformat(at(6))


def test_text_that_arrives_after_its_deletion_is_kept(platform: Platform):
    _send(platform, text=None, deleted_at=at(7))
    assert _send(platform, text="A").status_code == 202
    assert _versions() == [(1, ""), (2, "A")]
    assert Message.objects.get().deleted_at == datetime.fromisoformat(at(7))

    before = everything()
    _send(platform, text=None, deleted_at=at(7))
    _send(platform, text="A")
    assert everything() == before


def test_an_edit_is_not_moved_to_another_number(platform: Platform):
    platform.send(conversation(messages=3))
    platform.send(conversation(messages=[message(2, text="New", edited_at=at(8)), message(4)]))

    assert list(Message.objects.values_list("external_id", "number", "version")) == [
        ("m1", 1, 1),
        ("m2", 2, 2),
        ("m3", 3, 1),
        ("m4", 4, 1),
    ]


def test_a_hundred_edits_take_as_many_queries_as_one(northwind):
    def item(name: str, size: int, text: str, minutes: int) -> IncomingConversation:
        edited_at = BEGAN_AT.replace(minute=minutes)
        messages = tuple(
            IncomingMessage(f"m{number}", "u0", BEGAN_AT, f"{text} {number}", edited_at=edited_at)
            for number in range(size)
        )
        return IncomingConversation(name, messages)

    counts = []
    for size in (1, 100):
        for text, minutes in (("first", 1), ("second", 2)):
            accept(licensee=northwind, items=[item(f"c{size}", size, text, minutes)], by=TESTS)
        with CaptureQueriesContext(connection) as queries:
            accept(licensee=northwind, items=[item(f"c{size}", size, "third", 3)], by=TESTS)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert MessageRevision.objects.count() == 2 * 101
    assert evidence()[3][-1]["version"] == 3


def test_rewriting_a_message_is_marked_and_a_later_one_or_a_deletion_is_not(platform: Platform):
    """What a worker kept of a conversation is stale once a message says something else; only then."""

    def marked() -> tuple[int, int]:
        row = Conversation.objects.get()
        return row.revision, row.rewritten_revision

    platform.send(conversation(messages=[message(1, text="A"), message(1, text="B", edited_at=at(2))]))
    assert marked() == (1, 0)
    platform.send(conversation(messages=[message(2), message(2, text="B", edited_at=at(3))]))
    assert marked() == (2, 0)
    _send(platform, text="B", edited_at=at(2), deleted_at=at(4))
    assert marked() == (3, 0)
    _send(platform, text="C", edited_at=at(5))
    assert marked() == (4, 4)
    platform.send(conversation(messages=[message(3)]))
    assert marked() == (5, 4)
