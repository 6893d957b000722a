"""Reads the whole trail quickly: PostgreSQL sends rows as they lie; this process compares and hashes them.

The quick way only ever says “this row is surely right”, byte for byte. What it cannot say that of, it hands on by id,
to be looked at by itself (`audit.verify.check_entry`).
"""

import hashlib
import struct
from collections.abc import Iterator
from uuid import UUID

from django.db import connection

from audit.merkle import LEAF, Frontier

_COLUMNS = (
    "id, entry, leaf_hash, actor, actor_roles, at, case_reference, case_sequence, licensee_id, nonce, object_id,"
    " object_type, payload, reason, request_id, verb"
)
_ENTRIES = f"COPY (SELECT {_COLUMNS} FROM audit_auditevent) TO STDOUT"  # noqa: S608
_LEAVES = "COPY (SELECT index, leaf_hash FROM audit_auditleaf ORDER BY index) TO STDOUT (FORMAT BINARY)"
_CANONICAL = (
    b'{"actor":"%b","actor_roles":"%b","at":"%b","case_reference":"%b","case_sequence":%b,"id":"%b","licensee_id":%b,'
    b'"nonce":"%b","object_id":"%b","object_type":"%b","payload":%b,"reason":"%b","request_id":"%b","verb":"%b"}'
)
_HEX = b"\\\\x"  # as COPY writes what bytes begin with
_NULL = b"\\N"
_ESCAPED = bytes([*range(32), ord("\\")])
_QUOTES = _CANONICAL.count(b'"')
_AT_WITH_MICROSECONDS = 29
# Each row of the leaves: two columns, eight bytes of index, 32 of hash.
_LEAF = struct.Struct(">hiqi32s")
_LEAF_HEAD = (2, 8, 32)
AT_ONCE = 4096


def doubtful_entries() -> Iterator[UUID | int]:
    """Each entry that the quick way is not sure of, by id; at last, how many entries there are."""
    count, sha256 = 0, hashlib.sha256
    with connection.cursor() as cursor, cursor.copy(_ENTRIES) as rows:
        for row in rows:
            count += 1
            columns = bytes(row)[:-1].split(b"\t")
            entry, stored = columns[1], columns[2]
            if entry != _expected(columns) or stored != _HEX + sha256(LEAF + entry).hexdigest().encode():
                yield UUID(columns[0].decode())
    yield count


def _expected(columns: list[bytes]) -> bytes:
    """The entry that these columns give; nothing, where a text would be written otherwise in JSON than by COPY."""
    (
        event_id,
        _,
        _,
        actor,
        roles,
        at,
        case,
        number,
        licensee,
        nonce,
        object_id,
        object_type,
        payload,
        *texts,
    ) = columns
    if len(at) != _AT_WITH_MICROSECONDS:
        return b""
    found = _CANONICAL % (
        actor,
        roles,
        b"%bT%b:00" % (at[:10], at[11:]),
        case,
        b"null" if number == _NULL else number,
        event_id,
        b"null" if licensee == _NULL else licensee,
        nonce[3:],
        object_id,
        object_type,
        _canonical(payload),
        *texts,
    )
    # Only what COPY and JSON write alike: nothing escaped, and no quote but those of the frame and the payload.
    is_plain = len(found.translate(None, _ESCAPED)) == len(found)
    return found if is_plain and found.count(b'"') == _QUOTES + payload.count(b'"') else b""


def _canonical(payload: bytes) -> bytes:
    """A flat object of PostgreSQL's in the order and spacing of RFC 8785; nothing for any other."""
    inside = payload[1:-1].replace(b'": ', b'":')
    if b"[" in inside or b"{" in inside or b"." in inside:
        return b""
    parts = inside.replace(b', "', b'\n"').split(b"\n")
    return b"{%b}" % b",".join(sorted(parts))


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
