"""Small exports as platforms write them, in neutral words, for the tests of their readers."""

import json
import zipfile
from pathlib import Path
from typing import Any

CSV = """message_id,chat_id,sender,sent_at,text,display_name
1,c1,u1,2026-03-02T16:00:00Z,"Good match, wasn't it",Maple
2,c2,u3,2026-03-02T16:00:10Z,Did you do the maths,Otter
3,c1,u2,2026-03-02T16:00:20Z,"It was
really",Comet
4,c2,u4,2026-03-02T16:01:00+01:00,Not yet,
"""


def discord(count: int = 3, **changed: Any) -> dict[str, Any]:
    return {
        "guild": {"id": "0", "name": "Direct Messages", "iconUrl": "https://cdn.example/0.png"},
        "channel": {
            "id": "9001",
            "type": "DirectTextChat",
            "categoryId": None,
            "name": "maple",
            "topic": None,
        },
        "dateRange": {"after": None, "before": None},
        "messages": [discord_message(number) for number in range(1, count + 1)],
        "messageCount": count,
        **changed,
    }


def discord_message(number: int, **changed: Any) -> dict[str, Any]:
    writer = f"70{number % 2}"
    return {
        "id": str(10_000 + number),
        "type": "Default",
        "timestamp": f"2026-03-02T16:{number // 60 % 60:02}:{number % 60:02}.123+00:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": f"Message {number} about the match",
        "author": {
            "id": writer,
            "name": f"name{writer}",
            "nickname": f"Nick {writer}",
            "isBot": False,
            "roles": [],
        },
        "attachments": [],
        "reactions": [{"emoji": {"name": "👍"}, "count": 2}],
        **changed,
    }


def matrix_event(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "event_id": f"$event{number}",
        "room_id": "!room:chat.example",
        "sender": f"@u{number % 3}:chat.example",
        "origin_server_ts": 1_772_467_200_000 + number * 1000,
        "content": {"msgtype": "m.text", "body": f"Event {number} about the weather"},
        "unsigned": {},
        **changed,
    }


def slack_message(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "user": f"U{number % 2}",
        "text": f"Message {number} &amp; more",
        "ts": f"17724672{number:02}.000{number:03}",
        **changed,
    }


def slack_files() -> dict[str, Any]:
    return {
        "users.json": [
            {"id": "U0", "name": "maple", "profile": {"display_name": "Maple"}},
            {"id": "U1", "name": "otter"},
        ],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U0", "U1"]}],
        "dms.json": [{"id": "D1", "members": ["U0", "U1"]}],
        "general/2026-03-02.json": [slack_message(1), slack_message(2, thread_ts=slack_message(1)["ts"])],
        "general/2026-03-03.json": [slack_message(3, subtype="channel_join")],
        "D1/2026-03-02.json": [slack_message(4, edited={"user": "U0", "ts": "1772467290.000000"})],
    }


def slack_zip(path: Path, files: dict[str, Any] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in (files or slack_files()).items():
            packed.writestr(name, json.dumps(content))
    return path


def slack_folder(path: Path, files: dict[str, Any] | None = None) -> Path:
    for name, content in (files or slack_files()).items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    return path
