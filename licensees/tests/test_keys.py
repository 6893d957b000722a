"""API keys: the secret is shown once and stands nowhere else; a revoked key opens nothing."""

import hashlib
import json
import logging
import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from audit.models import AuditEvent
from audit.verbs import Verb
from licensees.authentication import ApiKeyAuthentication
from licensees.models import ApiKey, Licensee
from licensees.onboarding import issue_key

pytestmark = pytest.mark.django_db
ISSUE = "/licensees/northwind/keys/new"
FORM = {"label": "Chat servers", "scopes": ["conversations:write"]}


@pytest.fixture
def key(northwind: Licensee, adam: User) -> ApiKey:
    return issue_key(
        licensee=northwind, label="Old", scopes=["conversations:read"], by=adam, created_by=adam
    )[0]


def shown_secret(page: str) -> str:
    found = set(re.findall(r"artemis_live_[0-9a-f]{12}_[\w-]{43}", page))
    assert len(found) == 1
    return found.pop()


def authenticate(secret: str) -> ApiKey:
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    return ApiKeyAuthentication().authenticate(Request(request))[1]


def every_stored_text() -> str:
    """All rows of all tables, as the database would print them."""
    with connection.cursor() as cursor:
        return "\n".join(
            str(row) for table in connection.introspection.table_names(cursor) for row in rows_of(table)
        )


def rows_of(table: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")  # noqa: S608
        return cursor.fetchall()


def test_the_answer_shows_the_key_and_it_works(adams_browser: Client, northwind: Licensee) -> None:
    answer = adams_browser.post(ISSUE, FORM)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    key = authenticate(shown_secret(answer.content.decode()))
    assert (key.licensee, key.label, key.scopes) == (northwind, "Chat servers", ["conversations:write"])


def test_the_secret_is_kept_nowhere(
    adams_browser: Client, northwind: Licensee, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        secret = shown_secret(adams_browser.post(ISSUE, FORM).content.decode())
    private = secret[len("artemis_live_123456789012_") :]
    stored, sessions = every_stored_text(), [session.get_decoded() for session in Session.objects.all()]
    assert "Chat servers" in stored
    assert private not in stored
    assert private not in json.dumps(sessions)
    assert private not in caplog.text
    assert private not in str(adams_browser.cookies)
    assert private not in adams_browser.get("/licensees/northwind/").content.decode()
    digest = bytes(ApiKey.objects.get().secret_digest)
    assert digest == hashlib.sha256(private.encode()).digest()


def test_issuing_is_recorded_without_the_secret(
    adams_browser: Client, adam: User, northwind: Licensee
) -> None:
    adams_browser.post(ISSUE, FORM)
    event = AuditEvent.objects.get(verb=Verb.KEY_ISSUED)
    key = ApiKey.objects.get()
    assert (event.actor, event.licensee_id, event.object_id) == (adam.actor_name, northwind.pk, str(key.pk))
    assert key.expires_at is not None
    until = key.expires_at.isoformat()
    assert event.payload == {"prefix": key.prefix, "scopes": ["conversations:write"], "until": until}


def test_a_key_that_opens_nothing_is_not_issued(adams_browser: Client, northwind: Licensee) -> None:
    answer = adams_browser.post(ISSUE, {"label": "Chat servers"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["scopes"] == [
        "Choose at least one: a key without any opens nothing."
    ]
    assert not ApiKey.objects.exists()


def test_revoking_asks_first(adams_browser: Client, key: ApiKey) -> None:
    page = adams_browser.get(f"/licensees/northwind/keys/{key.pk}/revoke").content.decode()
    assert "Revoke “Old”?" in page
    key.refresh_from_db()
    assert key.is_live


def test_a_revoked_key_opens_nothing(adams_browser: Client, adam: User, northwind: Licensee) -> None:
    key, secret = issue_key(licensee=northwind, label="Old", scopes=[], by=adam)
    adams_browser.post(f"/licensees/northwind/keys/{key.pk}/revoke")
    with pytest.raises(AuthenticationFailed) as refusal:
        authenticate(secret)
    assert str(refusal.value) == "This API key was revoked or has expired. Ask an admin for a new one."
    assert AuditEvent.objects.get(verb=Verb.KEY_REVOKED).object_id == str(key.pk)


def test_a_key_is_revoked_once(adams_browser: Client, key: ApiKey) -> None:
    address = f"/licensees/northwind/keys/{key.pk}/revoke"
    adams_browser.post(address)
    again = adams_browser.post(address)
    assert again.status_code == 409
    assert "This key was already revoked on" in again.content.decode()
    assert AuditEvent.objects.filter(verb=Verb.KEY_REVOKED).count() == 1


def test_a_key_is_not_found_under_another_licensee(
    adams_browser: Client, key: ApiKey, lakeside: Licensee
) -> None:
    assert adams_browser.post(f"/licensees/lakeside/keys/{key.pk}/revoke").status_code == 404
    key.refresh_from_db()
    assert key.is_live
