"""What every answer carries, whoever asks for whatever: headers for the browser, and cookies."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from tests.people import PASSWORD, give_app, signed_in_client

ASKED = {
    "/sign-in": 200,
    "/queue/": 302,
    "/health": 200,
    "/nowhere": 404,
    "/api/v1/me": 401,
    "/api/v1/docs/": 200,
}
TYPES = ("text/html; charset=utf-8", "application/json", "application/problem+json")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ASKED)
def test_every_answer_says_what_a_browser_may_do_with_it(path: str) -> None:
    answer = Client().get(path, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == ASKED[path]
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == policy.pop("base-uri") == "'none'"
    assert set(policy.values()) == {"'self'"}, "from here alone, and nothing inline"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer
    assert answer["Content-Type"] in TYPES


def test_cookies_stay_on_this_site(mara: User) -> None:
    client = Client()
    client.get("/sign-in")
    client.post("/sign-in", {"username": mara.email, "password": PASSWORD})
    assert client.cookies["csrftoken"]["samesite"] == "Strict"
    session = client.cookies["sessionid"]
    assert (session["samesite"], session["httponly"]) == ("Lax", True)
    client.post("/preferences", {"theme": "dark"})
    assert client.cookies["look"]["samesite"] == "Lax"


def test_each_step_has_a_session_of_its_own(mara: User) -> None:
    give_app(mara)
    client = signed_in_client(mara)
    before = client.session.session_key
    client.post("/sign-out")
    assert client.get("/queue/").status_code == 302
    client.post("/sign-in", {"username": mara.email, "password": PASSWORD})
    half_way = client.session.session_key
    client.post("/sign-in/code", {"code": second_factor.code_now(person=mara, now=timezone.now())})
    after = client.session.session_key
    assert None not in (before, half_way, after)
    assert len({before, half_way, after}) == 3
    stale = Client()
    stale.cookies["sessionid"] = half_way
    assert stale.get("/queue/").status_code == 302
    assert client.get("/queue/").status_code == 200
