"""Whom a connection shows rows of: told with the first statement of each transaction, gone with its end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import ClientCursor

from accounts.row_scope import (
    SYSTEM,
    Kind,
    carried,
    current,
    nothing_yet,
    show_rows_of,
    system_scope,
)

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = "SELECT coalesce(current_setting('artemis.scope', true), '')"
ONE, TWO = "{1} 7 person", "{2} 8 person"


def told(statement: str = TOLD) -> str:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        answer: str = cursor.fetchone()[0]
        return answer


@pytest.fixture(autouse=True)
def one_request() -> Iterator[None]:
    with nothing_yet():
        yield


def show(number: int) -> None:
    show_rows_of([number], person_id=number + 6, kind=Kind.PERSON)


def test_without_a_word_nothing_is_told():
    assert (current(), told()) == ("", "")


def test_it_is_told_in_and_outside_of_transactions():
    show(1)
    assert told() == ONE
    with transaction.atomic():
        assert [told(), told()] == [ONE, ONE]
        with transaction.atomic():
            assert told() == ONE
    assert told() == ONE


def test_it_changes_within_a_transaction_and_back():
    show(1)
    with transaction.atomic():
        assert told() == ONE
        with system_scope("the tests ask"):
            assert told() == SYSTEM
        assert told() == ONE
        with nothing_yet():
            assert told() == ""
        show(2)
        assert told() == TWO


def test_requests_that_take_turns_on_one_connection_see_their_own():
    """One of them breaks in the middle, one in a savepoint, one leaves the transaction to be rolled back."""
    pid = "SELECT pg_backend_pid()"
    first, seen = told(pid), []
    for place, number in enumerate([1, 2, 1, 2, 2, 1]):
        with nothing_yet():
            assert told() == ""
            show(number)
            try:
                with transaction.atomic():
                    seen.append(told())
                    if place % 3 == 1:
                        with pytest.raises(DatabaseError), transaction.atomic():
                            told("SELECT (1 / 0)::text")
                        seen.append(told())
                    if place % 3 == 2:
                        raise KeyError
            except KeyError:
                pass
        assert told() == ""
    assert seen == [ONE, TWO, TWO, ONE, TWO, TWO, TWO, ONE]
    assert told(pid) == first  # it was one connection all along


def break_off(number: int) -> None:
    with transaction.atomic():
        show(number)
        assert told() == {1: ONE, 2: TWO}[number]
        raise KeyError


def test_what_was_told_in_a_savepoint_that_was_rolled_back_is_told_again():
    show(1)
    with transaction.atomic():
        assert told() == ONE
        with pytest.raises(KeyError):
            break_off(2)
        assert told() == TWO
        with pytest.raises(KeyError):
            break_off(1)
        assert told() == ONE


def test_a_statement_that_fails_leaves_nothing_behind():
    show(1)
    with pytest.raises(DatabaseError):
        told("SELECT (1 / 0)::text")
    with nothing_yet():
        assert told() == ""
    assert told() == ONE


def test_nothing_outlives_a_transaction_on_the_wire():
    """Looked at beneath the cursor: with a pool between, the next one would be somebody else."""
    show(1)
    with transaction.atomic():
        told()
    told()
    raw = connection.connection.pgconn.exec_(TOLD.encode())
    assert raw.get_value(0, 0) == b""


def test_it_costs_no_journey_of_its_own(monkeypatch: pytest.MonkeyPatch):
    show(1)
    sent: list[Any] = []
    send = ClientCursor.execute

    def counted(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        sent.append(query)
        return send(self, query, *more, **named)

    told()  # the connection is open
    monkeypatch.setattr(ClientCursor, "execute", counted)
    with transaction.atomic():
        told()
        told()
    told()
    assert sent == [
        f"SET LOCAL artemis.scope = '{ONE}'; {TOLD}",
        TOLD,
        f"SET LOCAL artemis.scope = '{ONE}'; {TOLD}",
    ]


def test_rows_are_counted_and_parameters_are_bound_as_without():
    show(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int, '%%' || %s", [7, "x"])
        assert (cursor.fetchall(), cursor.rowcount) == ([(7, "%x")], 1)
        cursor.execute("SELECT 1; SELECT 2")
        assert (cursor.fetchone(), cursor.nextset(), cursor.fetchone()) == ((1,), True, (2,))


def test_copy_many_statements_and_server_cursors_are_told_too():
    show(1)
    for is_inside in (False, True):
        with transaction.atomic() if is_inside else nullcontext(), connection.cursor() as cursor:
            with cursor.copy(f"COPY ({TOLD}) TO STDOUT") as rows:
                assert b"".join(bytes(row) for row in rows) == b"{1} 7 person\n"
            cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS told (scope text)")
            cursor.executemany(
                "INSERT INTO told SELECT current_setting('artemis.scope') || %s", [["a"], ["b"]]
            )
            cursor.execute("SELECT scope FROM told")
            assert [scope[:-1] for (scope,) in cursor.fetchall()] == [ONE, ONE]
            cursor.execute("DROP TABLE told")
        with connection.chunked_cursor() as cursor:
            cursor.execute(TOLD)
            assert cursor.fetchone() == (ONE,)


def test_what_is_sent_in_pieces_keeps_the_scope_of_its_request():
    show(1)
    pieces = carried(current(), (told() for _ in range(2)))
    with nothing_yet():
        assert (next(pieces), told(), next(pieces)) == (ONE, "", ONE)
        with pytest.raises(StopIteration):
            next(pieces)


def test_another_thread_knows_nothing_of_it():
    show(1)
    with ThreadPoolExecutor(1) as pool:
        # Tests see everything outside of requests; everybody else sees nothing.
        assert pool.submit(current).result() == SYSTEM


def test_outside_of_a_request_nobody_is_shown_anything():
    def ask() -> str:
        show(1)
        return current()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == SYSTEM  # not ONE: what nobody ends is not begun
