"""What a stranger may poke at, and what an installation behind HTTPS promises."""

import json
import logging
import os
import subprocess
import sys
from typing import Any, Never

import pytest
import structlog
from django.core.management import call_command
from django.test import Client

from accounts import second_factor
from accounts.models import User
from tests.machinery import REPOSITORY
from tests.people import PASSWORD, give_app, signed_in_client

PLANTED = "a sentence that nobody may read"
LOADED = """
import json
from artemis_site import settings as s
print(json.dumps({name: getattr(s, name) for name in dir(s) if name.isupper() and "SECURE" in name}))
"""


def settings_behind(*, https: str) -> dict[str, Any]:
    environment = {**os.environ, "ARTEMIS_HTTPS": https}
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_behind_https_cookies_and_pages_stay_there() -> None:
    loaded = settings_behind(https="on")
    assert loaded["SESSION_COOKIE_SECURE"] and loaded["CSRF_COOKIE_SECURE"] and loaded["SECURE_SSL_REDIRECT"]
    assert loaded["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert loaded["SECURE_HSTS_INCLUDE_SUBDOMAINS"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/.git/config", "/static/", "/static/css/", "/static/../manage.py", "/admin/"]
)
def test_neither_folders_nor_the_source_are_served(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in", "/health", "/queue/", "/api/v1/me"])
def test_trace_answers_nothing_of_what_was_sent(path: str) -> None:
    answer = Client().trace(path, headers={"X-Planted": PLANTED})
    assert answer.status_code != 200
    assert PLANTED not in answer.content.decode()


@pytest.mark.django_db
def test_a_page_that_breaks_says_nothing_of_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("artemis_site.views.samples", broken_aloud)
    client = Client(raise_request_exception=False)
    answer = client.get("/styleguide/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something broke here" in page
    assert not any(word in page for word in (PLANTED, "RuntimeError", "Traceback", "samples"))


def broken_aloud() -> Never:
    raise RuntimeError(PLANTED)


def broken() -> Never:
    local = PLANTED
    raise RuntimeError(len(local))


def test_an_error_is_one_line_of_json_without_what_was_in_variables() -> None:
    (formatter,) = {
        handler.formatter
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    }
    try:
        broken()
    except RuntimeError:
        record = logging.LogRecord("t", logging.ERROR, __file__, 1, "one\ntwo %s", ('"}',), sys.exc_info())
    line = formatter.format(record)
    assert "\n" not in line
    read = json.loads(line)
    assert read["event"] == 'one\ntwo "}'
    assert read["level"] == "error"
    assert read["timestamp"].endswith("Z")
    assert "RuntimeError" in read["exception"]
    assert PLANTED not in line


@pytest.mark.django_db
def test_a_password_is_hidden_and_may_come_from_a_manager() -> None:
    page = Client().get("/sign-in").content.decode()
    (field,) = [part for part in page.split("<") if part.startswith("input") and 'name="password"' in part]
    assert 'type="password"' in field and 'autocomplete="current-password"' in field
    assert not any(word in field for word in ("maxlength", "onpaste", "pattern"))


def test_a_password_is_taken_as_it_was_typed_however_long(mara: User) -> None:
    long = " " + "Ärger, ß & 字 " * 8
    mara.set_password(long)
    mara.save()
    assert mara.password.startswith("scrypt$")
    for typed, status in ((long, 302), (long.strip(), 200), (long[:64], 200), (long.lower(), 200)):
        answer = Client().post("/sign-in", {"username": mara.email, "password": typed})
        assert answer.status_code == status, typed


def test_a_new_password_is_no_way_around_the_second_factor(
    mara: User, capsys: pytest.CaptureFixture[str]
) -> None:
    give_app(mara)
    client = signed_in_client(mara)
    assert client.get("/queue/").status_code == 200
    call_command("new_password", mara.email)
    _, _, link, _, code = capsys.readouterr().out.split()
    new, visitor = "a sentence that is new and her own", Client()
    visitor.get(link)
    typed = {"code": code, "new_password": new, "new_password_again": new}
    assert visitor.post("/enter", typed)["Location"] == "/sign-in/code", "the second factor is asked as ever"
    assert second_factor.has_one(mara)
    assert client.get("/queue/").status_code == 302
    fresh = Client()
    assert fresh.post("/sign-in", {"username": mara.email, "password": PASSWORD}).status_code == 200
    assert fresh.post("/sign-in", {"username": mara.email, "password": new})["Location"] == "/sign-in/code"


def test_recovery_codes_have_120_bits(mara: User) -> None:
    codes = [code.replace("-", "") for code in second_factor.new_recovery_codes(person=mara)]
    assert len(set(codes)) == 10
    assert all(len(code) == 24 and set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for code in codes)


def test_a_session_has_more_than_128_bits(mara: User) -> None:
    key = signed_in_client(mara).session.session_key
    # 32 signs of 36.
    assert key is not None and len(key) == 32 and key.isalnum()
