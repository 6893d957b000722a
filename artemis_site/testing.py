"""The pytest plugin: real PostgreSQL and Valkey for every test, the application's own role, no host but this one."""

import ipaddress
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql

from accounts import row_scope
from artemis_site import env
from artemis_site.embedded import Servers

# Written by migrations and by nobody else, so they outlive a test that commits.
KEPT_TABLES = frozenset(
    {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
)

LOGINS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")
SMALL_TABLE = 256 * 1024  # bytes


# --- Servers: up before Django's settings are read, down at the end --------------------------------


class Surroundings:
    """A temporary data folder and the two servers, unless DATABASE_URL and REDIS_URL name others.

    Of several processes that share the tests each has its own: the URLs that it sees are those of the first process.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="artemis-test-"))
        shares = "PYTEST_XDIST_WORKER" in os.environ
        given = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")) and not shares
        self.servers = None if given else Servers(self.folder / "servers", durable=False)

    def start(self) -> None:
        if self.servers is not None:
            self.servers.start()
            os.environ["DATABASE_URL"] = self.servers.database_url
            os.environ["DATABASE_OWNER_URL"] = self.servers.database_owner_url
            os.environ["DATABASE_SEALER_URL"] = self.servers.database_sealer_url
            os.environ["ARTEMIS_TEST_SUPERUSER_URL"] = self.servers.superuser_url
            os.environ["REDIS_URL"] = self.servers.redis_url
        # Subprocesses that a test starts read the same settings, and never those of a running demo.
        os.environ["ARTEMIS_DATA"] = str(self.folder / "data")
        (self.folder / "data" / "static").mkdir(mode=0o700, parents=True)
        # Drawn by chance, a second review would close one case in twenty to a test's other people.
        os.environ["ARTEMIS_SECOND_REVIEW_PERCENT"] = "0"
        # Tests call faster than platforms; licensees/tests/test_rate_limits.py sets limits of its own.
        os.environ["ARTEMIS_PERSON_PAGES"] = os.environ["ARTEMIS_ADDRESS_PAGES"] = "0"
        os.environ["ARTEMIS_KEY_CALLS"] = os.environ["ARTEMIS_WRONG_KEYS"] = "100000"
        # No sealer runs beside most tests: those that need one start it and say so.
        os.environ["ARTEMIS_SEAL_SECONDS"] = "0"
        os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
        os.environ.setdefault(
            "ARTEMIS_STATIC_STORAGE", "django.contrib.staticfiles.storage.StaticFilesStorage"
        )

    def stop(self) -> None:
        if self.servers is not None:
            self.servers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


SURROUNDINGS = pytest.StashKey[Surroundings]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """A wrapper runs before pytest-django's own hook, which reads the settings."""
    surroundings = Surroundings()
    early_config.stash[SURROUNDINGS] = surroundings
    early_config.add_cleanup(surroundings.stop)
    surroundings.start()
    allow_only_this_machine(also=_given_hosts())
    # Django makes and migrates the test database as the owner of the tables.
    os.environ["ARTEMIS_DATABASE_LOGIN"] = "owner"
    try:
        return (yield)
    finally:
        del os.environ["ARTEMIS_DATABASE_LOGIN"]


def pytest_configure(config: pytest.Config) -> None:
    """The servers are thrown away as a whole: nothing is dropped, so a session that lingers fails no test."""
    if config.stash[SURROUNDINGS].servers is not None:
        config.option.reuse_db = True


# --- The database: made by the owner, used by the application ---------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """When pytest-django has made the test database, every connection becomes the application's."""
    result = yield
    if fixturedef.argname == "django_db_setup":
        # Finalizers run in reverse order: the owner is back before the database is dropped.
        fixturedef.addfinalizer(_use_application_role())
    return result


def _use_application_role() -> Callable[[], None]:
    options = connection.settings_dict["OPTIONS"]  # one dictionary, shared by the connections of all threads
    as_owner, urls = (
        dict(options),
        {name: os.environ.get(name) for name in LOGINS},
    )
    emptied = Emptying(_owner_url())
    original_teardown = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    # Tests make worlds and call verbs by hand, in whatever thread; requests, tasks and commands say for whom they ask.
    row_scope.unless_said = row_scope.SYSTEM
    if env.database_role():
        options.update(env.application_options(env.database_role()))
    connection.close()
    TransactionTestCase._fixture_teardown = lambda _: emptied()  # type: ignore[attr-defined]
    os.environ["DATABASE_URL"] = _with_database(env.database_url())
    os.environ["DATABASE_OWNER_URL"] = _with_database(
        urls["DATABASE_OWNER_URL"] or urls["DATABASE_URL"] or ""
    )
    os.environ["DATABASE_SEALER_URL"] = _with_database(env.database_sealer_url())

    def restore() -> None:
        emptied.close()
        row_scope.unless_said = row_scope.NOTHING
        TransactionTestCase._fixture_teardown = original_teardown  # type: ignore[attr-defined]
        options.clear()
        options.update(as_owner)
        connection.close()
        for name, url in urls.items():
            _set_or_remove(name, url)

    return restore


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """A plain connection as the owner of the tables. It sees only what was committed: use transactional_db."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        yield owner


class LeftOpen(AssertionError):
    """A test ended with a transaction that holds on to its rows."""


class Emptying:
    """Empties the tables after a test that commits, as only their owner can.

    Django's `flush` would run as the application, which may not truncate, and the triggers of append-only
    tables would refuse it.
    """

    def __init__(self, owner_url: str) -> None:
        self.connection = psycopg.connect(owner_url, autocommit=True)
        self.connection.execute("SET lock_timeout = '5s'")
        self.referrers_first = self._in_order(self._tables())
        self.guarded = self._guarded()

    def __call__(self) -> None:
        try:
            self._empty()
        except psycopg.errors.LockNotAvailable:
            left_open = self._end_open_transactions()
            self._empty()
            raise LeftOpen(f"This test left a transaction open; its last query: {left_open}") from None

    def close(self) -> None:
        self.connection.close()

    def _empty(self) -> None:
        filled = self.filled()
        if not filled:
            return
        # DELETE is five times as fast as TRUNCATE on a few rows, and slow on many.
        small = max(filled.values()) < SMALL_TABLE
        tables = [table for table in self.referrers_first if table in filled or not small]
        guarded = [table for table in tables if table in self.guarded]
        with self.connection.transaction():
            self.switch_triggers("DISABLE", guarded)
            for statement in _deleting(tables) if small else _truncating(tables):
                self.connection.execute(statement)
            # Foreign keys are checked now: a table with a check pending cannot be altered.
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            self.switch_triggers("ENABLE", guarded)

    def _end_open_transactions(self) -> list[str]:
        """So that only the test that left them open fails, and not every later one."""
        return self._column(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state LIKE 'idle in transaction%' AND pg_terminate_backend(pid, 5000)"
        )

    def filled(self) -> dict[str, int]:
        """The tables that hold something, with their bytes."""
        questions = [
            sql.SQL("SELECT {}, pg_relation_size({}) WHERE EXISTS (SELECT FROM {})").format(
                sql.Literal(table), sql.Literal(f'"{table}"'), sql.Identifier(table)
            )
            for table in self.referrers_first
        ]
        return dict(self.connection.execute(sql.SQL(" UNION ALL ").join(questions)).fetchall())

    def _in_order(self, tables: list[str]) -> list[str]:
        """Referrers before what they refer to, for the few foreign keys that are not checked at commit only."""
        referrers, ordered, seen = self._referrers(), list[str](), set[str]()

        def visit(table: str) -> None:
            if table not in seen:
                seen.add(table)
                for referrer in sorted(referrers.get(table, ())):
                    visit(referrer)
                ordered.append(table)

        for table in tables:
            visit(table)
        return [table for table in ordered if table in tables]

    def switch_triggers(self, verb: str, tables: list[str]) -> None:
        for table in tables:
            self.connection.execute(
                sql.SQL(f"ALTER TABLE {{}} {verb} TRIGGER USER").format(sql.Identifier(table))
            )

    def _tables(self) -> list[str]:
        names = self._column("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        return [name for name in names if name not in KEPT_TABLES]

    def _guarded(self) -> set[str]:
        return set(
            self._column(
                "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
            )
        )

    def _referrers(self) -> dict[str, set[str]]:
        """By the keys that are checked at once; the others may go in a circle, and wait for the end."""
        rows = self.connection.execute(
            "SELECT target.relname, referrer.relname FROM pg_constraint"
            " JOIN pg_class target ON target.oid = confrelid JOIN pg_class referrer ON referrer.oid = conrelid"
            " WHERE contype = 'f' AND NOT condeferrable"
        )
        found: dict[str, set[str]] = {}
        for target, referrer in rows:
            found.setdefault(target, set()).add(referrer)
        return found

    def _column(self, query: Any) -> list[str]:
        return [row[0] for row in self.connection.execute(query)]


def _deleting(tables: list[str]) -> list[sql.Composed]:
    return [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in tables]


def _truncating(tables: list[str]) -> list[sql.Composed]:
    names = sql.SQL(", ").join(sql.Identifier(table) for table in tables)
    return [sql.SQL("TRUNCATE {}").format(names)]


def _owner_url() -> str:
    return _with_database(os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"])


def _with_database(url: str) -> str:
    """The same login, in the test database."""
    return urlsplit(url)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def _set_or_remove(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


# --- The network: this machine only -----------------------------------------------------------------


class OutsideConnection(RuntimeError):
    """A test tried to reach another host."""


def allow_only_this_machine(*, also: frozenset[str] = frozenset()) -> None:
    """Refuse names and addresses beyond loopback in this process; Unix sockets are this machine too."""

    def check(host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name not in also and not _is_this_machine(name):
            raise OutsideConnection(f"A test tried to reach {name}: tests may talk to this machine only.")

    def guarded(method: str) -> Any:
        original = getattr(socket.socket, method)

        def call(self: socket.socket, *arguments: Any) -> Any:
            if self.family in {socket.AF_INET, socket.AF_INET6}:
                check(arguments[-1][0])
            return original(self, *arguments)

        return call

    for method in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, method, guarded(method))
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        check(host)
        return resolve(host, *arguments, **named)

    socket.getaddrinfo = getaddrinfo


def _is_this_machine(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _given_hosts() -> frozenset[str]:
    """The servers that DATABASE_URL and REDIS_URL name are allowed by name and by address."""
    names = {urlsplit(os.environ[name]).hostname for name in ("DATABASE_URL", "REDIS_URL")} - {None}
    addresses = {str(found[4][0]) for name in names for found in socket.getaddrinfo(name, None)}
    return frozenset({str(name) for name in names} | addresses)
