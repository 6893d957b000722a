"""Puts a backup into an empty database, and says whether what stands there now is what was written.

Rights and row-level security are not taken from the backup: `migrate` makes them anew from the models, as it always
does, so that a backup of an older version is brought to today's by the same step.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pyrage
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from psycopg import sql

from accounts.row_scope import system_scope
from audit.database_roles import sealer_statements, statements
from audit.record import About, Actor, record
from audit.verbs import Verb
from operations.manifest import CHECKPOINT, Manifest, NotABackup, check_digest
from operations.programs import (
    NoProgram,
    connection_of,
    last_lines,
    owner_url,
    program,
    server_version,
    tables_of,
)
from referrals.models import Packet
from referrals.transports.download import open_archive
from referrals.verification import verify
from scoring.key_providers import EvidenceUnreadable
from scoring.models import DataKey
from scoring.vault import open_data_key

NOT_EMPTY = (
    "This database holds tables: a backup is put into an empty one only. Make a new database, name it in DATABASE_URL "
    "and DATABASE_OWNER_URL, and run this again."
)
NEEDS_IDENTITY = "This backup is encrypted to {to}. Name the file with the identity: --identity FILE."


def check_can_be_restored(folder: Path, manifest: Manifest, *, identity: Path | None) -> None:
    """Before anything is written. Raises NotABackup, NoProgram."""
    check_digest(folder, manifest)
    if manifest.encrypted_to and identity is None:
        raise NotABackup(NEEDS_IDENTITY.format(to=" and ".join(manifest.encrypted_to)))
    url = owner_url()
    if tables_of(url):
        raise NotABackup(NOT_EMPTY)
    program("pg_restore", server=max(manifest.postgresql, server_version(url)))


def put_back(folder: Path, manifest: Manifest, *, identity: Path | None) -> None:
    """All of it or nothing: pg_restore works in one transaction. Raises NotABackup, NoProgram."""
    url = owner_url()
    _make_roles(url)
    target, environment = connection_of(url)
    words = [
        str(program("pg_restore", server=max(manifest.postgresql, server_version(url)))),
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        f"--dbname={target}",
    ]
    with (folder / Path(manifest.file).name).open("rb") as file:
        process = subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        fault = _feed(process, file, identity)
        _, said = process.communicate()
    if fault:
        raise NotABackup(fault)
    if process.returncode:
        raise NoProgram(f"pg_restore failed, and nothing was put in: {last_lines(said)}")


def bring_up_to_date() -> None:
    """Migrations since, rights and row-level security: in a process of its own, which is the owner of the tables."""
    words = [sys.executable, str(settings.BASE_DIR / "manage.py"), "migrate", "--verbosity", "0"]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        raise NoProgram(f"“manage.py migrate” failed: {last_lines(done.stderr)}")


@system_scope("a restored database is checked whole")
def faults_after(folder: Path, manifest: Manifest, *, by: Actor) -> list[str]:
    """What differs, in sentences; none where all is well. Their number is recorded."""
    checks = (_missing_rows, _keys_not_at_hand, _trail_differs, _packets_differ)
    found = [sentence for check in checks for sentence in check(folder, manifest)]
    payload = {"made_at": manifest.made_at, "digest": manifest.digest, "faults": len(found)}
    with transaction.atomic():
        record(Verb.BACKUP_RESTORED, by=by, about=About("backup", folder.name), payload=payload)
    return found


# --- Steps -----------------------------------------------------------------------------------------


def _make_roles(url: str) -> None:
    """Policies in the dump name them. What they may is granted by `migrate`."""
    role, sealer = settings.ARTEMIS_DATABASE_ROLE, settings.ARTEMIS_SEALER_ROLE
    if not role:
        return
    with psycopg.connect(url) as owner:
        for first, *_ in (statements(role=role), sealer_statements(role=sealer)):
            owner.execute(sql.SQL(first))  # of our own making


def _feed(process: subprocess.Popen[bytes], file: Any, identity: Path | None) -> str:
    """A sentence where the backup cannot be decrypted: pg_restore then sees a broken end, and undoes everything."""
    assert process.stdin is not None  # noqa: S101 — it was asked for
    try:
        if identity is None:
            shutil.copyfileobj(file, process.stdin)
        else:
            pyrage.decrypt_io(file, process.stdin, _identities(identity))
    except BrokenPipeError:
        return ""  # it says itself what was wrong
    except (pyrage.DecryptError, pyrage.IdentityError, OSError) as fault:
        process.kill()
        return f"The backup cannot be decrypted with {identity}: {fault}. Nothing was put in."
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
    return ""


def _identities(path: Path) -> Sequence[Any]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]


# --- Checks ----------------------------------------------------------------------------------------


def _missing_rows(_: Path, manifest: Manifest) -> Iterator[str]:
    with psycopg.connect(owner_url()) as owner:
        there = set(tables_of(owner_url()))
        for table, expected in manifest.rows.items():
            if expected is None or table == "django_migrations" or table not in there:
                continue
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            [(count,)] = owner.execute(query).fetchall()
            if count < expected:
                yield f"{table} holds {count:,} rows and had {expected:,}."


def _keys_not_at_hand(_: Path, __: Manifest) -> Iterator[str]:
    """One data key of each key-encryption key is opened: whether evidence can be read again is known now."""
    for key_id in DataKey.objects.exclude(wrapped=None).values_list("wrapped_by", flat=True).distinct():
        count = DataKey.objects.filter(wrapped_by=key_id).count()
        try:
            open_data_key(DataKey.objects.filter(wrapped_by=key_id).exclude(wrapped=None)[0])
        except EvidenceUnreadable as fault:
            yield f"{count:,} data keys are wrapped by {key_id}, which is not at hand: {fault}"


def _trail_differs(folder: Path, manifest: Manifest) -> Iterator[str]:
    checkpoint = folder / CHECKPOINT
    given = {"checkpoint": [checkpoint]} if manifest.entries and checkpoint.exists() else {}
    try:
        call_command("verify_audit", verbosity=0, stdout=StringIO(), **given)
    except CommandError as fault:
        yield f"The trail: {fault}"


def _packets_differ(_: Path, __: Manifest) -> Iterator[str]:
    """Each sealed packet is opened and verified as its recipient would: one at a time."""
    for packet in Packet.objects.select_related("data_key").order_by("pk").iterator(chunk_size=1):
        if packet.data_key.wrapped is None:
            continue
        try:
            is_valid = verify(open_archive(packet)).is_valid
        except Exception as fault:
            yield f"Packet {packet.pk} cannot be opened: {fault}"
            continue
        if not is_valid:
            yield f"Packet {packet.pk} is not what was sealed. Take it out and run “manage.py verify_packet”."
