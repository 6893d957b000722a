"""Bodies that chance has broken are answered with a reason, never with a fault of ours.

A hundred in the suite; ARTEMIS_MALFORMED_BODIES=10000 for as many as the API is judged by.
"""

import gzip
import json
import os
import random
from typing import Any

import pytest

from licensees.models import Licensee
from scoring.models import Conversation
from scoring.tests.sending import Platform, conversation, message

BODIES = int(os.environ.get("ARTEMIS_MALFORMED_BODIES", "100"))
ANSWERS = frozenset({202, 207, 400, 409, 413, 415, 422})
STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        10**400,
        1.5e308,
        "",
        "\x00",
        "\ud800",
        "a" * 300,
        "２０２６",
        "2026-13-01T00:00:00Z",
    ),
    *([], {}, [[]], {"id": {}}, "9999-12-31T23:59:59.999999+23:59", "0001-01-01T00:00:00-23:59"),
)


def broken(chance: random.Random, number: int) -> tuple[bytes, dict[str, str]]:
    """A body of a conversation with something wrong: in its values, its JSON, its bytes or its packing."""
    body: Any = {"conversations": [conversation(f"c{number}", messages=[message(1), message(2)])]}
    for _ in range(chance.randint(1, 3)):
        body = _with_something_strange(body, chance)
    raw = bytearray(json.dumps(body).encode())
    way = chance.randrange(5)
    if way == 0:
        raw = raw[: chance.randrange(len(raw))]
    elif way == 1:
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    elif way == 2:
        place = chance.randrange(len(raw))
        raw[place:place] = chance.choice([b"[" * 200, b'{"a":' * 200, b"\xff\xfe", b"NaN", b"1e999999", b'"'])
    packed = bytearray(gzip.compress(bytes(raw)))
    if way == 3:
        packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
        return bytes(packed), {"Content-Encoding": "gzip"}
    return bytes(raw), {}


def _with_something_strange(value: Any, chance: random.Random) -> Any:
    """Somewhere in the tree a value is exchanged, lost or there twice."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        changed = value | {name: _with_something_strange(value[name], chance)}
        if chance.random() < 0.15:
            del changed[name]
        return changed
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [
            *value[:place],
            _with_something_strange(value[place], chance),
            *value[place:][chance.randrange(2) :],
        ]
    return chance.choice(STRANGE)


@pytest.mark.django_db
def test_no_malformed_body_is_a_fault_of_ours(northwind: Licensee, caplog: pytest.LogCaptureFixture):
    caplog.set_level("CRITICAL", "django.request")
    chance, platform = random.Random(6), Platform(northwind)
    platform.client.raise_request_exception = False
    told: dict[int, int] = {}
    for number in range(BODIES):
        body, headers = broken(chance, number)
        answer = platform.post_bytes(body, **headers)
        assert answer.status_code in ANSWERS, (number, answer.status_code, body[:2000])
        assert isinstance(json.loads(answer.content), dict)
        told[answer.status_code] = told.get(answer.status_code, 0) + 1
    refused = sum(count for status, count in told.items() if status >= 400)
    assert refused > BODIES // 2
    assert len(told) >= 3
    assert (Conversation.objects.count() > 0) == (refused < BODIES)
