"""What was changed behind Artemis is found, though whoever did it owned the tables and took the guards away."""

import hashlib
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from psycopg import sql

from audit.models import AuditEvent
from audit.record import About, Machine, record
from audit.verbs import Verb
from audit.verify import check_cases, check_entries, stored_events
from tests.sealing import Tamper

COLUMNS = "its columns are not what its entry says: a column or the entry was changed."
HASH = "its leaf hash is not the hash of its entry: one of the two was changed."


@pytest.fixture
def events(transactional_db: None) -> list[AuditEvent]:
    """Five entries of one case and one of none."""
    about = About(object_type="case", object_id="1", licensee_id=1, case_reference="NW-1")
    with transaction.atomic():
        of_case = [
            record(
                Verb.CASE_CLAIMED, by=Machine("tests"), about=about, payload={"threshold": 0.7, "turn": turn}
            )
            for turn in range(5)
        ]
        other = record(Verb.MODEL_REGISTERED, by=Machine("tests"), about=About("model", "1"))
    return [*of_case, other]


def found() -> set[tuple[str, str]]:
    faults = [*check_entries(stored_events()), *check_cases()]
    return {(fault.where, fault.sentence) for fault in faults}


def printed() -> str:
    output = StringIO()
    call_command("verify_audit", stdout=output)
    return output.getvalue()


def entry_name(event_id: UUID) -> str:
    return f"entry {event_id}"


def test_an_untouched_trail_agrees_with_itself(events: list[AuditEvent]) -> None:
    assert found() == set()
    sealed, checked = printed().splitlines()
    assert sealed.startswith("0 sealed; 6 pending, the oldest for ")
    assert checked == "6 entries checked: nothing differs."


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-01-01T00:00:00+00:00"),
        ("verb", "case:decided"),
        ("actor", "person:7"),
        ("actor_roles", "auditor"),
        ("licensee_id", 2),
        ("object_type", "packet"),
        ("object_id", "2"),
        ("case_reference", "NW-2"),
        ("case_sequence", 9),
        ("request_id", "another"),
        ("reason", "Invented"),
        ("payload", '{"turn": 8}'),
        ("nonce", b"0123456789abcdef"),
    ],
)
def test_a_changed_column_is_found(
    events: list[AuditEvent], tamper: Tamper, column: str, value: object
) -> None:
    statement = sql.SQL("UPDATE audit_auditevent SET {} = %s WHERE id = %s").format(sql.Identifier(column))
    tamper(statement, value, events[2].pk)
    assert (entry_name(events[2].pk), COLUMNS) in found()


def test_a_changed_entry_is_found(events: list[AuditEvent], tamper: Tamper) -> None:
    tamper(
        "UPDATE audit_auditevent SET entry = replace(entry, 'claimed', 'decided') WHERE id = %s", events[0].pk
    )
    name = entry_name(events[0].pk)
    assert found() == {(name, COLUMNS), (name, HASH)}


def test_an_entry_that_was_rewritten_with_its_columns_is_found_by_its_hash(
    events: list[AuditEvent], tamper: Tamper
) -> None:
    tamper(
        "UPDATE audit_auditevent SET verb = 'case:decided', entry = replace(entry, 'claimed', 'decided')"
        " WHERE id = %s",
        events[0].pk,
    )
    assert found() == {(entry_name(events[0].pk), HASH)}


def test_an_entry_that_says_one_thing_twice_is_found(events: list[AuditEvent], tamper: Tamper) -> None:
    """A reader that keeps the last of two like names would see nothing; the canonical form has each once."""
    entry = events[0].entry.replace("{", '{"actor":"person:7",', 1)
    digest = hashlib.sha256(b"\x00" + entry.encode()).digest()
    tamper(
        "UPDATE audit_auditevent SET entry = %s, leaf_hash = %s WHERE id = %s", entry, digest, events[0].pk
    )
    assert found() == {(entry_name(events[0].pk), COLUMNS)}


def test_an_entry_taken_out_of_the_middle_leaves_a_hole(events: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE id = %s", events[2].pk)
    assert found() == {("case NW-1", "4 entries numbered 1–5, 5 given out; missing: 3.")}


def test_the_last_entry_of_a_case_is_missed_by_its_counter(events: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE id = %s", events[4].pk)
    assert found() == {("case NW-1", "4 entries numbered 1–4, 5 given out; missing: 5.")}


def test_a_case_that_was_taken_out_whole_is_missed_by_its_counter(
    events: list[AuditEvent], tamper: Tamper
) -> None:
    tamper("DELETE FROM audit_auditevent WHERE case_reference = 'NW-1'")
    assert found() == {("case NW-1", "no entry is left of the 5 that were written; missing: 1, 2, 3, 4, 5.")}


def test_a_counter_that_was_taken_away_is_found(events: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_casecounter")
    sentence = "5 entries numbered 1–5, none given out; missing: none, but the counter does not agree."
    assert found() == {("case NW-1", sentence)}


def test_the_command_names_what_differs_and_fails(events: list[AuditEvent], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_auditevent WHERE id = %s", events[2].pk)
    tamper("UPDATE audit_auditevent SET actor = 'person:7' WHERE id = %s", events[5].pk)
    output = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("verify_audit", stdout=output)
    assert str(failure.value) == "5 entries checked: 3 things differ."
    assert failure.value.returncode == 1
    assert output.getvalue().splitlines()[:-1] == [
        f"entry {events[5].pk}: {COLUMNS}",
        f"entry {events[2].pk}: it was taken out before it was sealed: the queue still names it.",
        "case NW-1: 4 entries numbered 1–5, 5 given out; missing: 3.",
    ]
