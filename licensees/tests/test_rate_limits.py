"""How often a key may call: counted by the minute in a real Redis, told in words, and never in the way of evidence."""

from collections.abc import Iterator

import pytest
from django.test import Client

from licensees import rate_limits
from licensees.models import Licensee
from licensees.onboarding import issue_key
from tests.people import TESTS

ME = "/api/v1/me"
# As it is within a minute: a test that crosses one would count anew.
NOON = 1_790_000_000 - 1_790_000_000 % 60 + 12.0


@pytest.fixture(autouse=True)
def within_a_minute(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(rate_limits.time, "time", lambda: NOON)
    rate_limits.redis_in_haste().flushdb()
    yield
    rate_limits.redis_in_haste.cache_clear()


def platform(licensee: Licensee) -> Client:
    _, secret = issue_key(licensee=licensee, label="tests", scopes=[], by=TESTS)
    return Client(headers={"Authorization": f"Bearer {secret}"})


def wrong(address: str) -> Client:
    headers = {"Authorization": "Bearer artemis_live_000000000000_" + "x" * 43}
    return Client(headers=headers, REMOTE_ADDR=address)


def test_a_key_that_calls_too_often_is_told_how_long_to_wait(northwind: Licensee, settings) -> None:
    settings.ARTEMIS_KEY_CALLS = 3
    one, other = platform(northwind), platform(northwind)
    said = [one.get(ME) for _ in range(4)]
    assert [answer.status_code for answer in said] == [200, 200, 200, 429]
    assert said[-1]["Content-Type"] == "application/problem+json"
    assert said[-1]["Retry-After"] == "48"
    assert "more than 3 times in a minute" in said[-1].json()["detail"]
    assert other.get(ME).status_code == 200, "each key has a pace of its own"
    assert said[0].json()["limits"]["calls_a_minute"] == 3


def test_the_next_minute_begins_anew(northwind: Licensee, settings, monkeypatch) -> None:
    settings.ARTEMIS_KEY_CALLS = 1
    client = platform(northwind)
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(rate_limits.time, "time", lambda: NOON + 60)
    assert client.get(ME).status_code == 200


def test_guessing_keys_is_slowed_down_where_it_comes_from(northwind: Licensee, settings) -> None:
    settings.ARTEMIS_WRONG_KEYS = 3
    said = [wrong("192.0.2.1").get(ME).status_code for _ in range(5)]
    assert said == [401, 401, 401, 429, 429]
    assert wrong("192.0.2.2").get(ME).status_code == 401
    assert platform(northwind).get(ME).status_code == 200, "who holds a key elsewhere is not touched"


def test_a_valid_key_is_no_guess(northwind: Licensee, settings) -> None:
    settings.ARTEMIS_WRONG_KEYS = 2
    client = platform(northwind)
    assert [client.get(ME).status_code for _ in range(6)] == [200] * 6


def test_nought_is_no_limit(northwind: Licensee, settings) -> None:
    settings.ARTEMIS_KEY_CALLS = settings.ARTEMIS_WRONG_KEYS = 0
    client = platform(northwind)
    assert {client.get(ME).status_code for _ in range(5)} == {200}
    assert {wrong("192.0.2.1").get(ME).status_code for _ in range(5)} == {401}


def test_without_redis_everybody_is_let_through(northwind: Licensee, settings, tmp_path, caplog) -> None:
    settings.ARTEMIS_KEY_CALLS = settings.ARTEMIS_WRONG_KEYS = 1
    settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens.sock"
    rate_limits.redis_in_haste.cache_clear()
    client = platform(northwind)
    assert [client.get(ME).status_code for _ in range(3)] == [200] * 3
    assert [wrong("192.0.2.1").get(ME).status_code for _ in range(3)] == [401] * 3
    assert "pace not counted" in caplog.text


def test_neither_keys_nor_addresses_are_in_redis(northwind: Licensee, settings) -> None:
    wrong("192.0.2.77").get(ME)
    platform(northwind).get(ME)
    names = b" ".join(rate_limits.redis_in_haste().keys())
    assert names.count(b"artemis:pace:") == 2
    assert b"192.0.2" not in names
    assert all(0 < rate_limits.redis_in_haste().ttl(name) <= 2 * rate_limits.MINUTE for name in names.split())
