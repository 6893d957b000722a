"""Several processes read a long trail, each a part of the table, all of them as it was at one moment."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from accounts import row_scope
from audit.bulk import doubtful_entries

MOST_PROCESSES = 8
# Of a shorter table than this the start of a process would cost more than it saves.
PAGES_A_PART = 2_000

Found = tuple[list[UUID], int]


@contextmanager
def reading() -> Iterator[Callable[[], Found]]:
    """Begin to read every entry. Inside, other things can be done; the call waits for the doubtful and their count.

    Belongs into `audit.sealed_trail.one_moment`, whose snapshot the processes share.
    """
    parts = _parts()
    if len(parts) == 1 or connection.savepoint_ids:
        yield lambda: doubtful_entries(connection.connection)
        return
    login, role = connection.get_connection_params(), connection.settings_dict["OPTIONS"].get("assume_role")
    told = row_scope.setting()
    for ours in ("context", "cursor_factory"):  # made anew over there
        login.pop(ours, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
    # Not a fork: that would share the connection of this process.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(_processors(), len(parts)), mp_context=fresh) as pool:
        found = [pool.submit(_read_there, login, role, told, snapshot, part) for part in parts]
        yield lambda: _joined([one.result() for one in found])


def _parts() -> list[str]:
    """By the pages of the table, so that each part is one walk along the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('audit_auditevent') / current_setting('block_size')::bigint")
        (pages,) = cursor.fetchone()
    count = min(pages // PAGES_A_PART, 4 * _processors()) or 1
    edges = [pages * place // count for place in range(1, count)]
    from_on = [f"ctid >= '({edge},0)'::tid" for edge in [0, *edges]]
    up_to = [f"ctid < '({edge},0)'::tid" for edge in edges]
    return [f"WHERE {' AND '.join(both)}" for both in zip(from_on, [*up_to, "true"], strict=True)]


def _read_there(login: dict[str, Any], role: str | None, told: str, snapshot: str, part: str) -> Found:
    with psycopg.connect(**login, autocommit=True) as there, there.transaction():
        there.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        there.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        if role:
            there.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
        there.execute(told)
        there.execute("SET LOCAL statement_timeout = 0")
        there.execute("SET LOCAL TimeZone = 'UTC'")
        return doubtful_entries(there, part)


def _joined(found: list[Found]) -> Found:
    return [event_id for doubtful, _ in found for event_id in doubtful], sum(count for _, count in found)


def _processors() -> int:
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
