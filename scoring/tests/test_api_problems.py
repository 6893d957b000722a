"""Whatever goes wrong is answered as problem details, and what was refused to a known key is recorded."""

import gzip
import json
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee
from licensees.onboarding import suspend
from scoring.tests.sending import CONVERSATIONS, Platform, conversation, everything

WRITE, READ = ApiKey.Scope.CONVERSATIONS_WRITE.value, ApiKey.Scope.CONVERSATIONS_READ.value
GOOD = json.dumps({"conversations": [conversation()]}).encode()


def problem_of(answer, status: int, kind: str = "about:blank") -> dict:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-Id"]
    body = answer.json()
    assert body["status"] == status
    assert body["type"] == kind
    assert body["title"]
    return body


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            b"{",
            "This is not valid JSON: line 1, column 2: Expecting property name enclosed in double quotes.",
        ),
        (b'{"a": NaN}', "NaN and Infinity are not JSON numbers."),
        (b'{"a": -Infinity}', "NaN and Infinity are not JSON numbers."),
        (b'{"a": 1, "a": 2}', "An object of this JSON has the same key twice."),
        (b'{"a": "\xff"}', "This is not UTF-8, from byte 7 on."),
        (b"[" * 33 + b"]" * 33, "This JSON is nested more than 32 levels deep."),
        (b"[" * 1_000_000, "This JSON is nested more than 32 levels deep."),
        (b"1" * 5000, "This JSON holds a number that is too long."),
        (GOOD.decode().encode("utf-16"), "This is not UTF-8, from byte 0 on."),
    ],
)
def test_a_body_that_is_not_strict_json(platform: Platform, body: bytes, detail: str):
    before = everything()
    assert problem_of(platform.post_bytes(body), 400)["detail"] == detail
    assert everything() == before


def test_brackets_in_strings_are_no_nesting(platform: Platform):
    text = json.dumps({"note": '[{"\\' * 100, "conversations": [conversation()]}).encode()
    assert platform.post_bytes(text).status_code == 202


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (GOOD, "The body is not gzip, although Content-Encoding says so, or it broke off."),
        (
            gzip.compress(GOOD)[:-9],
            "The body is not gzip, although Content-Encoding says so, or it broke off.",
        ),
        (gzip.compress(GOOD) * 2, "The gzip body goes on after its end. Send one gzip member."),
    ],
)
def test_a_body_that_is_not_gzip(platform: Platform, body: bytes, detail: str):
    before = everything()
    assert problem_of(platform.post_bytes(body, content_encoding="gzip"), 400)["detail"] == detail
    assert everything() == before


def test_an_empty_body(platform: Platform):
    assert problem_of(platform.post_bytes(b""), 422)["errors"][0]["pointer"] == "/conversations"


def test_a_body_in_chunks(platform: Platform):
    problem_of(platform.post_bytes(b"", transfer_encoding="chunked"), 411)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/plain", ""),
        ("multipart/form-data; boundary=x", ""),
        ("application/json; charset=latin-1", ""),
        ("application/json", "br"),
        ("application/json", "gzip, gzip"),
    ],
)
def test_what_is_not_json_in_utf8(platform: Platform, content_type: str, encoding: str):
    before = everything()
    problem_of(platform.post_bytes(GOOD, content_type=content_type, content_encoding=encoding), 415)
    assert everything() == before


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_what_is_json_in_utf8(platform: Platform, content_type: str):
    assert platform.post_bytes(GOOD, content_type=content_type).status_code == 202


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ({}, "No API key was sent."),
        ({"Authorization": "Basic abc"}, "No API key was sent."),
        ({"Authorization": "Bearer artemis_live_000000000000_secret"}, "This API key is not known."),
        ({"Authorization": "Bearer \xff"}, "This API key is not known."),
    ],
)
@pytest.mark.parametrize("address", [CONVERSATIONS, f"{CONVERSATIONS}/c1", "/api/v1/me"])
def test_nobody_gets_in_without_a_key(db, address: str, header: dict, detail: str):
    client = Client(headers=header)
    answers = (
        [client.get(address)] if address != CONVERSATIONS else [client.get(address), client.post(address)]
    )
    for answer in answers:
        assert problem_of(answer, 401)["detail"].startswith(detail)
        assert answer["WWW-Authenticate"] == 'Bearer realm="artemis"'


def test_a_person_signed_in_is_not_a_platform(browser_of, adam):
    problem_of(browser_of(adam).get("/api/v1/me"), 401)


@pytest.mark.parametrize(
    ("scope", "method", "address"),
    [
        (READ, "POST", CONVERSATIONS),
        (WRITE, "GET", f"{CONVERSATIONS}/c1"),
    ],
)
def test_a_scope_that_the_key_lacks_is_refused_and_recorded(
    northwind: Licensee, platform: Platform, scope: str, method: str, address: str
):
    platform.send(conversation())
    lacking = Platform(northwind, scopes=[scope])
    before = everything()

    answer = lacking.client.generic(method, address, GOOD, content_type="application/json")

    detail = problem_of(answer, 403)["detail"]
    assert detail.startswith("This key lacks the scope “conversations:")
    assert everything()[:-1] == before[:-1]
    entry = AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED)
    assert (entry.actor, entry.licensee_id, entry.reason) == (
        f"key:{lacking.key.pk}",
        northwind.pk,
        detail,
    )
    assert entry.payload["status"] == 403
    assert entry.payload["view"].startswith("scoring_api:conversation")


def test_a_look_at_the_headers_needs_the_scope_too(northwind: Licensee):
    lacking = Platform(northwind, scopes=[WRITE])
    lacking.send(conversation())
    assert lacking.client.head(f"{CONVERSATIONS}/c1").status_code == 403


def test_a_suspended_licensee_is_refused_and_recorded(northwind: Licensee, platform: Platform, otto):
    suspend(licensee_id=northwind.pk, by=otto, reason="Contract ended")
    before = everything()

    kind = "urn:artemis:problem:licensee-not-accepting"
    detail = problem_of(platform.send(conversation()), 403, kind)["detail"]

    assert detail == "This licensee is suspended: nothing is accepted. Ask the operator why."
    assert everything()[:-1] == before[:-1]
    assert AuditEvent.objects.get(verb=Verb.ATTEMPT_REFUSED).reason == detail


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/api/v1/", "/api/v2/me"])
def test_an_address_that_does_not_exist(platform: Platform, address: str):
    problem_of(platform.client.get(address), 404)


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("get", CONVERSATIONS, "POST"),
        ("put", CONVERSATIONS, "POST"),
        ("delete", CONVERSATIONS, "POST"),
        ("put", f"{CONVERSATIONS}/c1", "GET, HEAD, DELETE"),
        ("options", "/api/v1/me", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_allowed(platform: Platform, method: str, address: str, allowed: str):
    answer = getattr(platform.client, method)(address)
    problem_of(answer, 405)
    assert answer["Allow"] == allowed


def test_an_answer_that_is_not_json_is_not_on_offer(platform: Platform):
    problem_of(platform.client.get("/api/v1/me", headers={"Accept": "text/html"}), 406)


def test_what_a_key_may_do(platform: Platform):
    answer = platform.client.get("/api/v1/me")

    assert answer.status_code == 200
    ends_at = datetime.fromisoformat(answer.json()["expires_at"])
    assert timedelta(days=364) < ends_at - timezone.now() < timedelta(days=366)
    assert answer.json() | {"expires_at": None} == {
        "licensee": {"slug": "northwind", "name": "Northwind"},
        "scopes": [scope.value for scope in ApiKey.Scope],
        "mode": "live",
        "state": "live",
        "refused": "",
        "expires_at": None,
        "signed": False,
        "limits": {
            "calls_a_minute": 100_000,
            "conversations_a_call": 500,
            "messages_a_conversation_a_call": 10_000,
            "participants_a_conversation_a_call": 1_000,
            "bytes_a_body": 20_971_520,
            "bytes_a_text": 8_192,
            "characters_an_id": 200,
        },
        "threshold": 0.7,
    }
