"""JSON without the gaps of the usual reader: UTF-8 only, no key twice, no NaN, no endless nesting."""

import json
import re
from typing import Any, NoReturn

DEEPEST = 32

# A string up to its end, or to the end of the body if it never ends: possessive, so that each byte is read once.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class NotStrictJSON(ValueError):
    """The sentence says what is wrong and where, and never quotes the body."""


def parse(body: bytes) -> Any:
    """The value of a JSON text. Raises NotStrictJSON."""
    _check_depth(body)
    try:
        return json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_without_repetition, parse_constant=_refuse_constant
        )
    except NotStrictJSON:
        raise
    except UnicodeDecodeError as fault:
        raise NotStrictJSON(f"This is not UTF-8, from byte {fault.start} on.") from None
    except json.JSONDecodeError as fault:
        raise NotStrictJSON(
            f"This is not valid JSON: line {fault.lineno}, column {fault.colno}: {fault.msg}."
        ) from None
    except (ValueError, RecursionError):
        raise NotStrictJSON("This JSON holds a number that is too long.") from None


def _check_depth(body: bytes) -> None:
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise NotStrictJSON(f"This JSON is nested more than {DEEPEST} levels deep.")


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotStrictJSON("An object of this JSON has the same key twice.")
    return found


def _refuse_constant(_: str) -> NoReturn:
    raise NotStrictJSON("NaN and Infinity are not JSON numbers.")
