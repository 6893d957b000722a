"""Reads events of Matrix rooms: Element's export of a room, an answer of the client-server API, or events a line.

An edit (m.replace) and a redaction change the message that they name, where it stands among the last 50,000
before them; an edit of an older one is kept as a message of its own.
"""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scoring.export_entry import Entry, LeftOut, Read, Wrong
from scoring.export_files import entries, guarded, head_of

REMEMBERED = 50_000
WRITTEN = frozenset({"m.text", "m.emote", "m.notice"})
NOT_EVENT = "This is no event with an event_id, a sender, an origin_server_ts and a content."


def read_matrix(path: Path) -> Iterator[Read]:
    prefix, is_lines = shape_of(head_of(path))
    room = _Room(path.name)
    with guarded(path) as file:
        for number, raw in enumerate(entries(file, prefix, lines=is_lines), start=1):
            yield room.read(f"{path.name}: event {number:,}", raw)


def shape_of(head: bytes) -> tuple[str, bool]:
    """Where the events stand, as ijson names it, and whether each stands on a line of its own."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "item", False
    first = text.split(b"\n", 1)[0]
    if b'"event_id"' in first and b'"messages"' not in first and b'"chunk"' not in first:
        return "", True
    chunk, messages = text.find(b'"chunk"'), text.find(b'"messages"')
    return ("chunk.item" if chunk >= 0 and (messages < 0 or chunk < messages) else "messages.item"), False


class _Room:
    """What must be known of the events before to understand the next."""

    def __init__(self, name: str) -> None:
        # Exports of one room may leave out its id: then the file's name stands for it, the same in every run.
        self.name = name
        self.before: OrderedDict[str, tuple[Any, Any]] = OrderedDict()

    def read(self, place: str, raw: Any) -> Read:
        room = raw.get("room_id", self.name) if isinstance(raw, dict) else self.name
        if not isinstance(room, str):
            return Wrong(place, self.name, NOT_EVENT)
        if not isinstance(raw, dict) or not isinstance(raw.get("content"), dict):
            return Wrong(place, room, NOT_EVENT)
        kind = raw.get("type")
        if kind == "m.room.redaction":
            return self._redaction(place, room, raw)
        if kind == "m.room.encrypted":
            return LeftOut("encrypted, so it cannot be read")
        if kind != "m.room.message":
            return LeftOut("an event that is no message")
        return self._message(place, room, raw, raw["content"])

    def _message(self, place: str, room: str, raw: dict[str, Any], content: dict[str, Any]) -> Read:
        relation = content.get("m.relates_to")
        relation = relation if isinstance(relation, dict) else {}
        message = {"id": raw.get("event_id"), "sender": raw.get("sender"), "sent_at": _time(raw)}
        unsigned = raw.get("unsigned")
        because = unsigned.get("redacted_because") if isinstance(unsigned, dict) else None
        if isinstance(because, dict):
            return Entry(place, room, message | {"text": None, "deleted_at": _time(because)})
        if not content:
            return LeftOut("redacted")
        if relation.get("rel_type") == "m.replace":
            return self._edit(place, room, message, relation, content.get("m.new_content"))
        if content.get("msgtype") not in WRITTEN:
            return LeftOut("without text")
        self._remember(message)
        return Entry(place, room, message | {"text": content.get("body"), "reply_to": _replied(relation)})

    def _edit(self, place: str, room: str, edit: dict[str, Any], relation: dict[str, Any], new: Any) -> Read:
        if not isinstance(new, dict) or not isinstance(new.get("body"), str):
            return Wrong(place, room, NOT_EVENT)
        target = relation.get("event_id")
        known = self.before.get(target) if isinstance(target, str) else None
        if known is None or known[0] != edit["sender"]:
            return Entry(place, room, edit | {"text": new["body"]})
        changed = {"id": target, "sender": known[0], "sent_at": known[1], "edited_at": edit["sent_at"]}
        return Entry(place, room, changed | {"text": new["body"]})

    def _redaction(self, place: str, room: str, raw: dict[str, Any]) -> Read:
        # Since version 11 of rooms it stands in the content.
        target = raw.get("redacts") or raw["content"].get("redacts")
        known = self.before.get(target) if isinstance(target, str) else None
        if known is None:
            return LeftOut("an event that is no message")
        gone = {"id": target, "sender": known[0], "sent_at": known[1], "deleted_at": _time(raw), "text": None}
        return Entry(place, room, gone)

    def _remember(self, message: dict[str, Any]) -> None:
        if isinstance(message["id"], str):
            self.before[message["id"]] = (message["sender"], message["sent_at"])
            if len(self.before) > REMEMBERED:
                self.before.popitem(last=False)


def _time(raw: dict[str, Any]) -> str | None:
    """From milliseconds; what is no time stays out, and is then said to be required."""
    value = raw.get("origin_server_ts")
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return None


def _replied(relation: dict[str, Any]) -> str | None:
    found = relation.get("m.in_reply_to")
    target = found.get("event_id") if isinstance(found, dict) else None
    return target if isinstance(target, str) else None
