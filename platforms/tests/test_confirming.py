"""A platform says what it did: kept once, sealed where it is words, and a later word counts instead."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.append_only import AppendOnlyError
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from licensees.onboarding import suspend
from platforms.models import Confirmation, Event
from platforms.models.confirmation import LONGEST_NOTE
from platforms.tests.acts import acted_on, asked
from platforms.tests.conftest import Hook
from platforms.webhooks import send_test
from review.models import Case
from scoring.models import IdempotentRequest
from scoring.tests.sending import Platform

AT = "2026-11-22T08:06:00Z"
LATER = "2026-11-22T09:00:00+00:00"
NOTE = "Blocked on all our services, says Jo."
DONE = {"done": True, "at": AT, "note": NOTE}


@pytest.fixture
def event(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch) -> Event:
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    return event


def address(event: Event) -> str:
    return f"/api/v1/events/{event.public_id}/confirmation"


def say(platform: Platform, event: Event, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return platform.client.post(address(event), body, content_type="application/json", headers=named)


def test_what_was_done_is_kept_and_recorded(platform: Platform, event: Event, case: Case):
    answer = say(platform, event, DONE)
    assert answer.status_code == 200
    assert answer.json()["confirmation"]["done"] is True
    assert answer.json()["confirmation"]["at"] == AT
    kept = Confirmation.objects.get()
    assert (kept.done, kept.confirmed_with) == (True, platform.key)
    entry = AuditEvent.objects.get(verb=Verb.ACTION_CONFIRMED)
    assert (entry.actor, entry.case_reference) == (platform.key.actor_name, case.reference)


def test_the_note_is_sealed_and_stands_nowhere_else(
    platform: Platform, event: Event, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("DEBUG")
    answer = say(platform, event, DONE)
    kept = Confirmation.objects.get()
    assert NOTE.encode() not in bytes(kept.note_sealed) + bytes(kept.note_digest)
    assert NOTE not in answer.content.decode() + caplog.text
    assert NOTE not in str(list(AuditEvent.objects.values()))
    assert NOTE not in platform.client.get(address(event)).content.decode()


def test_the_same_again_is_the_same(platform: Platform, event: Event):
    first, second = say(platform, event, DONE), say(platform, event, DONE)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Confirmation.objects.count() == 1


def test_also_under_an_idempotency_key(platform: Platform, event: Event):
    first = say(platform, event, DONE, Idempotency_Key="k1")
    second = say(platform, event, DONE, Idempotency_Key="k1")
    assert first.json() == second.json()
    assert second["Idempotent-Replay"] == "true"
    assert say(platform, event, {"done": False, "at": AT}, Idempotency_Key="k1").status_code == 422
    assert (Confirmation.objects.count(), IdempotentRequest.objects.count()) == (1, 1)


def test_a_later_word_counts_instead_and_an_earlier_one_stays(platform: Platform, event: Event):
    say(platform, event, {"done": False, "at": AT})
    assert say(platform, event, {"done": True, "at": LATER}).status_code == 200
    known = platform.client.get(address(event)).json()["confirmations"]
    assert [one["done"] for one in known] == [False, True]


@pytest.mark.parametrize(
    "late",
    [
        {"done": False, "at": AT},
        {"done": True, "at": "2026-11-22T07:00:00Z"},
        DONE | {"note": "Other words."},
    ],
)
def test_what_comes_late_or_contradicts_is_a_conflict(platform: Platform, event: Event, late: dict[str, Any]):
    say(platform, event, DONE)
    answer = say(platform, event, late)
    assert (answer.status_code, Confirmation.objects.count()) == (409, 1)
    assert "is confirmed already" in answer.json()["detail"]


def test_a_repetition_that_comes_late_stays_what_it_was(platform: Platform, event: Event):
    say(platform, event, {"done": False, "at": AT})
    say(platform, event, {"done": True, "at": LATER})
    assert say(platform, event, {"done": False, "at": AT}).status_code == 200
    assert Confirmation.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/done"),
        ({"done": "yes", "at": AT}, "/done"),
        ({"done": 1, "at": AT}, "/done"),
        ({"done": True}, "/at"),
        ({"done": True, "at": "yesterday"}, "/at"),
        ({"done": True, "at": "2026-11-22T08:06:00"}, "/at"),
        ({"done": True, "at": AT, "note": 7}, "/note"),
        ({"done": True, "at": AT, "note": "x" * (LONGEST_NOTE + 1)}, "/note"),
        ({"done": True, "at": AT, "note": "a\x00b"}, "/note"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_named(platform: Platform, event: Event, body: Any, pointer: str):
    answer = say(platform, event, body)
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert not Confirmation.objects.exists()


def test_the_future_is_refused(platform: Platform, event: Event):
    answer = say(platform, event, {"done": True, "at": "2126-11-22T08:06:00Z"})
    assert answer.status_code == 409 and "future" in answer.json()["detail"]


def test_an_event_that_asks_for_nothing_is_not_confirmed(platform: Platform, hook: Hook, adam: User):
    event = send_test(webhook_id=hook.webhook.pk, by=adam)
    assert say(platform, event, DONE).status_code == 409


def test_another_licensee_neither_confirms_nor_learns_that_it_exists(other_platform: Platform, event: Event):
    for answer in (say(other_platform, event, DONE), other_platform.client.get(address(event))):
        none = other_platform.client.get("/api/v1/events/evt_none/confirmation")
        assert answer.status_code == none.status_code == 404
        assert answer.json()["detail"] == none.json()["detail"]
    assert not Confirmation.objects.exists()


def test_a_key_without_the_scope_confirms_nothing(northwind: Licensee, event: Event):
    platform = Platform(northwind, scopes=[ApiKey.Scope.CONVERSATIONS_WRITE])
    assert say(platform, event, DONE).status_code == 403


def test_a_suspended_licensees_platform_still_says_what_it_did(
    platform: Platform, event: Event, northwind: Licensee, adam: User
):
    suspend(licensee_id=northwind.pk, by=adam, reason="A contract ended.")
    assert say(platform, event, DONE).status_code == 200


def test_a_row_is_written_once(platform: Platform, event: Event):
    say(platform, event, DONE)
    kept = Confirmation.objects.get()
    with pytest.raises(AppendOnlyError):
        kept.save()
    with pytest.raises(AppendOnlyError):
        Confirmation.objects.update(done=False)


# --- On the case --------------------------------------------------------------------------------------


def panel(browser: Client, case: Case, **asked_for: str) -> Any:
    return browser.get(
        reverse("platforms:panel", args=[case.reference]), asked_for, headers={"HX-Request": "true"}
    )


def test_the_case_shows_it_step_by_step(
    case: Case, mara: User, platform: Platform, browser_of: Any, monkeypatch: pytest.MonkeyPatch
):
    browser = browser_of(mara)
    assert "hidden" in panel(browser, case).content.decode()
    acted_on(case, mara)
    assert "not asked yet" in panel(browser, case).content.decode()
    (event,) = asked(monkeypatch)
    page = panel(browser, case).content.decode()
    assert "Block Account A" in page and ">requested<" in page.replace("\n", "")
    say(platform, event, DONE)
    page = panel(browser, case).content.decode()
    assert "confirmed" in page and "The platform did it" in page
    assert NOTE not in page and "with a note for supervisors" in page


def test_the_page_hears_when_something_was_added(
    case: Case, mara: User, platform: Platform, browser_of: Any, event: Event
):
    browser = browser_of(mara)
    first = panel(browser, case)
    seen = first.content.decode().split("?seen=")[1].split('"')[0]
    assert "HX-Trigger" not in first and "HX-Trigger" not in panel(browser, case, seen=seen)
    say(platform, event, DONE)
    assert panel(browser, case, seen=seen)["HX-Trigger"] == "platform-changed"
    history = browser.get(reverse("review:history", args=[case.reference]), headers={"HX-Request": "true"})
    assert "The platform</b> answered what was asked of it: done" in history.content.decode()


def test_a_supervisor_reads_the_note_and_that_is_recorded(
    case: Case, otto: User, mara: User, platform: Platform, browser_of: Any, event: Event
):
    say(platform, event, DONE)
    kept = Confirmation.objects.get()
    url = reverse("platforms:note", args=[case.reference, kept.pk])
    assert url in panel(browser_of(otto), case).content.decode()
    assert NOTE in browser_of(otto).get(url).content.decode()
    entry = AuditEvent.objects.filter(verb=Verb.EVIDENCE_VIEWED).latest("at")
    assert (entry.actor, entry.payload) == (otto.actor_name, {"platform_notes": [kept.pk]})
    assert browser_of(mara).get(url).status_code == 409


def test_a_note_is_escaped(case: Case, otto: User, platform: Platform, browser_of: Any, event: Event):
    say(platform, event, DONE | {"note": "<script>alert(1)</script>"})
    url = reverse("platforms:note", args=[case.reference, Confirmation.objects.get().pk])
    page = browser_of(otto).get(url).content.decode()
    assert "&lt;script&gt;" in page and "<script>alert" not in page


def test_nobody_else_sees_the_panel(case: Case, kai: User, adam: User, june: User, browser_of: Any):
    for person in (kai, adam, june):
        assert panel(browser_of(person), case).status_code == 403
    # A page that stays open is told to stop asking.
    assert panel(browser_of(kai), case, seen="x").status_code == 286


def test_without_javascript_it_is_a_page(case: Case, mara: User, browser_of: Any, event: Event):
    page = browser_of(mara).get(reverse("platforms:panel", args=[case.reference])).content.decode()
    assert "<html" in page and "Block Account A" in page


def test_after_an_erasure_the_words_are_gone_and_the_word_stays(
    case: Case, event: Event, platform: Platform, otto: User
):
    say(platform, event, DONE)
    key = case.conversation.data_key
    type(key).objects.filter(pk=key.pk).update(wrapped=None, destroyed_at="2026-11-23T00:00:00Z")
    assert say(platform, event, {"done": False, "at": LATER, "note": "More words."}).status_code == 200
    assert Confirmation.objects.latest("pk").note_sealed is None
