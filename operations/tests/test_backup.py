"""A backup is put back elsewhere, by the commands that an operator types, and what differs is said."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pyrage
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import AuditEvent
from audit.notes import VERIFIER_FILE
from audit.verbs import Verb
from operations.backing_up import UNFINISHED, delete_older, make_backup
from operations.manifest import CHECKPOINT, DUMP, ENCRYPTED, MANIFEST, Manifest, read_manifest
from operations.programs import NoProgram
from referrals.models import Packet
from tests.factories import TEXTS
from tests.people import TESTS
from tests.sealing import Seal

REPOSITORY = Path(__file__).resolve().parents[2]
ELSEWHERE = "artemis_restored"
BROKEN = """#!/bin/sh
[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit
echo "no more disk" >&2
exit 1
"""
Restore = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.django_db(transaction=True)


def url_of(name: str) -> str:
    return urlsplit(os.environ[name])._replace(path=f"/{ELSEWHERE}").geturl()


@pytest.fixture
def restore(owner_connection: psycopg.Connection, sealing_keys: Path) -> Iterator[Restore]:
    """`manage.py restore` in a process of its own, for a database of its own, with the keys of this installation."""
    owner_connection.execute(f"DROP DATABASE IF EXISTS {ELSEWHERE}")
    owner_connection.execute(f"CREATE DATABASE {ELSEWHERE}")
    shutil.copy(sealing_keys / VERIFIER_FILE, settings.ARTEMIS_KEYS)
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SEALER_URL")

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        there = {name: url_of(name) for name in names}
        where = {
            "ARTEMIS_KEYS": str(settings.ARTEMIS_KEYS),
            "DJANGO_SETTINGS_MODULE": "artemis_site.settings",
        }
        return subprocess.run(
            [sys.executable, str(REPOSITORY / "manage.py"), "restore", *map(str, arguments)],
            env=os.environ | there | where | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    owner_connection.execute(f"DROP DATABASE {ELSEWHERE} WITH (FORCE)")


def refused(folder: Path, *arguments: str | Path) -> str:
    """In this process: it ends before the database that this process is connected to is asked anything."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            patch.setenv(name, url_of(name))
        with pytest.raises(CommandError) as refusal:
            call_command("restore", folder, *map(str, arguments))
    return str(refusal.value)


def there(query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url_of("DATABASE_OWNER_URL")) as owner:
        return owner.execute(query).fetchall()  # type: ignore[arg-type]


def test_what_was_written_is_put_back_and_verified(
    packet: Packet, seal: Seal, restore: Restore, tmp_path: Path
):
    checkpoint = seal()
    folder = make_backup(tmp_path / "backups", by=TESTS)
    manifest = read_manifest(folder)
    assert manifest.entries == checkpoint.size > 0
    assert manifest.rows["scoring_message"] == len(TEXTS) and manifest.rows["referrals_packet"] == 1
    done = restore(folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Restored, and nothing differs." in done.stdout
    counts = "SELECT (SELECT count(*) FROM scoring_message), (SELECT count(*) FROM referrals_packet)"
    assert there(counts) == [(len(TEXTS), 1)]
    # Rights and row security are there again, and what happened is in the trail that goes on.
    assert there("SELECT row_security_active('scoring_message'::regclass) IS NOT NULL") == [(True,)]
    assert there("SELECT has_table_privilege('artemis_app', 'audit_auditevent', 'UPDATE')") == [(False,)]
    assert there("SELECT count(*) FROM pg_policy WHERE polrelid = 'scoring_message'::regclass") == [(1,)]
    [(payload,)] = there("SELECT payload FROM audit_auditevent WHERE verb = 'backup:restored'")
    assert payload["faults"] == 0 and payload["digest"] == manifest.digest  # type: ignore[index]
    assert AuditEvent.objects.get(verb=Verb.BACKUP_MADE).payload["digest"] == manifest.digest


def test_a_full_database_is_left_alone(packet: Packet, restore: Restore, tmp_path: Path):
    folder = make_backup(tmp_path, by=TESTS)
    with psycopg.connect(url_of("DATABASE_OWNER_URL")) as owner:
        owner.execute("CREATE TABLE somebody_elses (id int)")
    assert "This database holds tables" in refused(folder)
    assert there("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("somebody_elses",)]


def test_a_changed_backup_is_not_put_in(packet: Packet, restore: Restore, tmp_path: Path):
    folder = make_backup(tmp_path, by=TESTS)
    content = bytearray((folder / DUMP).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / DUMP).write_bytes(content)
    assert "its SHA-256 differs" in refused(folder)
    assert there("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_broken_one_leaves_nothing_behind(packet: Packet, restore: Restore, tmp_path: Path):
    """Whoever writes a digest to a broken file still gets all of it or nothing."""
    folder = make_backup(tmp_path, by=TESTS)
    content = (folder / DUMP).read_bytes()
    (folder / DUMP).write_bytes(content[: len(content) * 2 // 3])
    rewrite(folder, digest=hashed(folder / DUMP))
    assert "pg_restore failed, and nothing was put in" in refused(folder)
    assert there("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_an_encrypted_one_opens_for_its_identity_alone(
    packet: Packet, seal: Seal, restore: Restore, tmp_path: Path
):
    seal()
    identity, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    folder = make_backup(tmp_path / "backups", recipients=[str(identity.to_public())], by=TESTS)
    assert not (folder / DUMP).exists()
    assert (folder / ENCRYPTED).read_bytes().startswith(b"age-encryption.org/v1")
    (tmp_path / "identity").write_text(f"# made by a test\n{identity}\n")
    (tmp_path / "other").write_text(str(other))
    assert "Name the file with the identity" in refused(folder)
    assert "cannot be decrypted with" in refused(folder, "--identity", tmp_path / "other")
    assert there("SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    done = restore(folder, "--identity", tmp_path / "identity")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_differs_afterwards_is_said(packet: Packet, seal: Seal, restore: Restore, tmp_path: Path):
    seal()
    folder = make_backup(tmp_path / "backups", by=TESTS)
    rows = json.loads((folder / MANIFEST).read_text())["rows"]
    rewrite(folder, rows=rows | {"review_case": 7})
    (folder / CHECKPOINT).write_text((folder / CHECKPOINT).read_text().replace("\n1", "\n2", 1))
    empty = tmp_path / "keys"
    shutil.copytree(settings.ARTEMIS_KEYS, empty)
    (empty / "key-encryption.key").write_text("ab" * 32 + "\n")
    done = restore(folder, ARTEMIS_KEYS=str(empty))
    assert done.returncode == 1
    assert "✗ review_case holds 1 rows and had 7." in done.stdout
    assert "which is not at hand" in done.stdout
    assert "✗ The trail: " in done.stdout
    assert f"✗ Packet {packet.pk} cannot be opened" in done.stdout
    assert "things differ" in done.stderr
    [(payload,)] = there("SELECT payload FROM audit_auditevent WHERE verb = 'backup:restored'")
    assert payload["faults"] == 4  # type: ignore[index]


def test_nobody_else_reads_it_and_no_evidence_is_in_it(packet: Packet, tmp_path: Path):
    folder = make_backup(tmp_path, by=TESTS)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / DUMP).stat().st_mode) == 0o600
    assert not any(text.encode() in (folder / DUMP).read_bytes() for text in TEXTS)


def test_a_failure_leaves_no_half_backup(packet: Packet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "pg_dump").write_text(BROKEN)
    (broken / "pg_dump").chmod(0o755)
    monkeypatch.setenv("ARTEMIS_PG_BIN", str(broken))
    with pytest.raises(NoProgram, match="no more disk"):
        make_backup(tmp_path / "backups", by=TESTS)
    assert list((tmp_path / "backups").iterdir()) == []
    assert not AuditEvent.objects.filter(verb=Verb.BACKUP_MADE).exists()


def test_older_ones_go_and_the_newest_stays(packet: Packet, tmp_path: Path):
    old, middle, new = [made(tmp_path, days) for days in (40, 35, 31)]
    (tmp_path / f"artemis-unfinished{UNFINISHED}").mkdir()
    assert delete_older(tmp_path, days=30, by=TESTS) == [old.name, middle.name]
    assert new.exists() and not old.exists()
    assert AuditEvent.objects.filter(verb=Verb.BACKUP_DELETED).count() == 2


def test_the_commands_say_what_is_wrong(packet: Packet, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(CommandError, match="No backup was made"):
        call_command("backup", tmp_path, "--to", "age1nobody")
    with pytest.raises(CommandError, match=r"holds no manifest\.json"):
        call_command("restore", tmp_path)
    call_command("backup", tmp_path)
    said = capsys.readouterr().out
    assert "people, times and decisions stand in it in clear" in said


def made(folder: Path, days: int) -> Path:
    at = timezone.now() - timedelta(days=days)
    path = folder / f"artemis-{at:%Y-%m-%dT%H-%M-%SZ}"
    path.mkdir()
    moment = at.isoformat(timespec="seconds")
    Manifest(moment, "1", 17, DUMP, "", 0, [], {}, {}, {}, 0).write(path)
    return path


def rewrite(folder: Path, **changes: object) -> None:
    content = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(content | changes))


def hashed(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
