"""Reads an export of a Slack workspace, a zip or its unpacked folder: a folder a channel, a JSON list a day."""

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scoring.export_entry import Entry, ExportError, LeftOut, Read, Wrong
from scoring.export_files import Folder, Zipped, entries

KINDS = {"channels.json": "public", "groups.json": "group", "mpims.json": "group", "dms.json": "direct"}
WRITTEN = frozenset({None, "thread_broadcast", "me_message", "file_share", "thread_reply"})
MOST_NAMES = 100_000
NOT_MESSAGE = "This is no message with a ts, a user and a text."
NO_DAYS = "{name} holds no folder of a channel with a file for each day. Nothing of it was taken."


def read_slack(path: Path) -> Iterator[Read]:
    if path.is_dir():
        yield from _read_all(Folder(path), path.name)
        return
    with path.open("rb") as file:
        yield from _read_all(Zipped(file, path.name), path.name)


def is_slack(names: list[str]) -> bool:
    """Whether these are the names of the files of a workspace."""
    return any(_day_of(name) for name in names)


def _read_all(export: Folder | Zipped, name: str) -> Iterator[Read]:
    # Some pack the folder itself: then each name begins with it.
    days = [found for found in map(_day_of, export.names) if found is not None]
    if not days:
        raise ExportError(NO_DAYS.format(name=name))
    channels, people = _channels(export), _people(export)
    for folder, file in days:
        channel, kind = channels.get(folder, (folder, None))
        with export.open(file) as opened:
            for number, raw in enumerate(entries(opened, "item"), start=1):
                yield _read(f"{file}: message {number:,}", channel, kind, raw, people)


def _day_of(name: str) -> tuple[str, str] | None:
    """(folder, name) of a file of messages: `general/2026-03-02.json`."""
    parts = name.split("/")
    stem = parts[-1].removesuffix(".json")
    try:
        is_day = len(parts) >= 2 and len(stem) == 10 and bool(datetime.strptime(stem, "%Y-%m-%d"))  # noqa: DTZ007
    except ValueError:
        return None
    return (parts[-2], name) if is_day else None


def _channels(export: Folder | Zipped) -> dict[str, tuple[str, str | None]]:
    """{name of the folder: (id, kind)}; the folder of a direct conversation has its id."""
    found: dict[str, tuple[str, str | None]] = {}
    for name, raw in _listed(export, KINDS):
        if isinstance(raw.get("id"), str) and len(found) < MOST_NAMES:
            folder = raw.get("name") if isinstance(raw.get("name"), str) else raw["id"]
            found[str(folder)] = (raw["id"], KINDS[name])
    return found


def _people(export: Folder | Zipped) -> dict[str, str]:
    found: dict[str, str] = {}
    for _, raw in _listed(export, {"users.json": "", "org_users.json": ""}):
        profile = raw.get("profile")
        profile = profile if isinstance(profile, dict) else {}
        name = profile.get("display_name") or raw.get("real_name") or raw.get("name")
        if isinstance(raw.get("id"), str) and isinstance(name, str) and len(found) < MOST_NAMES:
            found[raw["id"]] = name
    return found


def _listed(export: Folder | Zipped, wanted: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in export.names:
        name = path.rsplit("/", 1)[-1]
        if name in wanted and path.count("/") <= 1:
            with export.open(path) as file:
                yield from ((name, raw) for raw in entries(file, "item") if isinstance(raw, dict))


def _read(place: str, channel: str, kind: str | None, raw: Any, people: dict[str, str]) -> Read:
    if not isinstance(raw, dict):
        return Wrong(place, channel, NOT_MESSAGE)
    subtype = raw.get("subtype")
    if raw.get("type", "message") != "message":
        return LeftOut("an entry that is no message")
    if subtype == "bot_message" or raw.get("bot_id"):
        return LeftOut("written by a bot")
    if not isinstance(subtype, str | None) or subtype not in WRITTEN:
        return LeftOut("a notice of Slack")
    if raw.get("text") == "":
        return LeftOut("without text")
    stamp, sent_at = raw.get("ts"), _time(raw.get("ts"))
    if sent_at is None or not isinstance(raw.get("text"), str):
        return Wrong(place, channel, NOT_MESSAGE)
    edited, thread = raw.get("edited"), raw.get("thread_ts")
    message = {
        "id": f"{channel}:{stamp}",
        "sender": raw.get("user"),
        "sent_at": sent_at,
        "edited_at": _time(edited.get("ts")) if isinstance(edited, dict) else None,
        "text": html.unescape(raw["text"]),
        "reply_to": f"{channel}:{thread}" if isinstance(thread, str) and thread != stamp else None,
    }
    name = people.get(str(raw.get("user")))
    return Entry(
        place,
        channel,
        message,
        about_conversation={"kind": kind} if kind else {},
        about_sender={"display_name": name} if name else {},
    )


def _time(stamp: Any) -> str | None:
    """From seconds with six decimals, as text: it is also the id of the message in its channel."""
    seconds, _, parts = stamp.partition(".") if isinstance(stamp, str) else ("", "", "")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
        return None
    if parts and not (parts.isascii() and parts.isdecimal()):
        return None
    try:
        time = datetime.fromtimestamp(int(seconds), UTC).replace(
            microsecond=int(parts[:6].ljust(6, "0") or 0)
        )
    except (ValueError, OverflowError, OSError):
        return None
    return time.isoformat()
