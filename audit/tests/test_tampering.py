"""A database superuser with every guard off is found by whoever holds an older checkpoint and the public key.

Each act is the cleverest that we know of: columns, entry, hashes, counters and the tree are all made anew, so that the
trail agrees with itself. What is younger than the last seal is the window that is left (docs/audit.md).
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.export import exported
from audit.merkle import Frontier
from audit.models import AuditEvent
from audit.record import About, Machine, record
from audit.verbs import Verb
from tests.sealing import Seal

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = Path(__file__).resolve().parents[1] / "enclosed" / "verify_export.py"
TABLES = ("audit_auditevent", "audit_auditleaf", "audit_auditsubtree", "audit_auditcheckpoint")


def write(count: int = 1, *, case: str = "NW-1") -> list[AuditEvent]:
    about = About(object_type="case", object_id="1", licensee_id=1, case_reference=case)
    with transaction.atomic():
        return [
            record(Verb.CASE_CLAIMED, by=Machine("tests"), about=about, payload={"turn": turn})
            for turn in range(count)
        ]


@pytest.fixture
def superuser(transactional_db: None) -> Iterator[psycopg.Connection]:
    """Who can switch every trigger off, and does."""
    url = os.environ.get("ARTEMIS_TEST_SUPERUSER_URL", "")
    if not url:
        pytest.skip("the servers that were given have no superuser for us")
    database = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"]
    with psycopg.connect(url, dbname=database, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
def held(seal: Seal, tmp_path: Path) -> Path:
    """Twelve entries of two cases under a checkpoint that somebody else keeps; then five more, sealed as well."""
    write(6, case="NW-1")
    write(6, case="NW-2")
    seal()
    kept = tmp_path / "kept.txt"
    kept.write_text(seal.note)
    write(5, case="NW-1")
    seal()
    return kept


def make_tree_anew(superuser: psycopg.Connection, order: str = "leaf.index") -> None:
    """The whole tree over what is there now, with its counters and its (unsigned) newest checkpoint."""
    superuser.execute(
        "UPDATE audit_auditevent SET leaf_hash = sha256('\\x00'::bytea || convert_to(entry, 'UTF8'))"
    )
    rows = superuser.execute(
        "SELECT event.id, event.leaf_hash FROM audit_auditevent AS event"  # noqa: S608
        f" LEFT JOIN audit_auditleaf AS leaf ON leaf.event_id = event.id ORDER BY {order}, event.at"
    ).fetchall()
    for table in TABLES[1:]:
        superuser.execute(f"DELETE FROM {table}")  # noqa: S608
    superuser.execute("DELETE FROM audit_auditpending")
    frontier = Frontier()
    for index, (event_id, leaf) in enumerate(rows):
        frontier.append(leaf)
        superuser.execute("INSERT INTO audit_auditleaf VALUES (%s, %s, %s)", [index, leaf, event_id])
    for place in frontier.completed:
        superuser.execute("INSERT INTO audit_auditsubtree VALUES (%s, %s, %s)", place)
    superuser.execute(
        "INSERT INTO audit_auditcheckpoint (size, root, frontier, note) VALUES (%s, %s, %s, 'forged')",
        [frontier.size, frontier.root(), frontier.packed()],
    )
    superuser.execute("DELETE FROM audit_casecounter")
    superuser.execute(
        "INSERT INTO audit_casecounter SELECT case_reference, max(case_sequence) FROM audit_auditevent GROUP BY 1"
    )


def edit(superuser: psycopg.Connection) -> None:
    superuser.execute(
        "UPDATE audit_auditevent SET verb = 'case:decided', entry = replace(entry, 'case:claimed', 'case:decided')"
        " WHERE case_reference = 'NW-1' AND case_sequence = 2"
    )


def delete(superuser: psycopg.Connection) -> None:
    """The last entries of a case: no number is missing afterwards."""
    superuser.execute("DELETE FROM audit_auditevent WHERE case_reference = 'NW-2' AND case_sequence > 4")


def delete_a_case(superuser: psycopg.Connection) -> None:
    superuser.execute("DELETE FROM audit_auditevent WHERE case_reference = 'NW-2'")


def truncate(superuser: psycopg.Connection) -> None:
    superuser.execute("TRUNCATE audit_auditevent, audit_auditleaf, audit_casecounter")


def insert_in_the_past(superuser: psycopg.Connection) -> None:
    superuser.execute(
        "INSERT INTO audit_auditevent (id, at, verb, actor, actor_roles, licensee_id, object_type, object_id,"
        " case_reference, case_sequence, request_id, reason, payload, nonce, entry)"
        " SELECT '00000000-0000-4000-8000-000000000001', at, verb, actor, actor_roles, licensee_id, object_type,"
        " object_id, 'NW-3', 1, request_id, reason, payload, nonce, replace(replace(replace(entry, id::text,"
        " '00000000-0000-4000-8000-000000000001'), 'NW-1', 'NW-3'), '\"case_sequence\":2', '\"case_sequence\":1')"
        " FROM audit_auditevent WHERE case_reference = 'NW-1' AND case_sequence = 2"
    )


def replay_a_case(superuser: psycopg.Connection) -> None:
    """Everything of a case once more, word for word, with other nonces."""
    superuser.execute(
        "UPDATE audit_auditevent SET nonce = sha256(nonce), entry = replace(entry, encode(nonce, 'hex'),"
        " encode(sha256(nonce), 'hex')) WHERE case_reference = 'NW-2'"
    )


ACTS = [edit, delete, delete_a_case, truncate, insert_in_the_past, replay_a_case]


def verified(keys: Path, *checkpoints: Path) -> str:
    output = StringIO()
    named = [f"--checkpoint={path}" for path in checkpoints]
    try:
        call_command("verify_audit", *named, f"--key={keys / 'audit-sealing.vkey'}", stdout=output)
    except CommandError as failure:
        return f"{output.getvalue()}{failure}"
    return output.getvalue()


def by_script(seal: Seal, keys: Path, folder: Path, *checkpoints: Path) -> str:
    """The stand-alone verifier on an export, as a third party runs it."""
    (folder / "trail.txt").write_text("".join(exported()))
    words = [
        sys.executable,
        "-I",
        str(SCRIPT),
        "trail.txt",
        str(keys / "audit-sealing.vkey"),
        *map(str, checkpoints),
    ]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_an_untouched_trail_holds_against_old_and_new(
    seal: Seal, held: Path, sealing_keys: Path, tmp_path: Path
) -> None:
    newest = seal.folder / "latest.txt"
    said = verified(sealing_keys, held, newest)
    assert "kept.txt: holds. The first 12 entries are the ones that were sealed." in said
    assert "latest.txt: holds. The first 17 entries" in said
    assert said.endswith("17 sealed; nothing is pending.\n17 entries checked: nothing differs.\n")
    assert by_script(seal, sealing_keys, tmp_path, held, newest).startswith("VALID, 17 entries\n")


@pytest.mark.parametrize("act", ACTS)
def test_what_a_superuser_does_is_found_by_an_older_checkpoint(
    act: Callable[[psycopg.Connection], None],
    seal: Seal,
    held: Path,
    superuser: psycopg.Connection,
    sealing_keys: Path,
    tmp_path: Path,
) -> None:
    act(superuser)
    make_tree_anew(superuser, order="event.at")
    assert "differ" not in verified(sealing_keys).replace("nothing differs", "")  # it agrees with itself
    assert "kept.txt: " in verified(sealing_keys, held)
    assert "1 thing differs" in verified(sealing_keys, held)
    said = by_script(seal, sealing_keys, tmp_path, held)
    assert said.startswith("NOT VALID\n") and "kept.txt: does not hold (12 entries)" in said


def test_another_order_is_found(
    seal: Seal, held: Path, superuser: psycopg.Connection, sealing_keys: Path, tmp_path: Path
) -> None:
    make_tree_anew(superuser, order="-leaf.index")
    assert "1 thing differs" in verified(sealing_keys, held)
    assert by_script(seal, sealing_keys, tmp_path, held).startswith("NOT VALID\n")


def test_a_forged_trail_cannot_get_a_signature(seal: Seal, held: Path, superuser: psycopg.Connection) -> None:
    """Not even the sealer itself signs over it: it remembers what it gave out."""
    edit(superuser)
    make_tree_anew(superuser)
    write()
    with pytest.raises(Exception, match="was signed and given out"):
        seal.sealer.seal_once()


def test_an_entry_dated_back_is_named_though_it_is_sealed_like_any(
    seal: Seal, held: Path, superuser: psycopg.Connection, sealing_keys: Path
) -> None:
    """The application itself could write one; the sealer seals what comes. Its place in the tree tells."""
    (young,) = write(case="NW-4")
    earlier = young.at - timedelta(days=2)
    superuser.execute(
        "UPDATE audit_auditevent SET at = %s, entry = replace(entry, %s, %s) WHERE id = %s",
        [earlier, young.at.isoformat(), earlier.isoformat(), young.pk],
    )
    superuser.execute(
        "UPDATE audit_auditevent SET leaf_hash = sha256('\\x00'::bytea || convert_to(entry, 'UTF8'))"
    )
    seal()
    said = verified(sealing_keys, held)
    assert (
        f"place 17 of the tree: its entry {young.pk} is dated {earlier:%Y-%m-%d %H:%M}, but much younger ones"
        in said
    )
    assert "1 thing differs" in said


def test_without_making_the_tree_anew_no_checkpoint_is_needed(
    held: Path, superuser: psycopg.Connection, sealing_keys: Path
) -> None:
    edit(superuser)
    said = verified(sealing_keys)
    assert "its leaf hash is not the hash of its entry" in said
    superuser.execute(
        "UPDATE audit_auditevent SET leaf_hash = sha256('\\x00'::bytea || convert_to(entry, 'UTF8'))"
    )
    assert "of the tree: its entry" in verified(sealing_keys)
    superuser.execute("DELETE FROM audit_auditleaf WHERE index = 3")
    said = verified(sealing_keys)
    assert "place 3 of the tree is empty" in said
    assert "it is neither sealed nor pending" in said


def test_what_is_younger_than_the_last_seal_can_vanish(
    seal: Seal, held: Path, superuser: psycopg.Connection, sealing_keys: Path
) -> None:
    """The window that is left, shown and not hoped: docs/audit.md says how long it is."""
    (young,) = write(case="NW-4")
    superuser.execute("DELETE FROM audit_auditevent WHERE id = %s", [young.pk])
    assert "the queue still names it" in verified(sealing_keys, held)
    superuser.execute("DELETE FROM audit_auditpending")
    superuser.execute("DELETE FROM audit_casecounter WHERE case_reference = 'NW-4'")
    assert "nothing differs" in verified(sealing_keys, held)


def test_a_checkpoint_of_somebody_else_is_refused(
    seal: Seal, held: Path, sealing_keys: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text(seal.note.replace("\n17\n", "\n16\n"))
    assert "signature does not fit" in verified(sealing_keys, other)
    assert "InvalidSignature" in by_script(seal, sealing_keys, tmp_path, other)


def test_an_export_for_one_licensee_hides_the_others_and_still_holds(
    seal: Seal, held: Path, sealing_keys: Path, tmp_path: Path
) -> None:
    lines = "".join(exported(licensee_ids=[2])).splitlines()
    assert len(lines) == 18 and all(len(line) == 64 for line in lines[1:])
    (tmp_path / "hidden.txt").write_text("\n".join([*lines, ""]))
    key = str(sealing_keys / "audit-sealing.vkey")
    words = [sys.executable, "-I", str(SCRIPT), str(tmp_path / "hidden.txt"), key, str(held)]
    assert subprocess.run(words, capture_output=True, text=True, check=False).stdout.startswith("VALID")
