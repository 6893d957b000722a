"""How words and times are written in a packet, so that any text survives every reader (docs/packet-format.md)."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

import rfc8785

# Neither can be written in UTF-8 or read safely by spreadsheets: half of a surrogate pair, and NUL.
UNWRITABLE = re.compile("[\ud800-\udfff\0]")
TO_ESCAPE = re.compile("[\ud800-\udfff\0\\\\]")


def canonical(value: Any) -> bytes:
    """RFC 8785: one spelling for one value, so that a digest means the value."""
    return rfc8785.dumps(value)


def written(text: str) -> dict[str, Any]:
    """The text, whether it had to be escaped, and the SHA-256 of the text as it was received."""
    return {"text": escaped(text), "escaped": needs_escape(text), "sha256": digest(text)}


def withheld(text: str) -> dict[str, Any]:
    """A redacted text: nothing of it but its digest, so that it can be compared if it is ever produced."""
    return {"text": "", "escaped": False, "sha256": digest(text)}


def needs_escape(text: str) -> bool:
    return UNWRITABLE.search(text) is not None


def escaped(text: str) -> str:
    r"""As it is, unless it holds something unwritable: then that is \uXXXX and each backslash is doubled."""
    if not needs_escape(text):
        return text
    return TO_ESCAPE.sub(lambda found: _escape(found.group()), text)


def unescaped(text: str) -> str:
    """What `escaped` made, back to what was received."""
    return re.sub(r"\\(\\|u[0-9a-f]{4})", lambda found: _unescape(found.group(1)), text)


def digest(text: str) -> str:
    """Of the text's UTF-8; half of a surrogate pair counts as the three bytes of generalised UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, as 2026-03-03T20:00:00Z."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("A time without a zone cannot be evidence.")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _escape(character: str) -> str:
    return "\\\\" if character == "\\" else f"\\u{ord(character):04x}"


def _unescape(code: str) -> str:
    return "\\" if code == "\\" else chr(int(code[1:], 16))
