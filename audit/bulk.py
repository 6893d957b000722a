"""Reads the whole trail quickly: PostgreSQL sends rows as they lie; here they are compared and hashed.

The quick way only ever says “this row is surely right”, byte for byte. What it cannot say that of, it hands on by id,
to be looked at by itself (`audit.verify.check_entry`).
"""

import hashlib
import struct
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from audit.merkle import LEAF, Frontier
from audit.ordinary import COLUMNS, HEX, sure_entry

_ENTRIES = f"COPY (SELECT {COLUMNS} FROM audit_auditevent {{part}}) TO STDOUT"  # noqa: S608
_LEAVES = "COPY (SELECT index, leaf_hash FROM audit_auditleaf ORDER BY index) TO STDOUT (FORMAT BINARY)"
# Each row of the leaves: two columns, eight bytes of index, 32 of hash.
_LEAF = struct.Struct(">hiqi32s")
_LEAF_HEAD = (2, 8, 32)
AT_ONCE = 4096


def doubtful_entries(login: "psycopg.Connection[Any]", part: str = "") -> tuple[list[UUID], int]:
    """The entries that the quick way is not sure of, by id, and how many it has read."""
    doubtful, count, sha256 = [], 0, hashlib.sha256
    with login.cursor() as cursor, cursor.copy(_ENTRIES.format(part=part).encode()) as rows:
        for row in rows:
            count += 1
            columns = bytes(row)[:-1].split(b"\t")
            entry = sure_entry(columns)
            if not entry or columns[2] != HEX + sha256(LEAF + entry).hexdigest().encode():
                doubtful.append(UUID(columns[0].decode()))
    return doubtful, count


# --- The tree ----------------------------------------------------------------------------------


def tree(sizes: Iterator[int]) -> Iterator[tuple[int, bytes]]:
    """Every leaf in its order; answers size and root at each of the ascending sizes, and at last those of the whole."""
    frontier, wanted = Frontier(), next(sizes, None)
    for block in _blocks():
        while wanted is not None and frontier.size <= wanted <= frontier.size + len(block):
            cut = wanted - frontier.size
            frontier.extend(block[:cut])
            block = block[cut:]
            yield wanted, frontier.root()
            wanted = next(sizes, None)
        frontier.extend(block)
    yield frontier.size, frontier.root()


class LeafMissing(Exception):
    """The places in the tree are not counted without a gap."""


def _blocks() -> Iterator[list[bytes]]:
    block: list[bytes] = []
    expected, unpack = 0, _LEAF.unpack
    with connection.cursor() as cursor, cursor.copy(_LEAVES) as rows:
        for row in rows:
            data = bytes(row)
            if len(data) != _LEAF.size:
                # The first row carries the header of the format, and the last message its end.
                data = data[-_LEAF.size :] if len(data) > _LEAF.size else b""
                if not data:
                    continue
            columns, width, index, length, leaf = unpack(data)
            if (columns, width, length) != _LEAF_HEAD or index != expected:
                raise LeafMissing(f"place {expected} of the tree is empty, or does not hold a hash")
            expected += 1
            block.append(leaf)
            if len(block) == AT_ONCE:
                yield block
                block = []
    yield block
