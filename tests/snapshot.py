"""Rows that take long to make, kept outside the database and put back in a moment for each test that needs them."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from artemis_site.testing import Emptying


@dataclass(frozen=True)
class Snapshot:
    """The rows of each table that holds something, as PostgreSQL's own COPY writes them, in an order to load them."""

    rows: dict[str, bytes]


def take(owner_url: str) -> Snapshot:
    """What is committed now."""
    tables = Emptying(owner_url)
    try:
        filled = tables.filled()
        return Snapshot(
            {
                table: _read(tables.connection, table)
                for table in reversed(tables.referrers_first)
                if table in filled
            }
        )
    finally:
        tables.close()


def put_back(snapshot: Snapshot, owner_url: str) -> None:
    """Into empty tables. The triggers have done their work on these rows before, and rest."""
    tables = Emptying(owner_url)
    try:
        guarded = [table for table in snapshot.rows if table in tables.guarded]
        with tables.connection.transaction():
            tables.switch_triggers("DISABLE", guarded)
            for table, rows in snapshot.rows.items():
                _write(tables.connection, table, rows)
            tables.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            tables.switch_triggers("ENABLE", guarded)
    finally:
        tables.close()


def _read(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(block) for block in copy)


def _write(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
        copy.write(rows)
