"""The trail cannot be changed: not through the manager, not by save or delete, not by SQL, not by its owner."""

from collections.abc import Callable

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from audit.append_only import AppendOnlyError
from audit.database_roles import append_only_tables, sealed_tables
from audit.models import AuditEvent
from audit.record import About, Machine, record
from audit.verbs import Verb

CHANGES = (
    "UPDATE audit_auditevent SET actor = 'person:0'",
    "DELETE FROM audit_auditevent",
    "TRUNCATE audit_auditevent CASCADE",
)


@pytest.fixture
def event(transactional_db: None) -> AuditEvent:
    with transaction.atomic():
        return record(Verb.CASE_CLAIMED, by=Machine("tests"), about=About(object_type="case", object_id="1"))


def still_there(event: AuditEvent) -> bool:
    return AuditEvent.objects.get().entry == event.entry


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda event: AuditEvent.objects.update(actor="x"),
            "AuditEvent is append-only: it cannot be updated.",
        ),
        (lambda event: AuditEvent.objects.all().delete(), "AuditEvent is append-only: it cannot be deleted."),
        (
            lambda event: AuditEvent.objects.bulk_update([event], ["actor"]),
            "AuditEvent is append-only: it cannot be updated.",
        ),
        (lambda event: AuditEvent.objects.get().save(), "AuditEvent is append-only: it cannot be updated."),
        (lambda event: event.save(), "AuditEvent is append-only: it cannot be updated."),
        (lambda event: event.delete(), "AuditEvent is append-only: it cannot be deleted."),
    ],
    ids=["update", "delete", "bulk_update", "save after load", "save after write", "delete one"],
)
def test_django_refuses_to_change_an_entry(
    event: AuditEvent, change: Callable[[AuditEvent], None], sentence: str
) -> None:
    with pytest.raises(AppendOnlyError) as refusal:
        change(event)
    assert str(refusal.value) == sentence
    assert still_there(event)


@pytest.mark.parametrize("statement", CHANGES)
def test_the_application_may_not_change_an_entry_by_sql(event: AuditEvent, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied for table audit_auditevent"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert still_there(event)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE audit_auditevent",
        *(f"ALTER TABLE audit_auditevent DISABLE TRIGGER {trigger}" for trigger in ("ALL", "USER")),
    ],
)
def test_the_application_may_not_take_the_guards_away(event: AuditEvent, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="must be owner of table audit_auditevent"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert still_there(event)


@pytest.mark.parametrize("statement", CHANGES)
def test_the_triggers_refuse_even_the_owner_of_the_table(
    event: AuditEvent, owner_connection: psycopg.Connection, statement: str
) -> None:
    operation = statement.split()[0]
    with pytest.raises(psycopg.errors.RaiseException) as refusal:
        owner_connection.execute(statement)
    assert f"audit_auditevent is append-only: {operation} refused" in str(refusal.value)
    assert still_there(event)


def test_every_append_only_table_is_guarded_in_the_database(
    transactional_db: None, owner_connection: psycopg.Connection
) -> None:
    tables = append_only_tables()
    assert "audit_auditevent" in tables
    rows = owner_connection.execute(
        "SELECT tgrelid::regclass::text, tgtype::int & 32 > 0 FROM pg_trigger"
        " WHERE tgname LIKE 'pgtrigger_refuse%' AND tgenabled = 'O'"
    ).fetchall()
    # Tables that may change have triggers as well, such as those of a preservation hold.
    assert {(table, truncates) for table in tables for truncates in (False, True)} <= set(rows)


def test_the_application_may_only_read_and_add_to_append_only_tables(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        for table in append_only_tables():
            cursor.execute(
                "SELECT string_agg(p, ' ') FROM unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p"
                " WHERE has_table_privilege(current_user, %s, p)",
                [table],
            )
            expected = "SELECT" if table in sealed_tables() else "SELECT INSERT"
            assert cursor.fetchone() == (expected,), table


def test_the_application_owns_no_table(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE pg_has_role(current_user, relowner, 'USAGE'))"
            " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        tables, owned = cursor.fetchone()
    assert tables >= len(apps.get_models())
    assert owned == 0
