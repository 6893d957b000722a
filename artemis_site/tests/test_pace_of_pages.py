"""Nobody reads hundreds of pages a minute: whoever took over a session is slowed down, and stands in the trail."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees import rate_limits
from review.models import Case
from review.queue import claim

BrowserOf = Callable[[User], Client]
NOON = 1_790_000_000 - 1_790_000_000 % 60 + 12.0


@pytest.fixture(autouse=True)
def within_a_minute(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    monkeypatch.setattr(rate_limits.time, "time", lambda: NOON)
    rate_limits.redis_in_haste().flushdb()
    yield
    rate_limits.redis_in_haste.cache_clear()


def refused() -> list[str]:
    entries = AuditEvent.objects.filter(verb=Verb.ATTEMPT_REFUSED, payload__status=429)
    return list(entries.values_list("actor", flat=True))


def test_a_person_is_told_to_wait_and_is_recorded_once(
    browser_of: BrowserOf, mara: User, otto: User, settings
):
    settings.ARTEMIS_PERSON_PAGES = 3
    browser = browser_of(mara)
    answers = [browser.get("/queue/") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 3
    assert answers[-1]["Retry-After"] == "48"
    assert "Wait 48 seconds; nothing was done." in answers[-1].content.decode()
    assert refused() == [f"person:{mara.pk}"]
    assert browser_of(otto).get("/queue/").status_code == 200, "each has a pace of their own"


def test_an_act_that_came_too_fast_is_not_done_and_what_was_typed_is_kept(
    browser_of: BrowserOf, case: Case, mara: User, settings
):
    claim(case_id=case.pk, by=mara)
    settings.ARTEMIS_PERSON_PAGES = 1
    browser = browser_of(mara)
    browser.get("/queue/")
    answer = browser.post(
        f"/cases/{case.reference}/decide",
        {"disposition": "no_action", "reason": "peers", "note": "They plan a chess evening."},
    )
    assert answer.status_code == 429
    assert "They plan a chess evening." in answer.content.decode()
    assert not case.decisions.exists()


def test_pages_that_are_open_to_everybody_have_a_pace_by_address(client: Client, settings):
    settings.ARTEMIS_ADDRESS_PAGES = 2
    answers = [client.get("/sign-in") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert client.get("/sign-in", REMOTE_ADDR="192.0.2.7").status_code == 200
    assert refused() == ["machine:nobody"]


def test_without_redis_everybody_works(browser_of: BrowserOf, mara: User, settings):
    settings.ARTEMIS_PERSON_PAGES = 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    rate_limits.redis_in_haste.cache_clear()
    browser = browser_of(mara)
    assert {browser.get("/queue/").status_code for _ in range(3)} == {200}
