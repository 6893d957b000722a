"""Keys that end, rotate, come from listed networks, and sign each call where their platform wants it."""

import re
import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee, SignedCall
from licensees.onboarding import issue_key, rotate_key, sign_calls_of
from licensees.signed_calls import signature_of

pytestmark = pytest.mark.django_db
ISSUE = "/licensees/northwind/keys/new"
FORM = {"label": "Chat servers", "scopes": ["conversations:read", "conversations:write"]}
ME = "/api/v1/me"
BODY = b'{"conversations": []}'


class Platform:
    """Calls with a key, signed as told."""

    def __init__(self, licensee: Licensee, adam: User) -> None:
        scopes = list(ApiKey.Scope.values)
        self.key, self.secret = issue_key(licensee=licensee, label="Chat", scopes=scopes, by=adam)
        self.signing = sign_calls_of(key=self.key, by=adam)
        self.key.refresh_from_db()

    def headers(self, **changed: Any) -> dict[str, str]:
        given = {
            "call_id": secrets.token_hex(8),
            "stamp": str(int(timezone.now().timestamp())),
            "target": f"GET {ME}",
            "body": b"",
            **changed,
        }
        signature = signature_of(self.key.signing_secret(), **given)
        return {
            "Authorization": f"Bearer {self.secret}",
            "webhook-id": given["call_id"],
            "webhook-timestamp": given["stamp"],
            "webhook-signature": signature,
        }

    def get(self, headers: dict[str, str]) -> HttpResponse:
        return Client().get(ME, headers=headers)


@pytest.fixture
def platform(northwind: Licensee, adam: User) -> Platform:
    return Platform(northwind, adam)


def test_a_signed_call_is_taken_and_so_is_its_body(platform: Platform) -> None:
    assert platform.get(platform.headers()).status_code == 200
    path = "/api/v1/conversations"
    headers = platform.headers(target=f"POST {path}", body=BODY)
    answer = Client().post(path, BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 422, "it was read: a call without conversations is no valid one"


def test_an_unsigned_call_is_refused_and_told_how(platform: Platform) -> None:
    answer = platform.get({"Authorization": f"Bearer {platform.secret}"})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert "send webhook-id, webhook-timestamp and webhook-signature" in answer.json()["detail"]
    platform.key.refresh_from_db()
    assert platform.key.last_used_at is None


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_stale_call_is_refused(platform: Platform, minutes: int) -> None:
    stamp = str(int((timezone.now() + timedelta(minutes=minutes)).timestamp()))
    answer = platform.get(platform.headers(stamp=stamp))
    assert (answer.status_code, "five minutes off" in answer.json()["detail"]) == (401, True)


@pytest.mark.parametrize("stamp", ["soon", "-5", "1" * 13, "٣"])
def test_what_is_no_time_is_refused(platform: Platform, stamp: str) -> None:
    headers = platform.headers() | {"webhook-timestamp": stamp}
    assert (
        Client().get(ME, **{f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}).status_code
        == 401
    )


def test_a_repeated_call_is_refused_and_one_of_its_own_is_not(platform: Platform) -> None:
    headers = platform.headers()
    assert platform.get(headers).status_code == 200
    again = platform.get(headers)
    assert (again.status_code, "was taken already" in again.json()["detail"]) == (401, True)
    assert platform.get(platform.headers()).status_code == 200


@pytest.mark.parametrize(
    "signed",
    [{"target": "POST /api/v1/me"}, {"target": "GET /api/v1/conversations"}, {"body": b"x"}],
    ids=["another method", "another path", "another body"],
)
def test_a_signature_fits_one_call(platform: Platform, signed: dict[str, Any]) -> None:
    answer = platform.get(platform.headers(**signed))
    assert (answer.status_code, "does not fit this call" in answer.json()["detail"]) == (401, True)
    assert not SignedCall.objects.exists()


def test_another_keys_signature_fits_nothing(platform: Platform, northwind: Licensee, adam: User) -> None:
    other = Platform(northwind, adam).headers()
    assert platform.get(other | {"Authorization": f"Bearer {platform.secret}"}).status_code == 401


def test_one_of_several_signatures_is_enough(platform: Platform) -> None:
    headers = platform.headers()
    headers["webhook-signature"] = f"v1a,AAAA v1,BBBB {headers['webhook-signature']}"
    assert platform.get(headers).status_code == 200


def test_the_signing_secret_is_shown_once_and_sealed(adams_browser: Client, northwind: Licensee) -> None:
    page = adams_browser.post(ISSUE, FORM | {"is_signed": "on"}).content.decode()
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", page))
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM licensees_apikey k")
        ((row,),) = cursor.fetchall()
    assert secret not in row and secret.encode().hex() not in row
    assert "whsec_" not in adams_browser.get("/licensees/northwind/").content.decode()
    assert secret not in " ".join(AuditEvent.objects.values_list("entry", flat=True))
    assert AuditEvent.objects.filter(verb=Verb.KEY_SIGNING_ASKED).count() == 1


# --- An end, networks, rotation -----------------------------------------------------------------------


def test_a_key_ends_after_a_year_unless_said_otherwise(adams_browser: Client, northwind: Licensee) -> None:
    adams_browser.post(ISSUE, FORM)
    (key,) = ApiKey.objects.all()
    assert key.expires_at is not None
    assert abs(key.expires_at - timezone.now() - timedelta(days=365)) < timedelta(minutes=1)
    assert not key.ends_soon
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=29))
    assert ApiKey.objects.get().ends_soon
    assert "soon" in adams_browser.get("/licensees/northwind/").content.decode()
    assert adams_browser.post(ISSUE, FORM | {"days": "731"}).status_code == 422


def test_a_key_comes_from_the_networks_that_are_listed(adams_browser: Client, northwind: Licensee) -> None:
    page = adams_browser.post(ISSUE, FORM | {"networks": "192.0.2.0/24\r\n2001:db8::/48, 198.51.100.7"})
    (secret,) = set(re.findall(r"artemis_live_[0-9a-f]{12}_[\w-]{43}", page.content.decode()))
    came = {
        address: Client(REMOTE_ADDR=address).get(ME, HTTP_AUTHORIZATION=f"Bearer {secret}").status_code
        for address in ("192.0.2.9", "198.51.100.7", "2001:db8::5", "198.51.100.8", "2001:db9::5", "nowhere")
    }
    assert list(came.values()) == [200, 200, 200, 403, 403, 403], came


@pytest.mark.parametrize("networks", ["192.0.2.1/24", "everywhere", "192.0.2.0/33"])
def test_what_is_no_network_is_said(adams_browser: Client, northwind: Licensee, networks: str) -> None:
    answer = adams_browser.post(ISSUE, FORM | {"networks": networks})
    assert answer.status_code == 422
    assert f"“{networks}” is no network" in answer.context["form"].errors["networks"][0]
    assert not ApiKey.objects.exists()


def test_a_rotated_key_lives_a_week_beside_the_new_one(
    adams_browser: Client, northwind: Licensee, adam: User
) -> None:
    old, old_secret = issue_key(
        licensee=northwind, label="Chat", scopes=["conversations:read"], by=adam, networks=["127.0.0.0/8"]
    )
    address = f"/licensees/northwind/keys/{old.pk}/rotate"
    assert "A new key for “Chat”" in adams_browser.get(address).content.decode()
    page = adams_browser.post(address).content.decode()
    (new_secret,) = set(re.findall(r"artemis_live_[0-9a-f]{12}_[\w-]{43}", page))
    new = ApiKey.objects.get(replaces=old)
    assert (new.scopes, new.allowed_networks) == (old.scopes, old.allowed_networks)
    old.refresh_from_db()
    assert old.expires_at is not None
    assert old.expires_at - timezone.now() < timedelta(days=7)
    for secret in (old_secret, new_secret):
        assert Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 200
    with pytest.raises(NotPossible, match="has a key that takes its place"):
        rotate_key(key_id=old.pk, by=adam)
    assert "Rotate…" in adams_browser.get("/licensees/northwind/").content.decode()
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert Client().get(ME, HTTP_AUTHORIZATION=f"Bearer {old_secret}").status_code == 401
    event = AuditEvent.objects.filter(verb=Verb.KEY_ISSUED).latest("at")
    assert event.payload["replaces"] == old.pk
