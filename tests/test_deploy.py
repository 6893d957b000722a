"""What an operator copies fits what the code reads: logins that hold, settings that exist, processes without rights."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from artemis_site import demo

REPOSITORY = Path(__file__).resolve().parent.parent
DEPLOY = REPOSITORY / "deploy"
OF_OTHERS = {"POSTGRES_DB", "POSTGRES_PASSWORD", "NUMBA_CACHE_DIR", "BACKUP_TO"}
SETTING = re.compile(r"\b(ARTEMIS_[A-Z0-9_]+|DATABASE_[A-Z_]*URL|REDIS_URL|SECRET_KEY)\b")


def texts() -> dict[str, str]:
    files = [REPOSITORY / "compose.yaml", REPOSITORY / "Dockerfile", *DEPLOY.rglob("*")]
    return {str(path.relative_to(REPOSITORY)): path.read_text() for path in files if path.is_file()}


def known_settings() -> set[str]:
    return set(SETTING.findall((REPOSITORY / ".env.example").read_text()))


@pytest.mark.parametrize("name", sorted(texts()))
def test_every_setting_that_is_named_exists(name: str):
    assert set(SETTING.findall(texts()[name])) <= known_settings()


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]
    return found


def test_processes_of_ours_write_nothing_and_may_nothing():
    own = {name: one for name, one in services().items() if name != "postgres"}
    assert {"migrate", "web", "worker", "beat", "sealer", "redis"} == set(own)
    for name, one in own.items():
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and not one["user"].startswith("0"), name
    assert {name for name, one in services().items() if "ports" in one} == {"web"}
    assert services()["web"]["ports"][0].startswith("127.0.0.1:")


def test_who_knows_which_login():
    knows = {name: set(one.get("environment") or {}) for name, one in services().items()}
    assert {name for name in knows if "DATABASE_OWNER_URL" in knows[name]} == {"migrate"}
    assert {name for name in knows if "DATABASE_SEALER_URL" in knows[name]} == {"sealer"}


def test_the_same_processes_run_as_in_the_demo():
    """Flags of ours that matter: a worker that takes one message at a time, a beat without a file of its own."""
    worker, beat = demo.worker_command()[2:], demo.beat_command(Path("/data"))[2:]
    assert [part for part in worker if part.startswith("--")] == [
        part for part in services()["worker"]["command"] if part.startswith("--")
    ]
    assert {part.split("=")[0] for part in beat if part.startswith("--")} == {
        part.split("=")[0] for part in services()["beat"]["command"] if part.startswith("--")
    }


def test_kubernetes_is_built_as_it_stands():
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    pods = 0
    for name in listed:
        for one in yaml.safe_load_all((folder / name).read_text()):
            if one["kind"] not in ("Deployment", "Job"):
                continue
            pods += 1
            pod = one["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] and pod["automountServiceAccountToken"] is False
            for container in pod["containers"]:
                assert container["securityContext"]["readOnlyRootFilesystem"]
                assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pods == 5
    if kubectl := shutil.which("kubectl"):
        built = subprocess.run(
            [kubectl, "kustomize", folder], capture_output=True, text=True, check=True
        ).stdout
        assert built.count("kind: Deployment") == 4


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="There is no systemd here to verify units with."
)
def test_systemd_takes_the_units(tmp_path: Path):
    for path in (DEPLOY / "systemd").iterdir():
        (tmp_path / path.name).write_text(
            re.sub(r"/opt/artemis/\.venv/bin/\w+", "/bin/true", path.read_text())
        )
    units = sorted(str(path) for path in tmp_path.iterdir())
    words = [str(shutil.which("systemd-analyze")), "verify", *units]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not re.search(r"artemis", done.stderr), done.stderr


# --- The logins, in a database of their own -------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A database in which deploy/postgres/logins.sql was run; roles belong to the server, so here they have other
    names."""
    superuser = os.environ.get("ARTEMIS_TEST_SUPERUSER_URL")
    if not superuser:
        pytest.skip("The tests use servers of yours, whose roles are left alone.")
    url = urlsplit(superuser)._replace(path="/rehearsal").geturl()
    with psycopg.connect(superuser, autocommit=True) as server:
        drop(server)
        server.execute("CREATE DATABASE rehearsal")
        with psycopg.connect(url, autocommit=True) as database:
            for statement in statements():
                database.execute(statement)  # type: ignore[call-overload]
        yield url
        drop(server)


def statements() -> list[str]:
    sql = (DEPLOY / "postgres" / "logins.sql").read_text().replace("artemis_", "rehearsal_")
    for name in ("owner", "application", "sealer"):
        sql = sql.replace(f"PASSWORD :{name}", "PASSWORD 'rehearsed'")
    sql = re.sub(r"^--.*$", "", sql.replace(':"DBNAME"', "rehearsal"), flags=re.MULTILINE)
    return [statement.strip() for statement in sql.split(";") if statement.strip()]


def drop(server: psycopg.Connection[Any]) -> None:
    server.execute("DROP DATABASE IF EXISTS rehearsal WITH (FORCE)")
    for role in ("owner", "web", "seal", "app", "sealer"):
        server.execute(f"DROP ROLE IF EXISTS rehearsal_{role}")


@pytest.mark.django_db
def test_the_logins_hold_what_check_asks(elsewhere: str, tmp_path: Path):
    def login(name: str) -> str:
        # On the socket of the tests' own server nobody asks for a password.
        parts = urlsplit(elsewhere)
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"rehearsal_{name}:rehearsed@{host}").geturl()

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "DATABASE_URL": login("web"),
            "DATABASE_OWNER_URL": login("owner"),
            "DATABASE_SEALER_URL": login("seal"),
            "ARTEMIS_DATABASE_ROLE": "rehearsal_app",
            "ARTEMIS_SEALER_ROLE": "rehearsal_sealer",
            "ARTEMIS_DATA": str(tmp_path),
            "ARTEMIS_KEYS": str(tmp_path / "keys"),
        }
        environment.pop("ARTEMIS_DATABASE_LOGIN", None)
        words = (sys.executable, str(REPOSITORY / "manage.py"), *words)
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)

    migrated = manage("migrate", "--no-input", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    checked = manage("check", "--deploy", "--database", "default", "--tag", "database")
    found = set(re.findall(r"artemis\.E\d+", checked.stdout + checked.stderr))
    # No sealer runs here, and no third party is given checkpoints.
    assert found <= {"artemis.E015", "artemis.E016"}, checked.stderr
    assert manage("create_keys").returncode == 0
