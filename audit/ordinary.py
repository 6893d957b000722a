"""Whether a row of the trail, as COPY writes it, surely says what its entry says. Pure; a million in seconds.

Two quick ways build the entry anew: from the bytes as they lie, and with Python's own reader and writer of JSON. Each
takes only what it writes exactly as RFC 8785 does. Of everything else they say nothing: `audit.verify` looks at it.
"""

import json
import re
from typing import Any

COLUMNS = (
    "id, entry, leaf_hash, actor, actor_roles, at, case_reference, case_sequence, licensee_id, nonce, object_id,"
    " object_type, payload, reason, request_id, verb"
)
HEX = b"\\\\x"  # as COPY writes what bytes begin with
_NULL = b"\\N"
_FRAME = (
    b'{"actor":"%b","actor_roles":"%b","at":"%b","case_reference":"%b","case_sequence":%b,"id":"%b","licensee_id":%b,'
    b'"nonce":"%b","object_id":"%b","object_type":"%b","payload":%b,"reason":"%b","request_id":"%b","verb":"%b"}'
)
_QUOTES = _FRAME.count(b'"')
_ESCAPED = bytes([*range(32), ord("\\")])
_WHOLE_SECONDS, _WITH_MICROSECONDS = len("2026-01-01 00:00:00+00"), len("2026-01-01 00:00:00.123456+00")
# A number of more digits may not be the same in PostgreSQL and in JavaScript.
MOST_DIGITS = 15
_DIGITS = bytes.maketrans(b"0123456789", b"9999999999")
_TOO_LONG = b"9" * (MOST_DIGITS + 1)
_DECIMALS = re.compile(rb"[0-9]+\.[0-9]+")


class _Unsure(Exception):
    """The quick ways leave this row to the plain one."""


def sure_entry(columns: list[bytes]) -> bytes:
    """The entry of a row, if it surely says what the other columns say; nothing otherwise."""
    try:
        entry = columns[1]
        if entry == _from_bytes(columns):
            return entry
        entry = _unescaped(entry).encode()
        return entry if entry == _by_json(columns) else b""
    except (_Unsure, ValueError, RecursionError):
        return b""


# --- From the bytes as they lie ------------------------------------------------------------------


def _from_bytes(columns: list[bytes]) -> bytes:
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
    if b"\\" in payload:
        return b""
    found = _FRAME % (
        actor,
        roles,
        _time(at),
        case,
        _number(number),
        event_id,
        _number(licensee),
        _nonce(nonce),
        object_id,
        object_type,
        _flat_object(payload) or _rewritten(payload.decode()).encode(),
        *texts,
    )
    # Only what COPY and JSON write alike: nothing escaped, and no quote but those of the frame and the payload.
    is_plain = len(found.translate(None, _ESCAPED)) == len(found)
    return found if is_plain and found.count(b'"') == _QUOTES + payload.count(b'"') else b""


def _flat_object(payload: bytes) -> bytes:
    """As RFC 8785 writes it: names with numbers, with words that have no blank, or with lists of numbers."""
    if payload == b"{}":
        return payload
    pieces = payload.split(b'"')  # no quote is escaped, so each second piece is what stands in quotes
    quoted, around = b"".join(pieces[1::2]), b"".join(pieces[::2])
    names = payload[2:-1].split(b', "')
    if (
        payload[:2] != b'{"'
        or not payload.isascii()
        # Every blank is then PostgreSQL's, and no character sorts before the quote that ends a name.
        or b" " in quoted
        or b"!" in quoted
        or around.count(b"{") > 1 + around.count(b"{}")
        or (b"." in around and not all(map(_is_short, _DECIMALS.findall(around))))
        or _TOO_LONG in around.translate(_DIGITS)
        or payload.count(b'": ') != len(names)
    ):
        return b""
    return b'{"%b}' % b',"'.join(sorted(names)).replace(b" ", b"")


def _is_short(decimal: bytes) -> bool:
    """Such a number is the shortest that means it, which is how JavaScript writes it."""
    return len(decimal) <= MOST_DIGITS + 1 and decimal[-1:] != b"0" and not decimal.startswith(b"0.0000")


def _time(at: bytes) -> bytes:
    """As `isoformat` writes it: PostgreSQL leaves out the zeros at the end of the microseconds."""
    if at[10:11] != b" " or at[-3:] != b"+00":
        raise _Unsure
    if _WHOLE_SECONDS < len(at) < _WITH_MICROSECONDS:
        return b"%bT%b+00:00" % (at[:10], at[11:-3].ljust(15, b"0"))
    if len(at) not in (_WHOLE_SECONDS, _WITH_MICROSECONDS):
        raise _Unsure
    return b"%bT%b:00" % (at[:10], at[11:])


def _number(number: bytes) -> bytes:
    if number == _NULL:
        return b"null"
    if not number.isdigit() or len(number) > MOST_DIGITS:
        raise _Unsure
    return number


def _nonce(nonce: bytes) -> bytes:
    if nonce[:3] != HEX:
        raise _Unsure
    return nonce[3:]


# --- With Python's reader and writer of JSON -----------------------------------------------------


def _by_json(columns: list[bytes]) -> bytes:
    event_id, _, _, actor, roles, at, case, number, licensee, nonce, *texts = columns
    object_id, object_type, payload, reason, request_id, verb = (_unescaped(text) for text in texts)
    return _write(
        {
            "actor": _unescaped(actor),
            "actor_roles": _unescaped(roles),
            "at": _time(at).decode(),
            "case_reference": _unescaped(case),
            "case_sequence": _read(_number(number).decode()),
            "id": event_id.decode(),
            "licensee_id": _read(_number(licensee).decode()),
            "nonce": _nonce(nonce).decode(),
            "object_id": object_id,
            "object_type": object_type,
            "payload": _checked(payload),
            "reason": reason,
            "request_id": request_id,
            "verb": verb,
        }
    ).encode()


def _rewritten(payload: str) -> str:
    return _write(_checked(payload))


def _checked(payload: str) -> Any:
    if not payload.isascii() and max(payload) >= "\ud800":  # the order of names by UTF-16 begins to differ
        raise _Unsure
    return _read(payload)


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise _Unsure
    return int(text)


def _broken(text: str) -> float:
    """Where Python and JavaScript write a number alike: with a point, and without an exponent."""
    number = float(text)
    if number.is_integer() or not 1e-4 <= abs(number) < 1e15:
        raise _Unsure
    return number


_read = json.JSONDecoder(parse_int=_whole, parse_float=_broken).decode
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

_ESCAPE = re.compile(r"\\(.)")
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


def _unescaped(column: bytes) -> str:
    """A text as it was before COPY escaped it."""
    text = column.decode()
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(escape: re.Match[str]) -> str:
    if escape[1] not in _MEANT:  # “\N”, which stands for nothing at all
        raise _Unsure
    return _MEANT[escape[1]]
