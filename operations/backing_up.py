"""A backup: one moment of the database by pg_dump, encrypted on its way where a recipient is named, and what it is.

Keys are not in it. Evidence in it is ciphertext under keys that are wrapped; people, times and decisions are not, so
`--to` an age recipient whose identity lies elsewhere is the way to keep it. A folder is complete when it has its name:
until then it ends in “.unfinished”.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import psycopg
import pyrage
from django.db import transaction
from django.utils import timezone
from psycopg import sql

from accounts.row_scope import system_scope
from audit.record import About, Actor, record
from audit.verbs import Verb
from operations.manifest import CHECKPOINT, DUMP, ENCRYPTED, MANIFEST, Manifest, digest_of, read_manifest
from operations.programs import NoProgram, connection_of, last_lines, owner_url, program, server_version
from referrals.gathering import software
from scoring.key_providers import keep_names

UNFINISHED = ".unfinished"
PREFIX = "artemis-"
# Larger tables are not counted: that pg_restore ends well, and the digest, say that they are whole.
COUNTED_UP_TO = 5_000_000
TABLES = """
    SELECT relname, reltuples FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
MIGRATIONS = "SELECT app, max(name) FROM django_migrations GROUP BY app"
NEWEST = "SELECT size, note FROM audit_auditcheckpoint ORDER BY size DESC LIMIT 1"
KEYS = "SELECT wrapped_by, count(*) FROM scoring_datakey WHERE wrapped IS NOT NULL GROUP BY wrapped_by"


@system_scope("the database whole")
def make_backup(folder: Path, *, recipients: Sequence[str] = (), by: Actor) -> Path:
    """Answers the folder of the backup. Raises NoProgram, OSError, pyrage.RecipientError."""
    to = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    now = timezone.now()
    finished = folder / f"{PREFIX}{now:%Y-%m-%dT%H-%M-%SZ}"
    unfinished = folder / f"{finished.name}{UNFINISHED}"
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        manifest = _written(unfinished, to, recipients, made_at=now.isoformat(timespec="seconds"))
        manifest.write(unfinished)
        keep_names(unfinished)
        unfinished.rename(finished)
        keep_names(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    payload = {"digest": manifest.digest, "bytes": manifest.size, "entries": manifest.entries}
    with transaction.atomic():
        record(Verb.BACKUP_MADE, by=by, about=About("backup", finished.name), payload=payload)
    return finished


def delete_older(folder: Path, *, days: int, by: Actor) -> list[str]:
    """What was erased since lies in older backups, so they are deleted after a time as well. The newest stays."""
    finished = sorted(path for path in folder.glob(f"{PREFIX}*") if (path / MANIFEST).exists())
    until = timezone.now() - timedelta(days=days)
    old = [path for path in finished[:-1] if read_manifest(path).made_at < until.isoformat()]
    for path in old:
        with transaction.atomic():
            record(Verb.BACKUP_DELETED, by=by, about=About("backup", path.name))
        shutil.rmtree(path)
    return [path.name for path in old]


def _written(unfinished: Path, to: Sequence[Any], recipients: Sequence[str], *, made_at: str) -> Manifest:
    url = owner_url()
    server = server_version(url)
    path = unfinished / (ENCRYPTED if to else DUMP)
    # All are of one moment: what is counted here, and what pg_dump sees in its own connections.
    with psycopg.connect(url) as owner:
        owner.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        [(snapshot,)] = owner.execute("SELECT pg_export_snapshot()").fetchall()
        entries = _checkpoint(unfinished, owner)
        _dump(url, snapshot, path, to, server=server)
        return Manifest(
            made_at=made_at,
            software=software(),
            postgresql=server,
            file=path.name,
            digest=digest_of(path),
            size=path.stat().st_size,
            encrypted_to=list(recipients),
            migrations=dict(owner.execute(MIGRATIONS).fetchall()),
            rows=_rows(owner),
            keys=dict(owner.execute(KEYS).fetchall()),
            entries=entries,
        )


def _checkpoint(unfinished: Path, owner: psycopg.Connection[Any]) -> int:
    """What the trail is held to after a restore: the newest of this very moment, so that the dump has all it covers."""
    newest = owner.execute(NEWEST).fetchone()
    if newest is None:
        return 0
    (unfinished / CHECKPOINT).write_text(newest[1])
    return int(newest[0])


def _dump(url: str, snapshot: str, path: Path, to: Sequence[Any], *, server: int) -> None:
    target, environment = connection_of(url)
    words = [
        str(program("pg_dump", server=server)),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
        f"--dbname={target}",
    ]
    with (
        path.open("xb") as file,
        subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        os.fchmod(file.fileno(), 0o600)
        _carry(process, file, to)
        said = process.stderr.read() if process.stderr else b""
        if process.wait():
            raise NoProgram(f"pg_dump failed: {last_lines(said)}")
        file.flush()
        os.fsync(file.fileno())


def _carry(process: subprocess.Popen[bytes], file: IO[bytes], to: Sequence[Any]) -> None:
    """No byte touches the disk unencrypted where somebody is named to whom it is."""
    assert process.stdout is not None  # noqa: S101 — it was asked for
    if to:
        pyrage.encrypt_io(process.stdout, file, list(to))
    else:
        shutil.copyfileobj(process.stdout, file)


def _rows(owner: psycopg.Connection[Any]) -> dict[str, int | None]:
    counted: dict[str, int | None] = {}
    for table, about in owner.execute(TABLES).fetchall():
        if about > COUNTED_UP_TO:
            counted[table] = None
            continue
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        [(counted[table],)] = owner.execute(query).fetchall()
    return counted
