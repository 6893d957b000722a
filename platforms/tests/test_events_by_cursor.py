"""A platform reads events from wherever it stopped: the same as its webhooks are told, and none is passed by."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator, FormatChecker

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from licensees.onboarding import end, resume, suspend
from platforms.emitting import emit
from platforms.models import Event
from platforms.standing import tell_standings
from platforms.telling import body_of, with_what_is_told
from platforms.tests.acts import acted_on, asked
from review.models import Case
from scoring.api.schema import openapi
from scoring.key_providers import KeyUnavailable
from scoring.models import Participant
from scoring.tests.sending import Platform
from tests.factories import make_case

EVENTS = "/api/v1/events"


def read(platform: Platform, **asked_for: Any) -> Any:
    return platform.client.get(EVENTS, asked_for)


def some(licensee: Licensee, count: int) -> list[Event]:
    with transaction.atomic():
        return [emit(Event.Type.WEBHOOK_TEST, licensee_id=licensee.pk) for _ in range(count)]


@pytest.fixture
def event(case: Case, mara: User, monkeypatch: pytest.MonkeyPatch) -> Event:
    acted_on(case, mara)
    (event,) = asked(monkeypatch)
    return event


def test_nothing_yet(platform: Platform):
    answer = read(platform)
    assert answer.status_code == 200
    assert answer.json() == {"events": [], "cursor": "0", "has_more": False}


def test_it_says_what_a_webhook_is_told(platform: Platform, event: Event):
    (said,) = read(platform).json()["events"]
    assert said["id"] == event.public_id
    assert body_of(with_what_is_told(Event.objects.all()).get()).decode().count(said["data"]["subject"]) == 1
    assert set(said) == {"id", "type", "created_at", "data"}
    assert said["data"]["action"] == "block"


def test_page_by_page_each_event_once(platform: Platform, northwind: Licensee):
    events, seen, cursor, pages = some(northwind, 7), [], "", 0
    while True:
        answer = read(platform, limit=3, **({"after": cursor} if cursor else {})).json()
        seen += [one["id"] for one in answer["events"]]
        cursor, pages = answer["cursor"], pages + 1
        if not answer["has_more"]:
            break
    assert (seen, pages) == ([one.public_id for one in events], 3)
    assert read(platform, after=cursor).json() == {"events": [], "cursor": cursor, "has_more": False}
    (new,) = some(northwind, 1)
    assert [one["id"] for one in read(platform, after=cursor).json()["events"]] == [new.public_id]


@pytest.mark.parametrize(
    "asked_for",
    [
        {"after": "x"},
        {"after": "-1"},
        {"after": "9" * 19},
        {"after": "١"},
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "ten"},
    ],
)
def test_what_makes_no_sense_is_named(platform: Platform, asked_for: dict[str, str]):
    answer = read(platform, **asked_for)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] in ("/after", "/limit")


def test_a_key_without_the_scope_reads_nothing(northwind: Licensee, event: Event):
    platform = Platform(northwind, scopes=[ApiKey.Scope.CONVERSATIONS_READ])
    assert read(platform).status_code == 403


def test_another_licensees_platform_reads_none_of_them(other_platform: Platform, event: Event):
    assert read(other_platform).json()["events"] == []


def test_a_long_history_costs_no_more(platform: Platform, northwind: Licensee, mara: User, monkeypatch):
    """The number of questions is the same, and the index of numbers is what is looked into."""
    for number in range(3):
        acted_on(make_case(northwind, external_id=f"long{number}"), mara)
    asked(monkeypatch)
    read(platform)
    with CaptureQueriesContext(connection) as few:
        read(platform, limit=1)
    some(northwind, 300)
    with CaptureQueriesContext(connection) as many:
        assert len(read(platform, limit=200).json()["events"]) == 200
    assert len(few) == len(many)
    page = Event.objects.filter(licensee=northwind, number__gt=150).order_by("number")[:50]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    assert "event_numbered_once" in page.explain()
    assert "Sort" not in page.explain()


def test_an_account_that_was_erased_is_named_no_more(platform: Platform, event: Event):
    """As retention forgets it: an event keeps no id of the platform's beside the account itself."""
    assert "u0" not in str(list(Event.objects.values()))
    Participant.objects.filter(position=0).update(external_id_sealed=None)
    (said,) = read(platform).json()["events"]
    assert said["data"]["subject"] is None


def test_a_damaged_id_holds_up_nothing_that_comes_after(
    platform: Platform, event: Event, northwind: Licensee
):
    Participant.objects.filter(position=0).update(external_id_sealed=b"damaged beyond what can be opened")
    some(northwind, 1)
    answer = read(platform).json()
    assert [one["data"].get("subject") for one in answer["events"]] == [None, None]


def test_while_keys_are_away_it_says_so_and_passes_nothing_by(
    platform: Platform, event: Event, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as away:
        away.setattr("scoring.evidence.cipher_of", lambda _: (_ for _ in ()).throw(KeyUnavailable("away")))
        answer = read(platform)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert len(read(platform).json()["events"]) == 1


def test_the_document_shows_a_real_answer(platform: Platform, event: Event):
    """Its example has the form that it asks of answers, and so has an answer."""
    answers = openapi()["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["application/json"]
    (example,) = answers["examples"].values()
    schema = {"$ref": answers["schema"]["$ref"], "components": openapi()["components"]}
    for said in (example["value"], read(platform).json()):
        assert list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(said)) == []


# --- How a licensee stands ---------------------------------------------------------------------------


def test_a_suspension_is_told_and_its_end(platform: Platform, northwind: Licensee, adam: User):
    assert tell_standings() == 0
    suspend(licensee_id=northwind.pk, by=adam, reason="A contract ended.")
    assert (tell_standings(), tell_standings()) == (1, 0)
    resume(licensee_id=northwind.pk, by=adam, reason="It goes on.")
    assert (tell_standings(), tell_standings()) == (1, 0)
    answer = read(platform).json()
    assert [one["type"] for one in answer["events"]] == ["licensee.suspended", "licensee.resumed"]
    assert answer["events"][0]["data"] == {"licensee": "northwind"}
    assert AuditEvent.objects.filter(verb=Verb.LICENSEE_TOLD).count() == 2


def test_who_is_suspended_can_read_why_nothing_is_taken(platform: Platform, northwind: Licensee, adam: User):
    suspend(licensee_id=northwind.pk, by=adam, reason="A contract ended.")
    tell_standings()
    assert [one["type"] for one in read(platform).json()["events"]] == ["licensee.suspended"]
    assert platform.client.get("/api/v1/me").json()["state"] == "suspended"


def test_the_end_of_a_licence_is_told_by_webhook_since_its_keys_are_gone(
    platform: Platform, northwind: Licensee, adam: User
):
    suspend(licensee_id=northwind.pk, by=adam, reason="A contract ended.")
    tell_standings()
    end(licensee_id=northwind.pk, by=adam, reason="They closed their chat.")
    assert (tell_standings(), tell_standings()) == (1, 0)
    assert list(Event.objects.values_list("type", flat=True)) == ["licensee.suspended", "licensee.ended"]
    assert read(platform).status_code == 401


def test_a_licensee_that_is_not_live_yet_reads_nothing(platform: Platform, northwind: Licensee):
    Licensee.objects.filter(pk=northwind.pk).update(state=Licensee.State.AGREED)
    assert read(platform).status_code == 403
