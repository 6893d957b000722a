"""`check --deploy` refuses what would let somebody change the trail unseen, and says how to mend it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from artemis_site import trail_checks as checks
from audit.models import CheckpointDispatch
from audit.notes import KEY_FILE, create_sealing_key
from audit.record import About, Machine, record
from audit.verbs import Verb
from tests.sealing import Seal

REPOSITORY = Path(__file__).resolve().parents[2]
OF_THE_DATABASE = (
    checks.nobody_may_rewrite_the_trail,
    checks.the_guards_are_up,
    checks.the_login_can_do_nothing_else,
)
pytestmark = pytest.mark.django_db(transaction=True)


def ids(*which: Any) -> list[str]:
    return [message.id or "" for check in which for message in check()]


@contextmanager
def changed(owner: psycopg.Connection, there: LiteralString, back: LiteralString) -> Iterator[None]:
    owner.execute(there)
    try:
        yield
    finally:
        owner.execute(back)


@pytest.fixture
def as_login(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The tests log in as the owner, whom PostgreSQL is asked about unless another login is named."""
    return lambda name: monkeypatch.setattr(checks, "login", lambda: name)


@pytest.fixture
def application(as_login: Callable[[str], None]) -> None:
    as_login("artemis_app")


def test_a_login_that_owns_nothing_is_right(application: None) -> None:
    assert ids(*OF_THE_DATABASE) == []


@pytest.mark.parametrize(
    ("login", "what"),
    [
        ("artemis_sealer", "membership in artemis_sealer"),
        ("artemis_superuser", "SUPERUSER, CREATEROLE, REPLICATION, BYPASSRLS, SET session_replication_role"),
    ],
)
def test_a_login_that_can_do_more_is_refused(as_login: Callable[[str], None], login: str, what: str) -> None:
    as_login(login)
    (message,) = checks.the_login_can_do_nothing_else()
    assert message.id == "artemis.E013"
    assert what in message.msg


@pytest.mark.parametrize(
    ("what", "table"),
    [
        ("UPDATE", "audit_auditevent"),
        ("TRUNCATE", "audit_auditcheckpoint"),
        ("INSERT", "audit_auditleaf"),
        ("DELETE", "audit_auditpending"),
    ],
)
def test_a_login_that_may_rewrite_the_trail_is_refused(
    application: None, owner_connection: psycopg.Connection, what: str, table: str
) -> None:
    grant: Any = f"GRANT {what} ON {table} TO artemis_app"
    revoke: Any = f"REVOKE {what} ON {table} FROM artemis_app"
    with changed(owner_connection, grant, revoke):
        (message,) = checks.nobody_may_rewrite_the_trail()
    assert message.id == "artemis.E011"
    assert f"{table}: {what}" in message.msg
    assert ids(*OF_THE_DATABASE) == []


def test_a_guard_that_was_switched_off_is_named(owner_connection: psycopg.Connection) -> None:
    with changed(
        owner_connection,
        "ALTER TABLE audit_auditevent DISABLE TRIGGER USER",
        "ALTER TABLE audit_auditevent ENABLE TRIGGER USER",
    ):
        (message,) = checks.the_guards_are_up()
    assert message.id == "artemis.E012"
    for name in ("refuse_change", "refuse_truncate", "compute_leaf_hash", "queue_for_sealing"):
        assert f"audit_auditevent.{name}" in message.msg


def test_an_application_that_owns_its_tables_is_refused() -> None:
    """The command as an operator runs it, with the owner's login in the application's place."""
    environment = os.environ | {"DATABASE_URL": os.environ["DATABASE_OWNER_URL"]}
    words = [sys.executable, "manage.py", "check", "--deploy"]
    done = subprocess.run(words, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for number in ("E005", "E011"):
        assert f"artemis.{number}" in done.stderr
    assert "may act as the owner" in done.stderr


# --- Keys and seals ------------------------------------------------------------------------------


@pytest.fixture
def keys(settings: Any, tmp_path: Path) -> Path:
    settings.ARTEMIS_KEYS = tmp_path / "keys"
    settings.ARTEMIS_SEAL_SECONDS = 10
    create_sealing_key(settings.ARTEMIS_KEYS)
    return settings.ARTEMIS_KEYS


def test_a_sealing_key_beside_the_application_is_warned_of(keys: Path) -> None:
    assert ids(checks.packets_wait_for_their_seal) == ["artemis.W001"]
    (keys / KEY_FILE).chmod(0o644)
    assert ids(checks.packets_wait_for_their_seal) == ["artemis.E002"]
    (keys / KEY_FILE).unlink()
    assert ids(checks.packets_wait_for_their_seal) == []


def test_packets_that_wait_for_no_seal_are_refused(keys: Path, settings: Any) -> None:
    (keys / KEY_FILE).unlink()
    settings.ARTEMIS_SEAL_SECONDS = 0
    settings.ARTEMIS_DATABASE_ROLE = ""
    assert ids(checks.packets_wait_for_their_seal) == ["artemis.E013", "artemis.E014"]


def test_a_sealer_that_does_not_run_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = timezone.now() - timedelta(minutes=2)
    with transaction.atomic():
        monkeypatch.setattr(timezone, "now", lambda: long_ago)
        record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About("case", "1"))
        monkeypatch.undo()
    (message,) = checks.the_sealer_runs()
    assert message.id == "artemis.E015"
    assert message.msg.startswith("The trail is not sealed: 1 pending, the oldest for 2 minutes")


# --- Third parties -------------------------------------------------------------------------------


def test_without_a_third_party_nothing_is_proved(settings: Any) -> None:
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = []
    (message,) = checks.somebody_else_holds_checkpoints()
    assert message.id == "artemis.E016"
    assert "could rewrite the whole trail unseen" in message.msg


def test_a_third_party_that_gets_nothing_is_named(settings: Any, seal: Seal) -> None:
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = ["mailto:oversight@example.org"]
    assert ids(checks.somebody_else_holds_checkpoints) == []
    CheckpointDispatch.objects.create(
        destination="oversight@example.org", problem="Their server answered 503."
    )
    (message,) = checks.somebody_else_holds_checkpoints()
    assert message.msg == "oversight@example.org does not get our checkpoints. Their server answered 503."
    settings.ARTEMIS_CHECKPOINT_PRIVATE = True
    assert ids(checks.somebody_else_holds_checkpoints) == ["artemis.E016", "artemis.W002"]
    settings.ARTEMIS_CHECKPOINT_DESTINATIONS = ["nowhere"]
    assert ids(checks.somebody_else_holds_checkpoints) == ["artemis.E016"]


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (
            "ALTER TABLE scoring_message DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE scoring_message ENABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE POLICY everything ON scoring_message USING (true)",
            "DROP POLICY everything ON scoring_message",
        ),
        (
            "ALTER POLICY of_their_licensees ON scoring_message RENAME TO another",
            "ALTER POLICY another ON scoring_message RENAME TO of_their_licensees",
        ),
    ],
)
def test_rows_that_are_not_kept_apart_are_named(
    owner_connection: psycopg.Connection, there: LiteralString, back: LiteralString
) -> None:
    assert ids(checks.licensees_are_kept_apart) == []
    with changed(owner_connection, there, back):
        (message,) = checks.licensees_are_kept_apart()
    assert message.id == "artemis.E017"
    assert message.msg.endswith("in: scoring_message.")


def test_who_owns_the_tables_passes_by_and_is_refused(application: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        try:
            assert ids(checks.licensees_are_kept_apart) == ["artemis.E017"]
        finally:
            cursor.execute("SET ROLE artemis_app")
