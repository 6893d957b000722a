"""Row-level security, the last layer: a question that forgot its filter, or came from outside, finds nothing of others.

Everything here is asked in raw SQL, as the application's role, with the scope of Kai, who serves Lakeside: nothing of
Northwind may be read, changed or found out, however it is asked.
"""
# ruff: noqa: S608 - statements are what is tried here

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from accounts import row_scope
from accounts.models import User
from accounts.roles import Role
from accounts.row_scope import Kind, nothing_yet, show_rows_of, system_scope
from audit.models import AuditEvent
from audit.record import About, Machine, record
from audit.verbs import Verb
from licensees.assignments import end_assignment, show_rows_to
from licensees.models import Licensee
from licensees.row_security import TRAIL, install_row_security, paths, policies, tables
from tests.factories import make_case
from tests.people import TESTS

pytestmark = pytest.mark.django_db
REFUSED = "row-level security"


@pytest.fixture
def worlds(northwind: Licensee, lakeside: Licensee, case: Any) -> tuple[Licensee, Licensee]:
    """Northwind has a case with all that belongs to one; Lakeside has a conversation that looks the same."""
    make_case(lakeside, external_id="c1")
    return northwind, lakeside


@pytest.fixture
def as_kai(worlds: Any, kai: User) -> Iterator[User]:
    with nothing_yet():
        show_rows_to(kai)
        yield kai


def asked(statement: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def ids_of(licensee: Licensee, table: str) -> list[int]:
    with system_scope("the tests look"):
        return [row for (row,) in asked(f"SELECT id FROM {table} WHERE licensee_id = %s", licensee.pk)]


def scores_of(case_id: int) -> list[int]:
    with system_scope("the tests look"):
        return [row for (row,) in asked("SELECT opened_by_score_id FROM review_case WHERE id = %s", case_id)]


# --- Every table -----------------------------------------------------------------------------------


def test_every_model_with_a_path_to_a_licensee_has_a_policy():
    """A new model is found here by itself: it gets its policy with the next `migrate`, and this says if it did not."""
    forced = {
        table: (is_on, count)
        for table, is_on, count in asked(
            "SELECT relname, relrowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid)"
            " FROM pg_class WHERE relname = ANY(%s)",
            tables(),
        )
    }
    wanted = {policy.table: 0 for policy in policies()}
    for policy in policies():
        wanted[policy.table] += 1
    assert forced == {table: (True, count) for table, count in wanted.items()}
    assert asked("SELECT bool_and(row_security_active(name)) FROM unnest(%s::text[]) name", tables()) == [
        (True,)
    ]


def test_what_has_no_policy_has_no_way_to_a_licensee():
    """Also through keys that may be empty: such a model is named here, and somebody has to say why it is left out."""
    without = [model for model in apps.get_models(include_auto_created=True) if model not in paths()]
    leading = {
        model._meta.label
        for model in without
        for key in model._meta.local_fields
        if isinstance(key, models.ForeignKey) and key.related_model in paths()
    }
    naming = {
        model._meta.label
        for model in without
        if {"licensee", "licensee_id"} & {field.name for field in model._meta.local_fields}
    }
    assert leading == set()
    assert naming == {"audit.AuditEvent"}  # which names it without a key, and has policies of its own
    assert TRAIL in tables()


def test_installing_again_changes_nothing(owner_connection: Any):
    before = owner_connection.execute("SELECT oid, polname, polrelid FROM pg_policy ORDER BY oid").fetchall()
    # The application may not, since it owns no table; and it need not, since nothing is different.
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        asked(f"ALTER TABLE {TRAIL} DISABLE ROW LEVEL SECURITY")
    install_row_security()
    after = owner_connection.execute("SELECT oid, polname, polrelid FROM pg_policy ORDER BY oid").fetchall()
    assert after == before


@pytest.mark.parametrize("table", tables())
def test_without_a_scope_there_is_no_row(table: str, worlds: Any):
    with nothing_yet():
        assert asked(f"SELECT count(*) FROM {table}") == [(0,)]


def test_the_world_of_these_tests_is_not_empty(worlds: Any):
    filled = {table for table in tables() if asked(f"SELECT EXISTS (SELECT FROM {table})") == [(True,)]}
    assert filled >= {
        *(
            "licensees_licensee",
            "licensees_policy",
            "scoring_datakey",
            "scoring_conversation",
            "scoring_message",
        ),
        *("scoring_participant", "scoring_score", "scoring_messagerating", "review_case", "audit_auditevent"),
    }


def test_each_sees_their_own_and_the_same_number_as_a_filter_would(worlds: Any, as_kai: User):
    northwind, lakeside = worlds
    for table in ("scoring_conversation", "scoring_datakey", "review_case", "licensees_policy"):
        assert {row for (row,) in asked(f"SELECT id FROM {table}")} == set(ids_of(lakeside, table)) != set()
        assert ids_of(northwind, table) != []
    assert asked("SELECT id FROM licensees_licensee") == [(lakeside.pk,)]
    assert asked("SELECT DISTINCT conversation_id FROM scoring_message") == [
        (row,) for row in ids_of(lakeside, "scoring_conversation")
    ]


# --- Attacks ---------------------------------------------------------------------------------------


def attacks(northwind: Licensee, conversation: int, case: int) -> dict[str, tuple[str, Any]]:
    """{what is tried: (statement, what it may answer at most)}"""
    return {
        "reading": (f"SELECT * FROM scoring_message WHERE conversation_id = {conversation}", []),
        "reading all": (
            f"SELECT id FROM review_case WHERE licensee_id = {northwind.pk} OR true OFFSET 1",
            [],
        ),
        "a join": (
            "SELECT m.id FROM scoring_messagerating r JOIN scoring_message m ON m.id = r.message_id"
            f" WHERE r.conversation_id = {conversation}",
            [],
        ),
        "an outer join": (
            f"SELECT c.id FROM (SELECT {case}::bigint AS id) wanted LEFT JOIN review_case c USING (id)",
            [(None,)],
        ),
        "a union": (f"SELECT 1 WHERE false UNION SELECT id FROM review_case WHERE id = {case}", []),
        "a subquery": (f"SELECT (SELECT reference FROM review_case WHERE id = {case})", [(None,)]),
        "an aggregate": (
            f"SELECT count(*) FROM scoring_score WHERE conversation_id = {conversation}",
            [(0,)],
        ),
        "a function that would tell": (
            f"SELECT id FROM review_case WHERE id = {case} AND pg_notify('told', reference) IS NOT NULL",
            [],
        ),
        "a fault that would tell": (f"SELECT 1 / (id - {case}) FROM review_case WHERE id = {case}", []),
        "a lock": (f"SELECT id FROM review_case WHERE id = {case} FOR UPDATE", []),
        "changing": (f"UPDATE review_case SET due_at = now() WHERE id = {case}", [(0,)]),
        "changing and telling": (
            f"UPDATE review_case SET lane = lane WHERE id = {case} RETURNING reference",
            [],
        ),
        "taking over": (
            f"UPDATE scoring_conversation SET licensee_id = licensee_id WHERE licensee_id = {northwind.pk}",
            [(0,)],
        ),
        "deleting": (f"DELETE FROM scoring_participant WHERE conversation_id = {conversation}", [(0,)]),
        "deleting and telling": (
            f"DELETE FROM scoring_datakey WHERE licensee_id = {northwind.pk} RETURNING id",
            [],
        ),
        "the trail": (f"SELECT entry FROM audit_auditevent WHERE licensee_id = {northwind.pk}", []),
        "a table as it lies": (
            f"SELECT (t).id FROM review_case t WHERE t.ctid IS NOT NULL AND t.id = {case}",
            [],
        ),
        "a view of one's own": (
            f"CREATE TEMPORARY VIEW mine AS SELECT * FROM review_case; SELECT id FROM mine WHERE id = {case}",
            [],
        ),
        "a prepared statement": (
            f"PREPARE p AS SELECT id FROM review_case WHERE id = {case}; EXECUTE p; DEALLOCATE p",
            [],
        ),
    }


@pytest.mark.parametrize("what", [*attacks(Licensee(pk=0), 0, 0)])
def test_nothing_of_another_licensee_is_found(what: str, worlds: Any, as_kai: User):
    northwind, _ = worlds
    (conversation,), (case,) = ids_of(northwind, "scoring_conversation"), ids_of(northwind, "review_case")
    statement, most = attacks(northwind, conversation, case)[what]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        answers = [cursor.fetchall() if cursor.description else [(cursor.rowcount,)]]
        while cursor.nextset():
            answers.append(cursor.fetchall() if cursor.description else [])
    assert most in answers
    assert [row for rows in answers for row in rows if row not in most and row != (-1,)] == []


def test_copy_out_shows_only_ones_own(worlds: Any, as_kai: User):
    _, lakeside = worlds
    with connection.cursor() as cursor, cursor.copy("COPY review_case (licensee_id) TO STDOUT") as rows:
        assert b"".join(bytes(row) for row in rows).split() == [str(lakeside.pk).encode()]


WRITING: dict[str, str] = {
    "a conversation of theirs": "INSERT INTO scoring_idempotentrequest (licensee_id, key, fingerprint, status,"
    " created_at) VALUES ({northwind}, 'k', '', 0, now())",
    "one that is there already": "INSERT INTO review_casenumber (licensee_id, last) VALUES ({northwind}, 7)"
    " ON CONFLICT (licensee_id) DO UPDATE SET last = 7",
    "a row below theirs": "INSERT INTO scoring_participant SELECT * FROM jsonb_populate_record("
    '(SELECT p FROM scoring_participant p LIMIT 1), \'{{"id": 9999999, "conversation_id": {conversation},'
    ' "external_id": "x", "position": 9}}\')',
    "giving one's own to them": "UPDATE scoring_conversation SET licensee_id = {northwind}",
}


@pytest.mark.parametrize("what", WRITING)
def test_nothing_is_written_to_another_licensee(what: str, worlds: Any, as_kai: User):
    northwind, _ = worlds
    (conversation,) = ids_of(northwind, "scoring_conversation")
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        asked(WRITING[what].format(northwind=northwind.pk, conversation=conversation))


def test_copy_in_is_refused(worlds: Any, as_kai: User):
    with (
        pytest.raises(psycopg.errors.FeatureNotSupported, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY review_casenumber FROM STDIN"),
    ):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE review_case DISABLE ROW LEVEL SECURITY",
        "DROP POLICY of_their_licensees ON review_case",
        "CREATE POLICY mine ON review_case USING (true)",
        "TRUNCATE review_case CASCADE",
    ],
)
def test_the_application_cannot_lift_it(statement: str, worlds: Any, as_kai: User):
    with pytest.raises(DatabaseError), transaction.atomic():
        asked(statement)


def test_the_login_of_the_application_cannot_become_the_owner(db: None):
    with psycopg.connect(os.environ["DATABASE_URL"]) as login:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute("SET ROLE artemis_owner")
        login.rollback()
        assert login.execute("SELECT count(*) FROM licensees_policy").fetchone() == (0,)


def test_switching_row_security_off_shows_an_error_and_no_row(worlds: Any, as_kai: User):
    asked("SET LOCAL row_security = off")
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        asked("SELECT * FROM review_case")
    asked("SET LOCAL row_security = on")


def test_whoever_can_run_any_statement_can_set_the_scope(worlds: Any, as_kai: User):
    """The limit, said in docs/threat-model.md: an injection that can put a statement of its own can widen its scope."""
    northwind, _ = worlds
    asked("SELECT set_config('artemis.scope', %s, true)", row_scope.SYSTEM)
    assert (northwind.pk,) in asked("SELECT licensee_id FROM review_case")


def test_a_foreign_key_tells_that_a_number_is_taken_and_no_more(worlds: Any, as_kai: User):
    """Another limit: keys are checked past the policies, as PostgreSQL must."""
    northwind, lakeside = worlds
    (theirs,), (own,) = ids_of(northwind, "review_case"), ids_of(lakeside, "review_case")
    (score,) = scores_of(theirs)
    assert asked("SELECT count(*) FROM scoring_score WHERE id = %s", score) == [(0,)]
    with pytest.raises(DatabaseError, match="case_one_per_score"), transaction.atomic():
        asked("UPDATE review_case SET opened_by_score_id = %s WHERE id = %s", score, own)


# --- Whose scope -----------------------------------------------------------------------------------


def test_an_assignment_that_has_ended_shows_nothing_any_more(worlds: Any, kai: User):
    _, lakeside = worlds
    end_assignment(person=kai, licensee=lakeside, role=Role.MODERATOR, by=TESTS)
    with nothing_yet():
        show_rows_to(kai)
        assert asked("SELECT count(*) FROM review_case") == [(0,)]


def test_an_admin_counts_and_reads_no_evidence(worlds: Any, adam: User):
    with nothing_yet():
        show_rows_to(adam)
        assert asked("SELECT count(*) FROM review_case")[0][0] == 2
        for table in ("scoring_message", "scoring_participant", "review_decision"):
            assert asked(f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_platforms_key_shows_its_licensee_and_no_trail(worlds: Any):
    northwind, lakeside = worlds
    with nothing_yet():
        show_rows_of([lakeside.pk], kind=Kind.PLATFORM)
        assert asked("SELECT DISTINCT licensee_id FROM scoring_conversation") == [(lakeside.pk,)]
        assert asked("SELECT count(*) FROM audit_auditevent WHERE licensee_id IS NULL") == [(0,)]
        assert asked(f"SELECT count(*) FROM audit_auditevent WHERE licensee_id = {northwind.pk}") == [(0,)]


def test_an_act_is_recorded_whoever_acts(worlds: Any):
    """A stranger at the door is shown nothing; that they were there is written down."""
    with nothing_yet(), transaction.atomic():
        record(Verb.ATTEMPT_REFUSED, by=Machine("nobody"), about=About(object_type="page", object_id="x"))
        assert AuditEvent.objects.count() == 0
    assert AuditEvent.objects.filter(object_id="x").count() == 1
