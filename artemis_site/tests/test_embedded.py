"""The demo's own servers: private, owned by the right roles, and gone when their parent is gone."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from artemis_site import server_files
from artemis_site.children import wait_until
from artemis_site.embedded import Servers
from artemis_site.env import REPOSITORY
from artemis_site.server_programs import ServerError

# Python 3.12 and later warn because another test's live server may still have a thread.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root must give up its rights")

SUPERVISOR = """
import sys, time
from pathlib import Path
from artemis_site import children
from artemis_site.embedded import Servers
if "without-namespaces" in sys.argv:
    children._can_map = lambda: False
with Servers(Path(sys.argv[1])) as servers:
    print(servers.postgres.child.pid, servers.valkey.child.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with Servers(tmp_path_factory.mktemp("servers") / "data", durable=False) as running:
        yield running


@pytest.fixture
def reachable_folder():
    """A folder that other users may pass into, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="artemis-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def supervise(data, *words):
    command = [sys.executable, "-c", SUPERVISOR, str(data), *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    )


def started(supervisor):
    line = supervisor.stdout.readline()
    assert line, supervisor.stderr.read()
    return [int(pid) for pid in line.split()]


def killed(supervisor):
    supervisor.kill()
    supervisor.communicate()


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_killed_parent_leaves_no_process_and_the_next_start_keeps_the_data(tmp_path):
    data = tmp_path / "data"
    supervisor = supervise(data)
    pids = started(supervisor)
    urls = Servers(data)
    with psycopg.connect(urls.database_owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'before the kill' AS word")
    redis.Redis.from_url(urls.redis_url).set("kept", "before the kill")
    children = [int(pid) for pid in Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split()]
    assert children

    killed(supervisor)

    # Started again at once, while the old servers may still be ending.
    with Servers(data) as again:
        assert not any(is_alive(pid) for pid in [*pids, *children])
        with psycopg.connect(again.database_owner_url) as connection:
            assert connection.execute("SELECT word FROM kept").fetchone() == ("before the kill",)
        assert redis.Redis.from_url(again.redis_url).get("kept") == b"before the kill"


def test_servers_killed_with_their_parent_recover(tmp_path):
    data = tmp_path / "data"
    supervisor = supervise(data)
    pids = started(supervisor)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    killed(supervisor)
    assert (data / "postgres" / "postmaster.pid").exists()

    with Servers(data) as again:
        assert again.running()


def test_a_pid_file_left_by_a_machine_that_stopped_is_no_obstacle(tmp_path):
    with Servers(tmp_path / "data") as servers:
        stale = (tmp_path / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
    stale[0] = str(os.getppid())
    (tmp_path / "data" / "postgres" / "postmaster.pid").write_text("\n".join(stale))

    with servers as again:
        assert again.running()


def test_stopping_leaves_no_process(tmp_path):
    with Servers(tmp_path / "data", durable=False) as servers:
        pids = [servers.postgres.child.pid, servers.valkey.child.pid]
    assert wait_until(lambda: not any(is_alive(pid) for pid in pids), seconds=5)


def test_a_server_that_died_is_started_again_alone(servers):
    valkey, postgres = servers.valkey.child, servers.postgres.child
    valkey.kill()
    valkey.wait()

    assert servers.start() == ["Valkey"]
    assert servers.postgres.child is postgres
    assert servers.start() == []


def test_folders_and_passwords_are_private(servers):
    for folder in (servers.data, *(path for path in servers.data.iterdir() if path.is_dir())):
        assert mode(folder) == 0o700, folder
    secrets = list((servers.data / "secrets").iterdir())
    logins = {"artemis_app", "artemis_owner", "artemis_sealer", "artemis_superuser"}
    assert {path.name for path in secrets} == {*logins, "valkey"}
    assert len({path.read_text() for path in secrets}) == 5
    for file in (*secrets, servers.data / "valkey" / "valkey.conf", *(servers.data / "logs").iterdir()):
        assert mode(file) == 0o600, file
    assert mode(servers.sockets / ".s.PGSQL.5432") == 0o700
    assert mode(servers.sockets / "valkey.sock") == 0o700


def test_the_servers_listen_on_unix_sockets_only(servers):
    with psycopg.connect(servers.superuser_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert redis.Redis.from_url(servers.redis_url).config_get("port") == {"port": "0"}


def test_a_wrong_password_is_refused(servers):
    wrong = servers.database_url.replace(servers.database_url.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"unix://{servers.sockets}/valkey.sock").ping()


def test_passwords_are_on_no_command_line(servers):
    words = {path.read_text() for path in (servers.data / "secrets").iterdir()}
    for child in (servers.postgres.child, servers.valkey.child):
        command = Path(f"/proc/{child.pid}/cmdline").read_text()
        assert not any(word in command for word in words)


def test_the_cluster_is_checked_and_speaks_utf8_and_utc(servers):
    with psycopg.connect(servers.database_url) as connection:
        row = connection.execute(
            "SELECT current_setting('data_checksums'), current_setting('server_encoding'), datcollate,"
            " current_setting('timezone'), current_setting('idle_in_transaction_session_timeout')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("on", "UTF8", "C.UTF-8", "UTC", "1min")


def test_the_owner_is_no_superuser_and_may_act_as_the_application(servers):
    with psycopg.connect(servers.database_owner_url) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        connection.execute("SET ROLE artemis_app")
        assert connection.execute("SELECT current_user::text").fetchone() == ("artemis_app",)
    assert rights == (False, True, True)


def test_the_application_owns_nothing_and_may_make_nothing(servers):
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        owned = connection.execute(
            "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = 'artemis_app'::regrole"
        ).fetchone()
        assert owned == (0,)
        for statement in ("CREATE TABLE mine (id int)", "CREATE DATABASE mine", "CREATE ROLE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_valkey_keeps_every_write_and_evicts_nothing(servers):
    client = redis.Redis.from_url(servers.redis_url)
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_folder_in_use_is_refused(servers, monkeypatch):
    monkeypatch.setattr(server_files, "PATIENCE", 0.2)
    second = Servers(servers.data)
    with pytest.raises(ServerError) as refusal:
        second.start()
    assert str(refusal.value) == (
        f"{servers.data} is in use by another running demo: stop that one, or choose --data DIR."
    )
    assert servers.running()


def test_files_of_another_version_are_refused(tmp_path):
    with Servers(tmp_path / "data", valkey=False, durable=False) as servers:
        pass
    (servers.data / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerError, match=r"was made by PostgreSQL 12, but PostgreSQL \d+ is installed"):
        servers.start()


def test_a_long_data_folder_has_its_sockets_elsewhere(tmp_path):
    data = tmp_path / ("long" * 20) / "data"
    with Servers(data, postgres=True, durable=False) as servers:
        assert servers.sockets.parent == Path("/tmp")
        assert mode(servers.sockets) == 0o700
        with psycopg.connect(servers.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert redis.Redis.from_url(servers.redis_url).ping()
    shutil.rmtree(servers.sockets)


def test_a_missing_postgresql_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("ARTEMIS_PG_BIN", str(tmp_path))
    with pytest.raises(ServerError) as refusal:
        Servers(tmp_path / "data").start()
    assert str(refusal.value) == (
        "ARTEMIS_PG_BIN names a folder without PostgreSQL's programs: "
        "install it, or set ARTEMIS_PG_BIN or DATABASE_URL."
    )


@AS_ROOT
def test_without_user_namespaces_postgresql_runs_as_nobody(reachable_folder):
    supervisor = supervise(reachable_folder / "data", "without-namespaces")
    postgres, _ = started(supervisor)
    user = next(line for line in Path(f"/proc/{postgres}/status").read_text().splitlines() if "Uid:" in line)
    assert user.split()[1:] == ["65534"] * 4
    with psycopg.connect(Servers(reachable_folder / "data").database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    killed(supervisor)

    # The folder may move to a machine that has namespaces, and back.
    with Servers(reachable_folder / "data") as again:
        assert not is_alive(postgres)
        assert again.running()


@AS_ROOT
def test_without_user_namespaces_a_closed_data_folder_is_said(reachable_folder):
    reachable_folder.chmod(0o700)
    supervisor = supervise(reachable_folder / "data", "without-namespaces")
    _, error = supervisor.communicate(timeout=30)
    assert "the user nobody may not pass into" in error
