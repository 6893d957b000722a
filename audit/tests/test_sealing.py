"""The sealer: each committed entry gets one place, in one tree, under a signed checkpoint, whatever happens to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.merkle import Frontier, check_consistency, root_by_inclusion
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditPending
from audit.notes import Checkpoint
from audit.proofs import consistency_between, proofs_of
from audit.published import Published, notes_in
from audit.record import About, Machine, record
from audit.sealer import HistoryChanged, Sealer
from audit.verbs import Verb
from tests.machinery import wait_until
from tests.sealing import Seal

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


def write(count: int = 1, *, case: str = "NW-1") -> list[AuditEvent]:
    about = About(object_type="case", object_id="1", licensee_id=1, case_reference=case)
    with transaction.atomic():
        return [record(Verb.CASE_CLAIMED, by=Machine("tests"), about=about) for _ in range(count)]


def recomputed() -> Checkpoint:
    """From the leaves alone, without anything that the sealer stored besides."""
    frontier = Frontier()
    for index, leaf in enumerate(AuditLeaf.objects.order_by("index").select_related("event")):
        assert leaf.index == index
        assert bytes(leaf.leaf_hash) == bytes(leaf.event.leaf_hash)
        frontier.append(bytes(leaf.leaf_hash))
    return Checkpoint("tests.example/trail", frontier.size, frontier.root())


def test_what_is_pending_is_sealed_under_a_signed_checkpoint(seal: Seal) -> None:
    write(5)
    assert seal() == recomputed()
    assert AuditLeaf.objects.count() == 5
    assert not AuditPending.objects.exists()
    assert AuditCheckpoint.objects.get().note == seal.note


def test_nothing_new_makes_no_checkpoint(seal: Seal) -> None:
    write()
    seal()
    assert seal.sealer.seal_once() == 0
    assert AuditCheckpoint.objects.count() == 1


def test_a_round_takes_as_many_as_it_may_and_goes_on_where_it_was(seal: Seal) -> None:
    write(10)
    assert [seal.sealer.seal_once(limit=4) for _ in range(4)] == [4, 4, 2, 0]
    assert seal() == recomputed()
    assert list(AuditCheckpoint.objects.order_by("size").values_list("size", flat=True)) == [4, 8, 10]


def test_every_entry_is_proved_and_every_older_checkpoint_is_the_beginning(seal: Seal) -> None:
    older = []
    for count in (1, 2, 30, 16, 21):
        write(count)
        older.append(seal())
    newest = older[-1]
    proofs = proofs_of(AuditEvent.objects.values_list("pk", flat=True))
    assert proofs is not None and proofs.size == 70
    for one in proofs.by_event.values():
        assert root_by_inclusion(one.leaf_hash, index=one.index, size=70, proof=one.hashes) == newest.root
    for one in older:
        proof = consistency_between(one.size, newest.size)
        check_consistency(old=one.size, old_root=one.root, new=newest.size, new_root=newest.root, proof=proof)


def test_an_entry_that_is_not_sealed_has_no_proof(seal: Seal) -> None:
    (first,) = write()
    assert proofs_of([first.pk]) is None
    seal()
    (second,) = write()
    assert proofs_of([first.pk]) is not None
    assert proofs_of([first.pk, second.pk]) is None


def test_an_entry_that_commits_late_is_not_lost(seal: Seal) -> None:
    """Its id and time are older than those of what was sealed before it: “id > last” would pass it by."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as slow:
        slow.execute(
            "INSERT INTO audit_auditevent (id, at, verb, actor, actor_roles, object_type, object_id, case_reference,"
            " request_id, reason, payload, nonce, entry) VALUES ('00000000-0000-4000-8000-000000000001', now(),"
            " 'case:claimed', 'machine:tests', '', '', '', '', '', '', '{}', '', 'slow')"
        )
        write(3)
        assert seal().size == 3
    assert seal().size == 4
    assert recomputed().size == 4


# --- Killed, doubled, deceived -----------------------------------------------------------------

STEPS = ("_frontier", "_write_leaves", "_write_subtrees", "_write_checkpoint", "add")
# A process of its own that is killed as soon as it has made the step named.
KILLED = """
import os, signal, sys
from pathlib import Path
import psycopg
from audit.notes import load_signer
from audit.published import Published
from audit.sealer import Sealer
url, keys, folder, step = sys.argv[1:]
signer = load_signer(Path(keys))
sealer = Sealer(psycopg.connect(url, autocommit=True), signer, Published(Path(folder), signer.verifier))
assert sealer.leads()
sealer.catch_up()
of = sealer.published if step == "add" else sealer
method = getattr(of, step)
def killed(*arguments):
    if step != "add":  # that one is killed before it gives out what was committed
        method(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(of, step, killed)
sealer.seal_once()
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_loses_and_doubles_nothing(
    new_sealer: Callable[[], Sealer], step: str, sealing_keys: Path, tmp_path: Path
) -> None:
    write(40)
    new_sealer().seal_once(limit=3)
    words = [sys.executable, "-c", KILLED, os.environ["DATABASE_SEALER_URL"], str(sealing_keys)]
    process = subprocess.run(
        [*words, str(tmp_path / "checkpoints"), step], cwd=REPOSITORY, check=False, capture_output=True
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert AuditCheckpoint.objects.count() == (2 if step == "add" else 1)
    second = new_sealer()
    wait_until(second.leads, seconds=5, what="the lock of the killed one to be free")
    second.catch_up()
    while second.seal_once():
        pass
    assert recomputed().size == 40
    assert second.published.last() == recomputed()
    assert AuditLeaf.objects.values("event_id").distinct().count() == 40


def test_only_one_seals_and_another_takes_over(new_sealer: Callable[[], Sealer]) -> None:
    first, second = new_sealer(), new_sealer()
    assert first.leads()
    assert not second.leads()
    first.connection.close()
    wait_until(second.leads, seconds=5, what="the lock to be free")


def test_a_database_from_an_older_backup_is_not_signed_over(
    seal: Seal, owner_connection: psycopg.Connection
) -> None:
    write(3)
    seal()
    write(2)
    seal()
    with owner_connection.transaction():
        for table in ("audit_auditleaf", "audit_auditcheckpoint"):
            owner_connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_connection.execute("DELETE FROM audit_auditleaf WHERE index >= 3")
        owner_connection.execute("DELETE FROM audit_auditcheckpoint WHERE size > 3")
        for table in ("audit_auditleaf", "audit_auditcheckpoint"):
            owner_connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    write()
    with pytest.raises(HistoryChanged, match="checkpoint of 5 entries"):
        seal.sealer.seal_once()
    again = Published(seal.folder, seal.signer.verifier)
    with pytest.raises(HistoryChanged, match="checkpoint of 5 entries"):
        Sealer(seal.sealer.connection, seal.signer, again).catch_up()


def test_a_checkpoint_that_somebody_else_signed_is_not_given_out(
    seal: Seal, owner_connection: psycopg.Connection
) -> None:
    write()
    seal()
    owner_connection.execute(
        "INSERT INTO audit_auditcheckpoint (size, root, frontier, note) VALUES (9, ''::bytea, ''::bytea, 'x')"
    )
    with pytest.raises(HistoryChanged, match="not ours"):
        seal.sealer.catch_up()


def test_every_checkpoint_is_kept_in_the_days_file(seal: Seal) -> None:
    for _ in range(3):
        write()
        seal()
    (day,) = [path for path in seal.folder.iterdir() if path.name.startswith("2")]
    assert notes_in(day.read_text()) == list(
        AuditCheckpoint.objects.order_by("size").values_list("note", flat=True)
    )


def test_the_bell_is_heard_at_once(running_sealer: Seal) -> None:
    """It looks by itself each thirty seconds only."""
    for _ in range(3):
        write()
        with connection.cursor() as cursor:
            cursor.execute("NOTIFY artemis_seal")
        wait_until(lambda: not AuditPending.objects.exists(), seconds=10, what="the entry to be sealed")


# --- Who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_auditleaf (index, event_id, leaf_hash) VALUES (0, gen_random_uuid(), '')",
        "INSERT INTO audit_auditsubtree (level, index, hash) VALUES (4, 0, '')",
        "INSERT INTO audit_auditcheckpoint (size, root, frontier, note) VALUES (1, '', '', '')",
        "DELETE FROM audit_auditpending",
        "UPDATE audit_auditpending SET event_id = gen_random_uuid()",
        "SET ROLE artemis_sealer",
    ],
)
def test_the_application_may_not_seal(seal: Seal, statement: str) -> None:
    write()
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(statement)
    assert (AuditLeaf.objects.count(), AuditPending.objects.count()) == (0, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit_auditevent (id) VALUES (gen_random_uuid())",
        "UPDATE audit_auditevent SET actor = 'x'",
        "DELETE FROM audit_auditleaf",
        "UPDATE audit_auditcheckpoint SET note = 'x'",
        "SELECT * FROM scoring_message",
        "SELECT * FROM accounts_user",
    ],
)
def test_the_sealer_may_only_seal(seal: Seal, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seal.sealer.connection.execute(statement)


def test_the_folder_of_checkpoints_is_made(seal: Seal, tmp_path: Path) -> None:
    write()
    seal()
    assert (tmp_path / "checkpoints" / "latest.txt").exists()
