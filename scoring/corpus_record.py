"""Brings one labelled record, as operators write it, into the one exact form, or says in a sentence what is wrong.

Accepted with the meaning that they plainly have: numbers as ids and accounts; labels true, false, 1.0, 0.0, "1"
and "0"; null where a field may be left out; missing ids (numbered), a missing sender (one unknown account), a
conversation that is one `text`. Everything else that is not in the form is refused. Further fields are ignored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from scoring.characteristics import BY_KEY
from scoring.corpus_conversation import unknown_account

ROLES = {"subject", "possible_minor", "other"}
LABELS: Mapping[Any, int] = {0: 0, 1: 1, "0": 0, "1": 1}

NOT_OBJECT = "a conversation must be a JSON object."
NOT_ID = "id must be text or a whole number."
NOT_LABEL = "label must be 1, 0 or null."
NOT_LANGUAGE = "language must be a tag such as en or pt-BR."
NOT_SOURCE = "source must be text."
NOT_MESSAGES = "messages must be a list of objects with id, sender and text."
NOT_AUTHORS = "authors must give each account one of: other, possible_minor, subject."
OTHER_AUTHORS = "authors names none of the accounts that write in the conversation."
NOT_GROUPS = "groups must give each account an object with age_band, gender or native_speaker."
NOT_SPANS = "spans must be a list of objects."

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")


class RecordFault(ValueError):
    """A record is not in the labelled form; the sentence never holds its text."""


def exact_record(raw: Any, *, number: str) -> dict[str, Any] | None:
    """Return the record in the exact form, or None for one without messages; raises RecordFault.

    `number`, its place in the file, names it where it has no id.
    """
    if not isinstance(raw, dict):
        raise RecordFault(NOT_OBJECT)
    identifier = as_id(raw.get("id"), NOT_ID) or number
    record: dict[str, Any] = {"id": identifier, "label": as_label(raw.get("label"))}
    record |= _language(raw.get("language")) | _source(raw.get("source"))
    messages = _messages(raw, identifier)
    if not messages:
        return None
    record["messages"] = messages
    return record | _authors(raw.get("authors"), messages) | _spans(raw.get("spans"), messages) | _groups(raw)


def as_id(value: Any, fault: str) -> str:
    """Return an id as text, whole numbers included; empty where there is none. Raises RecordFault."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_whole(value):
        raise RecordFault(fault)
    return str(int(value))


def _is_whole(value: float) -> bool:
    return isinstance(value, int) or value.is_integer()


def as_label(value: Any) -> int | None:
    """Return 1, 0 or None; raises RecordFault for what does not plainly mean one of them."""
    if value is None:
        return None
    if not isinstance(value, int | float | str) or value not in LABELS:
        raise RecordFault(NOT_LABEL)
    return LABELS[value]


def as_time(value: Any) -> datetime | None:
    """Return a time with a zone that can be put into UTC, or None where it is not one."""
    try:
        time = datetime.fromisoformat(value)
        return time if time.tzinfo is not None and time.astimezone(UTC) else None
    except (ValueError, TypeError, OverflowError):
        return None


def _language(value: Any) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise RecordFault(NOT_LANGUAGE)
    first, *rest = value.replace("_", "-").split("-")
    return {"language": "-".join([first.lower(), *rest])}


def _source(value: Any) -> dict[str, Any]:
    if not isinstance(value, str | None):
        raise RecordFault(NOT_SOURCE)
    return {} if value is None else {"source": value}


# --- Messages ------------------------------------------------------------------------------------


def _messages(raw: dict[str, Any], identifier: str) -> list[dict[str, str]]:
    given = raw.get("messages")
    if given is None and "text" in raw:
        given = [{"sender": raw.get("sender"), "sent_at": raw.get("sent_at"), "text": raw["text"]}]
    if not isinstance(given, list):
        raise RecordFault(NOT_MESSAGES)
    messages = [_message(message, number, identifier) for number, message in enumerate(given, start=1)]
    _check_ids(messages)
    return messages


def _message(raw: Any, number: int, identifier: str) -> dict[str, str]:
    if not isinstance(raw, dict) or "text" not in raw:
        raise RecordFault(f"message {number} must be an object with a text.")
    message = {
        "id": as_id(raw.get("id"), f"message {number} has an id that is not text or a whole number.")
        or f"{identifier}:{number}",
        "sender": as_id(
            raw.get("sender"), f"message {number} has a sender that is not text or a whole number."
        )
        or unknown_account(identifier),
        "text": _text(raw["text"], number),
    }
    return message | _sent_at(raw.get("sent_at"), number)


def _text(value: Any, number: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordFault(f"message {number} has a text that is not text.")
    return value


def _sent_at(value: Any, number: int) -> dict[str, str]:
    if value is None or value == "":
        return {}
    if not isinstance(value, str) or as_time(value) is None:
        raise RecordFault(
            f"message {number} has a sent_at that is not a time with a zone, such as 2026-03-02T16:20:00Z."
        )
    return {"sent_at": value}


def _check_ids(messages: list[dict[str, str]]) -> None:
    first: dict[str, int] = {}
    for number, message in enumerate(messages, start=1):
        if first.setdefault(message["id"], number) != number:
            raise RecordFault(f"messages {first[message['id']]} and {number} have the same id.")


# --- What is known of accounts and places --------------------------------------------------------


def _authors(value: Any, messages: list[dict[str, str]]) -> dict[str, Any]:
    """Accounts that did not write may be named; a null role says nothing."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(role is None or _is_role(role) for role in value.values()):
        raise RecordFault(NOT_AUTHORS)
    authors = {account: role for account, role in value.items() if role is not None}
    if authors and authors.keys().isdisjoint(message["sender"] for message in messages):
        raise RecordFault(OTHER_AUTHORS)
    return {"authors": authors}


def _is_role(value: Any) -> bool:
    return isinstance(value, str) and value in ROLES


def _groups(raw: dict[str, Any]) -> dict[str, Any]:
    value = raw.get("groups")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RecordFault(NOT_GROUPS)
    return {"groups": {account: _group(facts) for account, facts in value.items()}}


def _group(facts: Any) -> dict[str, Any]:
    if facts is None:
        return {}
    if not isinstance(facts, dict):
        raise RecordFault(NOT_GROUPS)
    group: dict[str, Any] = {
        name: as_id(facts[name], NOT_GROUPS) for name in ("age_band", "gender") if facts.get(name)
    }
    native = facts.get("native_speaker")
    if native is None:
        return group
    if native not in (0, 1):
        raise RecordFault(NOT_GROUPS)
    return group | {"native_speaker": bool(native)}


def _spans(value: Any, messages: list[dict[str, str]]) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, list) or not all(isinstance(span, dict) for span in value):
        raise RecordFault(NOT_SPANS)
    lengths = {message["id"]: len(message["text"]) for message in messages}
    return {"spans": [_span(span, number, lengths) for number, span in enumerate(value, start=1)]}


def _span(raw: dict[str, Any], number: int, lengths: dict[str, int]) -> dict[str, Any]:
    """Without start and end, a span is the whole message."""
    key, outside = raw.get("characteristic"), f"span {number} does not lie inside one of the messages."
    if not isinstance(key, str) or key not in BY_KEY:
        raise RecordFault(f"span {number} names a characteristic that is not in the taxonomy.")
    message = as_id(raw.get("message"), outside)
    length = lengths.get(message, 0)
    start, end = raw.get("start"), raw.get("end")
    if start is None and end is None:
        start, end = 0, length
    if not _is_count(start) or not _is_count(end) or not 0 <= start < end <= length:
        raise RecordFault(outside)
    return {"message": message, "start": int(start), "end": int(end), "characteristic": key}


def _is_count(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_whole(value)
