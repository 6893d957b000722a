"""Writes the course of a conversation as bytes: a fixed head, four wide sums, then rows of accounts, replies and facts.

All numbers are little-endian; those of the head and of rows have eight bytes, the wide sums sixteen.
"""

import struct
from collections.abc import Sequence
from typing import TypeAlias

from scoring.dynamics_accounts import MOST_ACCOUNTS, AccountCounts, Accounts
from scoring.dynamics_refusals import REACH, Fact, Refusals
from scoring.dynamics_times import BINS, Times
from scoring.dynamics_trend import Trend

VERSION = 1
DAMAGED = "The course of this conversation is damaged or of another version; read its messages again."

_HEAD = struct.Struct("<23q")
_WIDE, _WIDE_SUMS = 16, 4
_ROWS_BEGIN = _HEAD.size + _WIDE * _WIDE_SUMS
_ROW = 1 + len(AccountCounts._fields)
_NO_TIME = -(2**62)
_BIN_BITS = 5
# Whether a message refuses is the lower bit, whether it asks the higher.
_FLAGS = ((False, False), (True, False), (False, True), (True, True))

Parts: TypeAlias = tuple[Accounts, Times, Trend, Refusals]


def packed(first: int, messages: int, parts: Parts) -> bytes:
    """Return a summary in at most 1,896 bytes; equal summaries give equal bytes."""
    accounts, times, trend, refusals = parts
    head = _HEAD.pack(
        *(VERSION, first, messages, len(accounts.rows), len(times.replies), len(refusals.head)),
        *(accounts.crowded, _flags(refusals.head), _flags(refusals.tail), refusals.decided, refusals.pressed),
        *(times.timed, times.night, times.zoned, times.exact, times.gaps, times.longest),
        *(_NO_TIME if at is None else at for at in (times.first_at, times.last_at)),
        *(times.total, trend.messages, trend.x, trend.y),
    )
    sums = (times.squares, trend.xx, trend.xy, trend.yy)
    wide = b"".join([number.to_bytes(_WIDE, "little", signed=True) for number in sums])
    rows = [number for key in sorted(accounts.rows) for number in (key, *accounts.rows[key])]
    rows += [times.replies[chosen] << _BIN_BITS | chosen for chosen in sorted(times.replies)]
    rows += [fact.account for fact in (*refusals.head, *refusals.tail)]
    return head + wide + struct.pack(f"<{len(rows)}q", *rows)


def unpacked(data: bytes) -> tuple[int, int, Parts]:
    """Return what `packed` was given. Raises ValueError where the bytes are damaged or of another version."""
    if len(data) < _ROWS_BEGIN:
        raise ValueError(DAMAGED)
    version, first, messages, accounts, replies, ends, *head = _HEAD.unpack_from(data)
    if version != VERSION or not (accounts <= MOST_ACCOUNTS and replies <= BINS and ends <= REACH):
        raise ValueError(DAMAGED)
    count = accounts * _ROW + replies + 2 * ends
    if min(accounts, replies, ends) < 0 or len(data) != _ROWS_BEGIN + 8 * count:
        raise ValueError(DAMAGED)
    wide = [_wide(data, place) for place in range(_HEAD.size, _ROWS_BEGIN, _WIDE)]
    rows = struct.unpack_from(f"<{count}q", data, _ROWS_BEGIN)
    return first, messages, _parts(head, wide, rows, accounts * _ROW, accounts * _ROW + replies)


def _parts(
    head: Sequence[int], wide: Sequence[int], rows: Sequence[int], replies_begin: int, facts_begin: int
) -> Parts:
    crowded, head_flags, tail_flags, decided, pressed, timed, night, zoned, exact, *times = head
    gaps, longest, first_at, last_at, total, messages, x, y = times
    squares, xx, xy, yy = wide
    counts = {
        rows[place]: AccountCounts._make(rows[place + 1 : place + _ROW])
        for place in range(0, replies_begin, _ROW)
    }
    replies = {each & (1 << _BIN_BITS) - 1: each >> _BIN_BITS for each in rows[replies_begin:facts_begin]}
    tail_begin = (facts_begin + len(rows)) // 2
    return (
        Accounts(counts, bool(crowded)),
        Times(
            *(timed, night, zoned, exact, gaps, total, squares, longest),
            replies,
            *(None if at == _NO_TIME else at for at in (first_at, last_at)),
        ),
        Trend(messages, x, xx, y, xy, yy),
        Refusals(
            decided,
            pressed,
            _facts(rows[facts_begin:tail_begin], head_flags),
            _facts(rows[tail_begin:], tail_flags),
        ),
    )


def _wide(data: bytes, place: int) -> int:
    return int.from_bytes(data[place : place + _WIDE], "little", signed=True)


def _flags(facts: Sequence[Fact]) -> int:
    return sum([(fact.refuses + 2 * fact.asks) << 2 * place for place, fact in enumerate(facts)])


def _facts(accounts: Sequence[int], flags: int) -> tuple[Fact, ...]:
    return tuple([Fact(account, *_FLAGS[flags >> 2 * place & 3]) for place, account in enumerate(accounts)])
