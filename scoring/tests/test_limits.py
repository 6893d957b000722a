"""Each limit holds at its edge, each fault has its place, and a refusal moves nothing."""

import gzip
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as some

from scoring.incoming_json import MOST_FAULTS, is_id, read_conversation
from scoring.models import Conversation, Message
from scoring.tests.sending import Platform, conversation, everything, message

LARGEST_BODY = 20 * 1024 * 1024
NOT_TIME = "Give a time with a zone (RFC 3339), such as 2026-11-22T08:00:00Z."
IN_FUTURE = "This time is in the future. Check the clock of the platform."
ID_LENGTH = "An id has 1 to 200 characters."
UNSTORABLE = "An id may hold no NUL and no half of a surrogate pair."


def _in(**difference: float) -> str:
    return (timezone.now() + timedelta(**difference)).isoformat()


def _first(**fields):
    return conversation(messages=[message(1, **fields)])


def _nested(levels: int) -> dict:
    return {"a": _nested(levels - 1)} if levels > 1 else {}


def _person(**fields):
    return conversation(participants=[{"id": "u1"} | fields])


FAULTS = [
    ([], "", "This must be an object."),
    ({}, "/id", "This is required."),
    (conversation(id=7), "/id", "This must be text."),
    (conversation(""), "/id", ID_LENGTH),
    (conversation("x" * 201), "/id", ID_LENGTH),
    (conversation("a\x00b"), "/id", UNSTORABLE),
    (conversation("a\ud800b"), "/id", UNSTORABLE),
    (conversation(kind="private"), "/kind", "This must be one of: direct, group, public."),
    (conversation(kind=["direct"]), "/kind", "This must be one of: direct, group, public."),
    (conversation(language="en_GB"), "/language", "Give a language tag (BCP 47), such as en or pt-BR."),
    (
        conversation(language="abcdefgh-" * 4),
        "/language",
        "Give a language tag (BCP 47), such as en or pt-BR.",
    ),
    (conversation(messages=None), "/messages", "This is required."),
    (conversation(messages={}), "/messages", "This must be a list."),
    (conversation(messages=["m1"]), "/messages/0", "This must be an object."),
    (_first(id=None), "/messages/0/id", "This is required."),
    (_first(sender=""), "/messages/0/sender", ID_LENGTH),
    (_first(sender="\udfff"), "/messages/0/sender", UNSTORABLE),
    (_first(reply_to="x" * 201), "/messages/0/reply_to", ID_LENGTH),
    (_first(text=None), "/messages/0/text", "This is required."),
    (_first(text=["a"]), "/messages/0/text", "This must be text."),
    (_first(text="x" * 8193), "/messages/0/text", "A text has at most 8,192 bytes in UTF-8."),
    (_first(text="é" * 4097), "/messages/0/text", "A text has at most 8,192 bytes in UTF-8."),
    (_first(sent_at=None), "/messages/0/sent_at", "This is required."),
    (_first(sent_at=1_700_000_000), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="2026-01-01T08:00:00"), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="2026-01-01"), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="2026-02-30T08:00:00Z"), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="0001-01-01T00:00:00+23:00"), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="٢٠٢٦-01-01T08:00:00Z"), "/messages/0/sent_at", NOT_TIME),
    (_first(sent_at="1989-12-31T23:59:59Z"), "/messages/0/sent_at", "This time is before 1990."),
    (_first(sent_at=_in(hours=1)), "/messages/0/sent_at", IN_FUTURE),
    (_first(edited_at=_in(hours=1)), "/messages/0/edited_at", IN_FUTURE),
    (_first(deleted_at="soon"), "/messages/0/deleted_at", NOT_TIME),
    (conversation(participants="u1"), "/participants", "This must be a list."),
    (conversation(participants=[None]), "/participants/0", "This must be an object."),
    (_person(id="\x00"), "/participants/0/id", UNSTORABLE),
    (
        _person(declared_age_band="14"),
        "/participants/0/declared_age_band",
        "This must be one of: 13_15, 16_17, adult, under_13, unknown.",
    ),
    (_person(account_created_at="once"), "/participants/0/account_created_at", NOT_TIME),
    (
        _person(display_name="x" * 201),
        "/participants/0/display_name",
        "This must be text of at most 200 characters.",
    ),
    (_person(facts=["a"]), "/participants/0/facts", "This must be an object."),
    (_person(facts=_nested(9)), "/participants/0/facts", "At most 8 levels and finite numbers only."),
    (_person(facts={"a": "x" * 8192}), "/participants/0/facts", "Facts have at most 8,192 bytes as JSON."),
]


@pytest.mark.parametrize(("item", "pointer", "detail"), FAULTS)
def test_each_fault_has_its_place(platform: Platform, item, pointer: str, detail: str):
    before = everything()
    good = conversation("good", messages=[])

    answer = platform.send(good, item)

    assert answer.status_code == 207
    errors = answer.json()["conversations"][1]["errors"]
    assert {"pointer": f"/conversations/1{pointer}", "detail": detail} in errors
    Conversation.objects.filter(external_id="good").delete()
    assert everything()[1:4] == before[1:4]


EDGES = [
    conversation("x" * 200),
    conversation("👋 a/b?c#d%20 ..\n\t"),
    conversation(messages=[]),
    conversation(language="zh-Hant-TW"),
    _first(text="x" * 8192),
    _first(text="é" * 4096),
    _first(text="👋" * 2048),
    _first(id="é" * 200, sender="👋" * 200, reply_to="x" * 200),
    _first(reply_to=None, edited_at=None, deleted_at=None, unknown={"a": 1}),
    _first(sent_at="1990-01-01T00:00:00Z"),
    _first(sent_at="2016-12-31T23:59:60Z"),
    _first(sent_at="2026-01-01t08:00:00.123456789z"),
    _first(sent_at="2026-01-01 08:00:00-23:59"),
    _first(sent_at=_in(minutes=4)),
    _first(text=None, deleted_at="2026-04-01T08:00:00Z"),
    _person(facts=_nested(8), display_name="x" * 200),
    conversation(participants=[{"id": f"u{number}"} for number in range(1000)], messages=2),
]


@pytest.mark.parametrize("item", EDGES)
def test_at_its_limit_everything_is_taken_and_can_be_asked_for(platform: Platform, item: dict):
    answer = platform.send(item)

    assert answer.status_code == 202
    url = answer.json()["conversations"][0]["url"]
    assert platform.client.get(url).json()["id"] == item["id"]
    assert platform.send(item).json()["conversations"][0]["messages_accepted"] == 0


def test_ten_thousand_messages_a_conversation_a_call(platform: Platform):
    items = [message(number) for number in range(10_001)]
    before = everything()

    refused = platform.send(conversation(messages=items))
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "pointer": "/conversations/0/messages",
            "detail": "At most 10,000 a call; send the rest in a further call.",
        }
    ]
    assert everything() == before

    assert platform.send(conversation(messages=items[:10_000])).status_code == 202
    assert platform.send(conversation(messages=items[10_000:])).status_code == 202
    assert Message.objects.count() == 10_001


def test_a_thousand_accounts_a_call(platform: Platform):
    items = [message(number, sender=f"u{number}") for number in range(1001)]
    before = everything()

    refused = platform.send(conversation(messages=items))

    assert refused.json()["errors"][0]["detail"] == "At most 1,000 accounts may take part in a call."
    assert everything() == before
    assert platform.send(conversation(messages=items[:1000])).status_code == 202


@pytest.mark.parametrize("count", [0, 501])
def test_one_to_five_hundred_conversations_a_call(platform: Platform, count: int):
    before = everything()
    answer = platform.send(*[conversation(f"c{number}", messages=1) for number in range(count)])

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/conversations", "detail": "A call takes 1 to 500 conversations."}
    ]
    assert everything() == before


def test_five_hundred_conversations_are_one_call(platform: Platform):
    answer = platform.send(*[conversation(f"c{number}", messages=1) for number in range(500)])

    assert answer.status_code == 202
    assert answer.json()["accepted"] == Conversation.objects.count() == 500


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ([], "", "This must be an object."),
        ("text", "", "This must be an object."),
        ({}, "/conversations", "This is required."),
        ({"conversations": {}}, "/conversations", "This must be a list."),
    ],
)
def test_the_envelope_has_its_form(platform: Platform, body, pointer: str, detail: str):
    answer = platform.post(body)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": detail}]


def test_a_flood_of_faults_is_cut_off(platform: Platform):
    answer = platform.send(conversation(messages=[{}] * 10_000))

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == MOST_FAULTS


def test_a_faulty_text_is_not_repeated(platform: Platform):
    answer = platform.send(_first(text=["A private word"], sender=["A private name"]))

    assert answer.status_code == 422
    assert b"private" not in answer.content


def _padded(size: int) -> bytes:
    body = json.dumps({"conversations": [conversation()]}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_twenty_megabytes_after_decompression(platform: Platform, packed: bool):
    def sent(body: bytes):
        if packed:
            return platform.post_bytes(gzip.compress(body, 1), content_encoding="gzip")
        return platform.post_bytes(body)

    before = everything()
    refused = sent(_padded(LARGEST_BODY + 1))

    assert refused.status_code == 413
    assert refused.json()["detail"] == (
        "A body has at most 20,971,520 bytes after decompression. Send it in several calls."
    )
    assert everything() == before
    assert sent(_padded(LARGEST_BODY)).status_code == 202


def test_a_gzip_bomb_is_not_unpacked(platform: Platform):
    bomb = gzip.compress(b" " * 500_000_000, 1)
    assert len(bomb) < 5_000_000

    assert platform.post_bytes(bomb, content_encoding="gzip").status_code == 413


NAMES = [
    "id",
    "sender",
    "sent_at",
    "text",
    "reply_to",
    "edited_at",
    "deleted_at",
    "kind",
    "language",
    "participants",
    "messages",
    "declared_age_band",
    "account_created_at",
    "display_name",
    "facts",
]
LEAVES = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(),
    some.floats(),
    some.text(),
    some.sampled_from(
        ["direct", "en", "2026-03-03T20:00:00Z", "2026-03-03T20:00:00+25:00", "\ud800", "adult"]
    ),
)
ANYTHING = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(some.sampled_from(NAMES), inner, max_size=8)
    ),
)


@settings(max_examples=500, deadline=None)
@given(ANYTHING)
def test_whatever_is_sent_is_read_or_refused_with_its_place(raw):
    conversation_, faults = read_conversation(raw, now=timezone.now())

    assert (conversation_ is None) == bool(faults)
    assert all(fault.pointer == "" or fault.pointer.startswith("/") for fault in faults)


@pytest.mark.parametrize("value", [None, 7, "", "x" * 201, "\x00", "\ud800", ["a"]])
def test_what_cannot_be_an_id(value):
    assert not is_id(value)
