"""Whose rows PostgreSQL shows: each transaction tells it for whom it asks, and without a word it shows none.

Row-level security (`licensees/row_security.py`) holds every row against the setting `artemis.scope`. The cursor below
sends it together with the first statement of a transaction, in the same journey, and with SET LOCAL: it ends with the
transaction, so no connection can carry it to the next request, whatever happened in between.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from psycopg import ClientCursor, Copy, sql
from psycopg.pq import TransactionStatus

SETTING = "artemis.scope"


class Kind(StrEnum):
    """Who asks; `licensees/row_security.py` says what each is shown besides the rows of their licensees."""

    PERSON = "person"
    ADMIN = "admin"
    PLATFORM = "platform"
    SYSTEM = "system"


# Licensees, person, kind; the policies take it apart. It is written by this module alone, of numbers and these words.
NOTHING = ""
SYSTEM = "{} 0 " + Kind.SYSTEM
# What holds where nobody has said anything: nothing. Only tests, which make whole worlds by hand, change this.
unless_said = NOTHING
_said: ContextVar[str | None] = ContextVar("row scope", default=None)


def current() -> str:
    said = _said.get()
    return unless_said if said is None else said


@contextmanager
def nothing_yet() -> Iterator[None]:
    """A request: no row, until it is known who asks (`show_rows_of`). What was shown before comes back at its end."""
    token = _said.set(NOTHING)
    try:
        yield
    finally:
        _said.reset(token)


def show_rows_of(licensee_ids: Iterable[int], *, person_id: int = 0, kind: Kind) -> None:
    """From here to the end of this request; outside of one it shows nothing. Kind.SYSTEM is `system_scope`'s."""
    if _said.get() is None:
        return
    numbers = ",".join(str(int(number)) for number in sorted(licensee_ids))
    _said.set(f"{{{numbers}}} {int(person_id)} {kind}")


@contextmanager
def system_scope(why: str) -> Iterator[None]:
    """All rows, for what the machine does by itself, and for the few questions that come before a person is known.

    Who may call this is listed in tests/test_promises.py. Also a decorator.
    """
    token = _said.set(SYSTEM)
    try:
        yield
    finally:
        _said.reset(token)


def setting() -> str:
    """What tells a transaction for whom it asks."""
    return f"SET LOCAL {SETTING} = '{current()}'"


def carried(scope: str, pieces: Iterable[Any]) -> Iterator[Any]:
    """What is sent piece by piece after its request has ended is read in the scope of that request."""
    each = iter(pieces)
    while True:
        token = _said.set(scope)
        try:
            piece = next(each)
        except StopIteration:
            return
        finally:
            _said.reset(token)
        yield piece


# --- The cursor --------------------------------------------------------------------------------

# Other statements may not stand beside another one outside of a transaction, or look at no row.
ASKING = ("(", "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXPLAIN", "DECLARE", "MERGE", "VALUES")
OF_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "SET")


def _telling(connection: Any, query: Any) -> str:
    """The statement that has to come first; "" where the transaction knows already."""
    words = query if isinstance(query, str | bytes) else query.as_string(connection)
    # A long one may be twenty megabytes.
    words = words[:200].decode(errors="replace") if isinstance(words, bytes) else words[:200]
    words = words.lstrip().upper()
    begins = connection.pgconn.transaction_status == TransactionStatus.IDLE
    if begins:
        connection.told = NOTHING
    if words.startswith("ROLLBACK"):
        # To a savepoint: what was told since is forgotten, or not.
        connection.told = None
    wanted = current()
    if connection.told == wanted:
        return ""
    if words.startswith(OF_TRANSACTIONS) or (begins and not words.startswith(ASKING)):
        return ""
    connection.told = wanted
    return setting()


@contextmanager
def told_before(connection: Any) -> Iterator[None]:
    """For what cannot share its journey: COPY, and several statements at once."""
    if connection.autocommit and connection.pgconn.transaction_status == TransactionStatus.IDLE:
        with connection.transaction():
            connection.told = NOTHING
            with told_before(connection):
                yield
        return
    telling = _telling(connection, "SELECT")
    if telling:
        connection.execute(telling)
    yield


class ScopedCursor(ClientCursor[Any]):
    """What the application's connections use (`artemis_site/env.py`)."""

    def execute(self, query: Any, params: Any = None, **named: Any) -> "ScopedCursor":
        telling = _telling(self.connection, query)
        if not telling:
            return super().execute(query, params, **named)
        super().execute(_joined(telling, query), params, **named)
        self.nextset()
        # What a log repeats, and a plan is asked of, is the statement itself.
        sent: Any = self._query
        sent.query = sent.query[len(telling) + 2 :]
        return self

    def executemany(self, query: Any, params_seq: Any, **named: Any) -> None:
        with told_before(self.connection):
            super().executemany(query, params_seq, **named)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, **named: Any) -> Iterator[Copy]:
        with told_before(self.connection), super().copy(statement, params, **named) as copy:
            yield copy


def _joined(telling: str, query: Any) -> Any:
    if isinstance(query, str):
        return f"{telling}; {query}"
    if isinstance(query, bytes):
        return f"{telling}; ".encode() + query
    return sql.SQL(telling + "; ") + query
