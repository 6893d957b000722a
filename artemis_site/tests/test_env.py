"""Settings from the environment: two URLs are enough, and what is missing is said in a sentence."""

import os
import subprocess
import sys

import kombu
import pytest
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.row_scope import ScopedCursor
from artemis_site import env


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch):
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "ARTEMIS_DATABASE_ROLE", "REDIS_URL", "SECRET_KEY")
    for name in (*names, "ARTEMIS_DATABASE_LOGIN", "ARTEMIS_STATEMENT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["manage.py", "check"])


def test_the_application_logs_in_with_its_own_url_and_assumes_its_role(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:p%40ss@db.example.org:5433/artemis?sslmode=require")
    entry = env.database()
    assert (entry["HOST"], entry["PORT"], entry["NAME"]) == ("db.example.org", "5433", "artemis")
    assert (entry["USER"], entry["PASSWORD"]) == ("app", "p@ss")
    assert entry["OPTIONS"] == {
        "cursor_factory": ScopedCursor,
        "sslmode": "require",
        "assume_role": "artemis_app",
        "options": "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
    }


def test_a_unix_socket_is_a_host(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@/artemis?host=%2Frun%2Fartemis%20demo")
    assert env.database()["HOST"] == "/run/artemis demo"


@pytest.mark.parametrize("command", sorted(env.SCHEMA_COMMANDS))
def test_schema_commands_act_as_the_owner(monkeypatch, command):
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:pw@host/artemis")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner:pw@host/artemis")
    entry = env.database()
    assert entry["USER"] == "owner"
    assert "assume_role" not in entry["OPTIONS"]


def test_one_url_serves_both_and_the_application_still_assumes_its_role(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:pw@host/artemis")
    assert env.database()["OPTIONS"]["assume_role"] == "artemis_app"
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert env.database()["USER"] == "owner"


def test_the_role_can_be_renamed_or_switched_off(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:pw@host/artemis")
    monkeypatch.setenv("ARTEMIS_DATABASE_ROLE", "reviewers")
    assert env.database()["OPTIONS"]["assume_role"] == "reviewers"
    monkeypatch.setenv("ARTEMIS_DATABASE_ROLE", "")
    assert env.database()["OPTIONS"] == {}
    monkeypatch.setenv("ARTEMIS_DATABASE_ROLE", "a; DROP ROLE b")
    with pytest.raises(ImproperlyConfigured, match="must be a plain name"):
        env.database()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "sqlite:///db.sqlite3",
            "DATABASE_URL must start with postgresql:// because Artemis keeps its promises with PostgreSQL only.",
        ),
        (
            "postgresql://user:secret%@host/artemis",
            "DATABASE_URL cannot be read: percent-encode special characters in its password, see .env.example.",
        ),
        (
            "postgresql://user:secret@host",
            "DATABASE_URL names no database: write postgresql://login:password@host/artemis.",
        ),
    ],
)
def test_a_wrong_database_url_is_said_without_its_password(monkeypatch, url, sentence):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database()
    assert str(refusal.value) == sentence
    assert "secret" not in sentence


@pytest.mark.parametrize("url", ["unix://:pw@/run/my%20demo/valkey.sock?db=2"])
def test_one_redis_url_is_read_by_redis_and_by_celery(monkeypatch, url):
    monkeypatch.setenv("REDIS_URL", url)
    by_redis = redis.Redis.from_url(env.redis_url()).connection_pool.connection_kwargs
    assert (by_redis["path"], by_redis["password"], by_redis["db"]) == ("/run/my demo/valkey.sock", "pw", 2)
    assert env.celery_broker_url() == "redis+socket://:pw@/run/my%20demo/valkey.sock?virtual_host=2"
    assert kombu.Connection(env.celery_broker_url()).transport_cls == "redis"


def test_celerys_own_spelling_of_a_socket_is_understood_too(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis+socket://:pw@/run/valkey.sock?virtual_host=1")
    assert env.redis_url() == "unix://:pw@/run/valkey.sock?db=1"
    assert env.celery_broker_url() == "redis+socket://:pw@/run/valkey.sock?virtual_host=1"


def test_a_redis_url_over_the_network_is_left_alone(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "rediss://:pw@redis.example.org:6380/0")
    assert env.redis_url() == env.celery_broker_url() == "rediss://:pw@redis.example.org:6380/0"


def test_celery_reaches_the_running_server():
    with kombu.Connection(settings.CELERY_BROKER_URL) as connection:
        connection.SimpleQueue("test_env").put("here")
        assert connection.SimpleQueue("test_env").get(timeout=5).payload == "here"


@pytest.mark.parametrize(
    "program", [["/usr/bin/gunicorn"], ["/lib/celery/__main__.py"], ["manage.py", "runserver"]]
)
@pytest.mark.parametrize(
    ("name", "read"),
    [("DATABASE_URL", env.database), ("REDIS_URL", env.redis_url), ("SECRET_KEY", env.secret_key)],
)
def test_a_program_that_serves_refuses_to_start_without(monkeypatch, program, name, read):
    monkeypatch.setattr(sys, "argv", program)
    with pytest.raises(ImproperlyConfigured) as refusal:
        read()
    assert str(refusal.value) == (
        f"{name} is missing: start the demo with scripts/demo, or set it; see .env.example."
    )


def test_other_programs_need_no_environment():
    assert env.database()["HOST"] == "/DATABASE_URL-is-missing"
    assert env.redis_url() == "unix:///REDIS_URL-is-missing?db=0"
    assert env.secret_key() != env.secret_key()


def test_the_demos_settings_fill_only_what_is_not_set(monkeypatch, tmp_path):
    (tmp_path / "settings.env").write_text("# made by the demo\nREDIS_URL=unix:///a\nSECRET_KEY=theirs==\n\n")
    monkeypatch.setenv("ARTEMIS_DATA", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "unix:///mine")
    env.load_settings_file()
    assert (os.environ["REDIS_URL"], os.environ["SECRET_KEY"]) == ("unix:///mine", "theirs==")


def test_values_are_read_or_their_mistake_is_said(monkeypatch):
    monkeypatch.setenv("A", "12")
    assert (env.number("A", default=1), env.number("B", default=1)) == (12, 1)
    monkeypatch.setenv("A", "on")
    assert (env.switch("A", default=False), env.switch("B", default=True)) == (True, True)
    with pytest.raises(ImproperlyConfigured, match="A must be a whole number, but is “on”"):
        env.number("A", default=1)
    monkeypatch.setenv("A", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="A must be on or off, but is “perhaps”"):
        env.switch("A", default=False)
    monkeypatch.setenv("A", "one, two,")
    assert env.names("A", default="") == ["one", "two"]


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=env.REPOSITORY,
        env={"PATH": os.environ["PATH"], "ARTEMIS_DATA": os.environ["ARTEMIS_DATA"], **environment},
        capture_output=True,
        text=True,
    )


def test_settings_load_with_no_environment_and_no_server():
    finished = manage("check")
    assert finished.returncode == 0, finished.stderr


def test_manage_says_in_one_sentence_that_no_database_is_configured():
    finished = manage("shell", "-c", "from django.db import connection; connection.cursor()")
    assert finished.returncode == 1
    assert finished.stderr == (
        "DATABASE_URL is missing: start the demo with scripts/demo, or set it; see .env.example.\n"
    )


def test_manage_says_in_one_sentence_that_the_database_is_not_there():
    finished = manage("migrate", DATABASE_URL="postgresql://artemis:pw@/artemis?host=/nonexistent")
    assert finished.returncode == 1
    assert finished.stderr.startswith(
        "The database cannot be reached: start it (scripts/demo starts one) or correct DATABASE_URL. ("
    )
    assert finished.stderr.count("\n") == 1


def test_manage_without_django_names_the_script():
    finished = subprocess.run(
        [sys.executable, "-S", "manage.py", "check"], cwd=env.REPOSITORY, capture_output=True, text=True
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "Django is not installed for this Python: run scripts/demo once, then use scripts/manage.\n"
    )
