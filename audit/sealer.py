"""The sealer: takes what is pending, gives each entry its place in the tree, and signs a checkpoint. One at a time.

It reads the queue and never “id > last”, since ids commit out of order. Everything of one round is one transaction:
killed anywhere, the round did not happen. Only a checkpoint that is committed is given to anybody.
"""

import threading
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from audit.merkle import EMPTY_ROOT, Frontier
from audit.notes import Checkpoint, NoteRefused, Signer
from audit.published import Published

# Held by the one process that seals, as long as its connection lives.
LEADER = 0x417274656D6973
# Rung where somebody waits for a checkpoint; otherwise the sealer looks once in a while.
BELL = "artemis_seal"
SECONDS_BETWEEN = 1.0
# The queue is put in order for each round, so a long one is taken in large ones.
MOST_AT_ONCE = 50_000

_TAKE = """
    WITH chosen AS (
        SELECT pending.event_id FROM audit_auditpending AS pending
        JOIN audit_auditevent AS event ON event.id = pending.event_id
        ORDER BY event.at, event.id LIMIT %s
    ), taken AS (
        DELETE FROM audit_auditpending USING chosen WHERE audit_auditpending.event_id = chosen.event_id
        RETURNING audit_auditpending.event_id
    )
    SELECT event.id, event.leaf_hash FROM taken JOIN audit_auditevent AS event ON event.id = taken.event_id
    ORDER BY event.at, event.id
"""
_NEWEST = "SELECT size, frontier, note FROM audit_auditcheckpoint ORDER BY size DESC LIMIT 1"
GONE = (
    "The checkpoint of {size:,} entries, which was signed and given out, is not the newest in this database: it was "
    "changed, or brought back from an older backup. Nothing more is signed. See docs/audit.md."
)


class HistoryChanged(Exception):
    """The database no longer holds what this sealer signed: nothing more is signed until a person has looked."""


@dataclass
class Sealer:
    """Seals through one connection, which logged in as the sealer's role and is in autocommit mode."""

    connection: "psycopg.Connection[Any]"
    signer: Signer
    published: Published

    def run(self, stop: threading.Event, *, seconds: float = SECONDS_BETWEEN) -> None:
        """Wait until no other sealer is alive, then seal until told to stop."""
        while not self.leads():
            if stop.wait(seconds):
                return
        self.connection.execute(f"LISTEN {BELL}")
        self.catch_up()
        while not stop.is_set():
            while self.seal_once():
                pass
            for _ in self.connection.notifies(timeout=seconds, stop_after=1):
                pass

    def leads(self) -> bool:
        return self._row("SELECT pg_try_advisory_lock(%s)", [LEADER]) == (True,)

    def catch_up(self) -> None:
        """Hold what is stored against what was given out; give out what the last sealer was killed over."""
        last, newest = self.published.last(), self._row(_NEWEST)
        if last is not None:
            row = self._row("SELECT root FROM audit_auditcheckpoint WHERE size = %s", [last.size])
            if row is None or bytes(row[0]) != last.root:
                raise HistoryChanged(GONE.format(size=last.size))
        if newest is not None and (last is None or last.size < newest[0]):
            try:
                self.published.add(newest[2])
            except NoteRefused as refusal:
                raise HistoryChanged(
                    f"The newest checkpoint in the database is not ours. {refusal}"
                ) from None

    def seal_once(self, *, limit: int = MOST_AT_ONCE) -> int:
        """Seal up to `limit` entries under a new checkpoint; answers how many."""
        with self.connection.transaction():
            frontier = self._frontier()
            first = frontier.size
            leaves = self.connection.cursor(row_factory=tuple_row).execute(_TAKE, [limit]).fetchall()
            if not leaves:
                return 0
            frontier.extend([bytes(leaf) for _, leaf in leaves])
            self._write_leaves(first, leaves)
            self._write_subtrees(frontier)
            note = self._write_checkpoint(frontier)
        self.published.add(note)
        return len(leaves)

    def _frontier(self) -> Frontier:
        """The edge of the tree as stored, once it gives the very root that was signed and given out last."""
        newest = self._row(_NEWEST)
        frontier = Frontier.unpacked(newest[0], bytes(newest[1])) if newest else Frontier()
        last = self.published.last()
        signed = (last.size, last.root) if last else (0, EMPTY_ROOT)
        if (frontier.size, frontier.root()) != signed:
            raise HistoryChanged(GONE.format(size=signed[0]))
        return frontier

    def _write_leaves(self, first: int, leaves: list[tuple[Any, ...]]) -> None:
        with self.connection.cursor().copy(
            "COPY audit_auditleaf (index, event_id, leaf_hash) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for index, (event_id, leaf) in enumerate(leaves, start=first):
                copy.write_row((index, event_id, leaf))

    def _write_subtrees(self, frontier: Frontier) -> None:
        if not frontier.completed:
            return
        with self.connection.cursor().copy(
            "COPY audit_auditsubtree (level, index, hash) FROM STDIN (FORMAT BINARY)"
        ) as copy:
            copy.set_types(["int2", "int8", "bytea"])
            for row in frontier.completed:
                copy.write_row(row)

    def _write_checkpoint(self, frontier: Frontier) -> str:
        root = frontier.root()
        note = self.signer.sign(Checkpoint(self.signer.name, frontier.size, root))
        self.connection.execute(
            "INSERT INTO audit_auditcheckpoint (size, root, frontier, note) VALUES (%s, %s, %s, %s)",
            [frontier.size, root, frontier.packed(), note],
        )
        return note

    def _row(self, query: str, parameters: list[Any] | None = None) -> tuple[Any, ...] | None:
        return self.connection.cursor(row_factory=tuple_row).execute(query, parameters).fetchone()
