"""The demo's and the tests' own PostgreSQL and Valkey: real servers out of their wheels, on Unix sockets only."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from artemis_site.children import (
    Identity,
    last_lines,
    start_child,
    stop_child,
    unprivileged_identity,
    wait_until,
)
from artemis_site.server_files import (
    lock_folder,
    make_data_folder,
    make_socket_folder,
    password,
    socket_folder,
    write_private,
)
from artemis_site.server_programs import (
    ServerError,
    check_reachable,
    give_to_server,
    postgres_programs,
    reachable_copy,
    valkey_program,
)

DATABASE = "artemis"
OWNER = "artemis_owner"
APPLICATION = "artemis_app"
SEALER = "artemis_sealer"
SUPERUSER = "artemis_superuser"

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "huge_pages": "off",
    "jit": "off",
    "max_wal_size": "512MB",
    "password_encryption": "scram-sha-256",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement and its row may hold evidence: neither goes into the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For tests, whose data is thrown away; statistics taken at any moment would change plans from run to run.
HASTY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Servers:
    """Both servers on one data folder, for one process at a time.

    The children inherit the lock on the folder, so it stays held until the last of them has ended, even if
    this process was killed: the next start waits for that instead of opening the files twice.
    """

    def __init__(
        self, data: Path, *, postgres: bool = True, valkey: bool = True, durable: bool = True
    ) -> None:
        self.data = data.absolute()
        self.sockets = socket_folder(self.data)
        self.postgres = Postgres(self.data, self.sockets, durable=durable) if postgres else None
        self.valkey = Valkey(self.data, self.sockets) if valkey else None
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def start(self) -> list[str]:
        """Start whatever does not run; returns the names of what was started."""
        _check_linux()
        make_data_folder(self.data)
        make_socket_folder(self.sockets)
        if self._lock is None:
            self._lock = lock_folder(self.data / "servers.lock")
        started = []
        try:
            for server in self._servers():
                if not server.running():
                    server.start(lock=self._lock)
                    started.append(server.name)
        except BaseException:
            self.stop()
            raise
        return started

    def stop(self) -> None:
        for server in reversed(self._servers()):
            server.stop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def running(self) -> bool:
        return all(server.running() for server in self._servers())

    @property
    def database_url(self) -> str:
        """The login of the application, which owns nothing."""
        return self._postgres_url(APPLICATION)

    @property
    def database_owner_url(self) -> str:
        return self._postgres_url(OWNER)

    @property
    def database_sealer_url(self) -> str:
        """The login that seals the trail."""
        return self._postgres_url(SEALER)

    @property
    def superuser_url(self) -> str:
        return self._postgres_url(SUPERUSER)

    @property
    def redis_url(self) -> str:
        path = quote(str(self.sockets / Valkey.SOCKET))
        return f"unix://:{password(self.data, 'valkey')}@{path}?db=0"

    def _servers(self) -> list["Postgres | Valkey"]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def _postgres_url(self, login: str) -> str:
        folder = quote(str(self.sockets), safe="")
        return f"postgresql://{login}:{password(self.data, login)}@/{DATABASE}?host={folder}"


class Postgres:
    """One PostgreSQL cluster in `data`/postgres, with an owner of the tables and an application login."""

    name = "PostgreSQL"

    def __init__(self, data: Path, sockets: Path, *, durable: bool) -> None:
        self.data, self.sockets = data, sockets
        self.cluster = data / "postgres"
        self.log = data / "logs" / "postgres.log"
        self.settings = POSTGRES_SETTINGS | ({} if durable else HASTY_SETTINGS)
        self.child: subprocess.Popen[bytes] | None = None

    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self, *, lock: int) -> None:
        identity = unprivileged_identity()
        programs = postgres_programs()
        if identity is Identity.NOBODY:
            check_reachable(self.data)
            programs = reachable_copy(programs)
        give_to_server(identity, self.sockets, self.cluster)
        if not (self.cluster / "PG_VERSION").exists():
            self._create_cluster(programs, identity)
        self._check_version(programs)
        self._remove_stale_locks()
        settings = self.settings | {"unix_socket_directories": str(self.sockets)}
        self.child = start_child(
            [
                programs / "postgres",
                "-D",
                self.cluster,
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            log=self.log,
            death_signal=signal.SIGINT,  # a fast, clean shutdown
            identity=identity,
            hold=[lock],
        )
        if not wait_until(lambda: self._answers() or not self.running(), seconds=60) or not self.running():
            raise ServerError(f"PostgreSQL did not start; {self.log} says:\n{last_lines(self.log)}")
        with self._connection("postgres") as connection:
            _create_roles(connection, self.data)

    def stop(self) -> None:
        if self.child is not None:
            stop_child(self.child, (signal.SIGINT, 30), (signal.SIGQUIT, 10))
            self.child = None

    def _connection(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            dbname=database,
            user=SUPERUSER,
            password=password(self.data, SUPERUSER),
            connect_timeout=5,
            autocommit=True,
        )

    def _answers(self) -> bool:
        try:
            self._connection("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_cluster(self, programs: Path, identity: Identity) -> None:
        """Made beside its place and then moved there, so that an interrupted start leaves nothing half-made."""
        unfinished = self.data / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = self.sockets / "initdb-password"
        write_private(password_file, password(self.data, SUPERUSER))
        give_to_server(identity, unfinished, password_file)
        initdb = start_child(
            [
                programs / "initdb",
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--data-checksums",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-instructions",
                *([] if self.settings.get("fsync") != "off" else ["--no-sync"]),
            ],
            log=self.log,
            identity=identity,
        )
        failed = initdb.wait()
        password_file.unlink()
        if failed:
            raise ServerError(
                f"PostgreSQL could not make its files; {self.log} says:\n{last_lines(self.log)}"
            )
        unfinished.rename(self.cluster)

    def _check_version(self, programs: Path) -> None:
        output = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        installed = output.stdout.split()[2].split(".")[0]
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if installed != made_by:
            raise ServerError(
                f"{self.cluster} was made by PostgreSQL {made_by}, but PostgreSQL {installed} is installed: "
                "use the old version, or start with an empty folder (--data DIR)."
            )

    def _remove_stale_locks(self) -> None:
        """After a crash the pid in them may belong to another program, or to a process that nobody buried."""
        for lock in (self.cluster / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            if lock.exists() and not _is_postgres(lock.read_text().split()[:1]):
                lock.unlink()


class Valkey:
    """One Valkey in `data`/valkey; every write is in its append-only file within a second."""

    name = "Valkey"
    SOCKET = "valkey.sock"

    def __init__(self, data: Path, sockets: Path) -> None:
        self.data = data
        self.folder = data / "valkey"
        self.socket = sockets / self.SOCKET
        self.log = data / "logs" / "valkey.log"
        self.child: subprocess.Popen[bytes] | None = None

    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self, *, lock: int) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        configuration = self.folder / "valkey.conf"
        write_private(configuration, self._configuration())
        identity = unprivileged_identity()
        self.child = start_child(
            [valkey_program(), configuration],
            log=self.log,
            death_signal=signal.SIGTERM,
            # Valkey agrees to run as root, so where there is no namespace it needs no copy of its files.
            identity=Identity.SELF if identity is Identity.NOBODY else identity,
            hold=[lock],
        )
        if not wait_until(lambda: self._answers() or not self.running(), seconds=60) or not self.running():
            raise ServerError(f"Valkey did not start; {self.log} says:\n{last_lines(self.log)}")

    def stop(self) -> None:
        if self.child is not None:
            stop_child(self.child, (signal.SIGTERM, 15))
            self.child = None

    def _configuration(self) -> str:
        return "\n".join(
            [
                "port 0",
                f'unixsocket "{self.socket}"',
                "unixsocketperm 700",
                f"requirepass {password(self.data, 'valkey')}",
                f'dir "{self.folder}"',
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "maxmemory 256mb",
                "maxmemory-policy noeviction",
                "",
            ]
        )

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(f"AUTH {password(self.data, 'valkey')}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in client.makefile("rb").read()
        except OSError:
            return False


def _check_linux() -> None:
    if not sys.platform.startswith("linux"):
        raise ServerError(
            "The demo's own servers run on Linux only: set DATABASE_URL and REDIS_URL to servers of yours."
        )


def _is_postgres(pid: list[str]) -> bool:
    try:
        return Path("/proc", *pid, "cmdline").read_text().split("\0")[0].endswith("postgres")
    except OSError:
        return False


# --- Roles ---------------------------------------------------------------------------------------


def _create_roles(connection: psycopg.Connection, data: Path) -> None:
    """The owner may assume the application's role; the application's role owns nothing."""
    _create_login(connection, OWNER, "CREATEDB CREATEROLE", data)
    _create_login(connection, APPLICATION, "", data)
    _create_login(connection, SEALER, "", data)
    connection.execute(sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(*_names(APPLICATION, OWNER)))
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*_names(DATABASE, OWNER)))


def _create_login(connection: psycopg.Connection, login: str, rights: str, data: Path) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone()
    statement = "ALTER ROLE {} PASSWORD {}" if exists else f"CREATE ROLE {{}} LOGIN {rights} PASSWORD {{}}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(login), sql.Literal(password(data, login))))


def _names(*words: str) -> list[sql.Identifier]:
    return [sql.Identifier(word) for word in words]
