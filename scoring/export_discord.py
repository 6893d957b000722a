"""Reads a channel as DiscordChatExporter writes it: one JSON object with guild, channel and messages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scoring.export_entry import Entry, ExportError, LeftOut, Read, Wrong
from scoring.export_files import entries, guarded, values_before

KINDS = {"DirectTextChat": "direct", "DirectGroupTextChat": "group"}
WRITTEN = frozenset({"Default", "Reply", "0", "19"})
NO_CHANNEL = "{name}: no channel with an id stands before the messages. Nothing of it was taken."
CUT = "{name} says that it holds {said:,} messages, and holds {found:,}. Export it again. Nothing of it was taken."
_COUNT = re.compile(rb'"messageCount"\s*:\s*(\d{1,18})\s*\}\s*\Z')
NOT_MESSAGE = "This is no message with an id, a timestamp, an author and a content."


def read_discord(path: Path) -> Iterator[Read]:
    with guarded(path) as file:
        head = values_before(file, "messages")
    channel, kind = head.get("channel.id"), head.get("channel.type")
    if not isinstance(channel, str | int):
        raise ExportError(NO_CHANNEL.format(name=path.name))
    with guarded(path) as file:
        for number, raw in enumerate(entries(file, "messages.item"), start=1):
            yield _read(f"{path.name}: message {number:,}", str(channel), kind, raw)
        said = _COUNT.search(file.last)
        if said and int(said[1]) != file.number:
            raise ExportError(CUT.format(name=path.name, said=int(said[1]), found=file.number))


def _read(place: str, channel: str, kind: Any, raw: Any) -> Read:
    author = raw.get("author") if isinstance(raw, dict) else None
    if not isinstance(author, dict) or not isinstance(raw.get("content"), str):
        return Wrong(place, channel, NOT_MESSAGE)
    if str(raw.get("type", "Default")) not in WRITTEN:
        return LeftOut("a notice of Discord")
    if author.get("isBot") is True:
        return LeftOut("written by a bot")
    if not raw["content"]:
        return LeftOut("without text")
    message = {
        "id": raw.get("id"),
        "sender": author.get("id"),
        "sent_at": raw.get("timestamp"),
        "edited_at": raw.get("timestampEdited"),
        "text": raw["content"],
        "reply_to": _replied(raw.get("reference")),
    }
    name = author.get("nickname") or author.get("name")
    return Entry(
        place,
        channel,
        message,
        about_conversation={"kind": KINDS.get(str(kind), "public")},
        about_sender={"display_name": name} if isinstance(name, str) else {},
    )


def _replied(reference: Any) -> str | None:
    found = reference.get("messageId") if isinstance(reference, dict) else None
    return found if isinstance(found, str) else None
